import { createApi, type Api, type ApiError } from "../common/api";
import { drop, keys, load, save } from "../common/storage";
import type { VisitorCreated } from "../common/types";
import type { Host } from "./host";

/** Who the visitor is, on this browser and at the server. */
export interface Session {
  /** Every request of the visitor goes through it; renews an expired token by itself. */
  readonly api: Api;
  /** What the server has said of the visitor. */
  answer(): VisitorCreated | null;
  /** A name for this visitor's keys in the browser's storage. */
  principal(): string;
  /** The same for the visitor of whom nothing is known yet. */
  readonly nobody: string;
  token(): string | null;
  /** The server has renewed the token. */
  keep(token: string): void;
  /** The visitor is whom the host's session names. */
  bySession(): boolean;
  /** An earlier visit of theirs can be taken up without asking the page who they are first. */
  known(): boolean;
  /** Asks the server who the visitor is; true when it is somebody else than before. */
  begin(): Promise<boolean>;
  /** Another tab has taken this one's visitor off this browser, or put another one there. */
  replaced(): boolean;
  /**
   * For good, whatever the server is still to answer. Also where the browser stores nothing: the
   * launcher can only clear what is stored.
   */
  forget(): void;
}

interface Stored {
  token: string;
  id: string;
  /** The page said who it is, with an identity that the host signed. */
  identified: boolean;
}

/**
 * @param onDoubt The server does not take the visitor for who they were; true when it does again.
 */
export function createSession(host: Host, onDoubt: () => Promise<boolean>): Session {
  const { base } = host;
  const path = new URL(base).pathname;
  // The launcher knows this key, and what begins like the others, as those of the visitor.
  const key = "campfire:visitor:" + path;
  // Read anew each time: another tab may have renewed it.
  const stored = () => load<Stored>(key);
  let answer: VisitorCreated | null = null;
  let asking: Promise<boolean> | null = null;
  const mine = () => answer?.visitor.id ?? stored()?.id;
  const replaced = () => !!answer && stored()?.id !== answer.visitor.id;
  // What another tab has put there for another visitor is not for this one to use.
  const token = () => (replaced() ? answer : stored())?.token ?? null;
  // As long as nobody is known: the launcher takes it for a visitor's.
  const nobody = path + "vis_";
  const principal = (id = mine()) => (id ? path + id : nobody);
  const bare = createApi({ base, token: () => stored()?.token ?? null });

  async function ask(): Promise<VisitorCreated> {
    const given = host.identity();
    const identity = (typeof given === "function" ? await given() : given) || undefined;
    // Whom the page does not name (any more) is nobody here, whatever the browser has kept.
    if (!identity && stored()?.identified) drop(key);
    return bare.post<VisitorCreated>("visitors", { identity }).catch((error: ApiError) => {
      if (error.status !== 401 || !stored()) throw error;
      // The stored token has expired or was signed with a key that is gone: start over.
      drop(key);
      return bare.post("visitors", { identity });
    });
  }

  function discard(id: string): void {
    for (const name of keys("campfire:")) if (name.includes(principal(id) + ":")) drop(name);
  }

  async function compare(): Promise<boolean> {
    const before = mine();
    let found = await ask();
    // Another tab was quicker: one browser is one stranger.
    if (!before && stored()) found = await ask();
    answer = found;
    const { token, visitor, by_session } = found;
    // Otherwise the visitor was forgotten meanwhile.
    if (asking) save(key, { token, id: visitor.id, identified: visitor.verified && !by_session });
    if (!before || before === visitor.id) return false;
    discard(before);
    return true;
  }

  return {
    api: createApi({ base, token, onUnauthorized: onDoubt }),
    answer: () => answer,
    bySession: () => !!answer?.by_session,
    known() {
      const visit = stored();
      return !!visit && (!visit.identified || !!host.identity());
    },
    replaced,
    principal,
    nobody,
    token,
    keep(token) {
      if (answer) answer = { ...answer, token };
      if (!replaced()) save(key, { ...stored(), token });
    },
    // Once at a time: each stranger who asks without a token is a new visitor.
    begin: () => (asking ??= compare().finally(() => (asking = null))),
    forget() {
      drop(key);
      asking = null;
    },
  };
}
