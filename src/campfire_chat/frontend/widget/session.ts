import { createApi, type Api, type ApiError } from "../shared/api";
import { drop, keys, load, save } from "../shared/storage";
import type { Availability, PrincipalRecord, VisitorSession } from "../shared/types";
import type { Host } from "./host";

/** Who the visitor is, on this browser and at the server. */
export interface Session {
  /** Every request of the visitor goes through it; renews an expired token by itself. */
  readonly api: Api;
  readonly visitor: PrincipalRecord | null;
  /** The team's. */
  readonly availability: Availability;
  /** A name for this visitor's keys in the browser's storage. */
  readonly principal: string;
  token(): string | null;
  /** The server has renewed the token. */
  keep(token: string): void;
  /** Asks the server who the visitor is; true when it is somebody else than before. */
  begin(): Promise<boolean>;
  /** A fresh token for an expired one; false when there is none to be had. */
  renew(): Promise<boolean>;
  /** Also where the browser stores nothing: the launcher can only clear what is stored. */
  forget(): void;
}

interface Stored {
  token: string;
  id: string;
}

/** @param onOther The visitor has become somebody else in the middle of things. */
export function createSession(host: Host, onOther: () => void): Session {
  const { base } = host;
  const path = new URL(base).pathname;
  // The launcher knows this key, and what begins like the others, as those of the visitor.
  const key = "campfire:visitor:" + path;
  // Read anew each time: another tab may have renewed it.
  const stored = () => load<Stored>(key);
  const token = () => stored()?.token ?? null;
  const principal = (id = stored()?.id) => path + id;
  const bare = createApi({ base, token });
  let answer: VisitorSession | null = null;
  let asking: Promise<boolean> | null = null;

  async function ask(): Promise<VisitorSession> {
    const given = host.identity();
    const identity = typeof given === "function" ? await given() : (given ?? undefined);
    return bare.post<VisitorSession>("visitors", { identity }).catch((error: ApiError) => {
      if (error.status !== 401 || !token()) throw error;
      // The stored token has expired or was signed with a key that is gone: start over.
      drop(key);
      return bare.post("visitors", { identity });
    });
  }

  function discard(id: string): void {
    for (const name of keys("campfire:")) if (name.includes(principal(id) + ":")) drop(name);
  }

  async function compare(): Promise<boolean> {
    const before = stored()?.id;
    answer = await ask();
    const { token, visitor } = answer;
    save(key, { token, id: visitor.id });
    if (!before || before === visitor.id) return false;
    discard(before);
    return true;
  }

  // Once at a time: each stranger who asks without a token is a new visitor.
  const begin = () => (asking ??= compare().finally(() => (asking = null)));

  const renew = () =>
    begin().then(
      (other) => {
        if (other) onOther();
        return !other;
      },
      () => false,
    );

  return {
    api: createApi({ base, token, onUnauthorized: renew }),
    get visitor() {
      return answer && answer.visitor;
    },
    get availability() {
      return answer ? answer.availability : "offline";
    },
    get principal() {
      return principal();
    },
    token,
    keep: (token) => save(key, { ...stored(), token }),
    begin,
    renew,
    forget: () => drop(key),
  };
}
