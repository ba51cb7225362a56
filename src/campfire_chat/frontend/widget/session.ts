import { createApi, type Api, type ApiError } from "../shared/api";
import { drop, keys, load, save } from "../shared/storage";
import type { Availability, PrincipalRecord, VisitorSession } from "../shared/types";
import { visitorKey, type Host } from "./host";

/** Who the visitor is, on this browser and at the server. */
export interface Session {
  /** Every request of the visitor goes through it; renews an expired token by itself. */
  readonly api: Api;
  readonly visitor: PrincipalRecord | null;
  readonly availability: Availability | null;
  /** A name for this visitor's keys in the browser's storage. */
  readonly principal: string;
  token(): string | null;
  keep(token: string): void;
  /** Asks the server who the visitor is; true when it is somebody else than before. */
  begin(): Promise<boolean>;
  /** A fresh token for an expired one; false when there is none to be had. */
  renew(): Promise<boolean>;
  /** Forgets the visitor and all that was kept for them. */
  forget(): void;
}

interface Stored {
  token: string;
  id: string;
}

export function createSession(host: Host, onChanged: () => void): Session {
  const key = visitorKey(host.base);
  const path = new URL(host.base).pathname;
  // Read anew each time: another tab may have renewed it.
  const stored = () => load<Stored>(key);
  const token = () => stored()?.token ?? null;
  const principalOf = (id: string) => path + id;
  const bare = createApi({ base: host.base, token });

  let visitor: PrincipalRecord | null = null;
  let availability: Availability | null = null;

  function discard(id: string): void {
    for (const name of keys("campfire:")) if (name.includes(principalOf(id) + ":")) drop(name);
  }

  async function ask(): Promise<VisitorSession> {
    const identity = host.identity();
    const body = identity && {
      identity: typeof identity === "string" ? identity : await identity(),
    };
    try {
      return await bare.post<VisitorSession>("visitors", body ?? {});
    } catch (error) {
      if (!((error as ApiError).status === 401 && token())) throw error;
      // The stored token has expired or was signed with a key that is gone: start over.
      drop(key);
      return bare.post<VisitorSession>("visitors", body ?? {});
    }
  }

  async function begin(): Promise<boolean> {
    const before = visitor?.id ?? stored()?.id;
    const answer = await ask();
    visitor = answer.visitor;
    availability = answer.availability;
    save(key, { token: answer.token, id: visitor.id });
    if (!before || before === visitor.id) return false;
    discard(before);
    return true;
  }

  const renew = () =>
    begin().then(
      (other) => {
        if (other) onChanged();
        return !other;
      },
      () => false,
    );

  return {
    api: createApi({ base: host.base, token, onUnauthorized: renew }),
    get visitor() {
      return visitor;
    },
    get availability() {
      return availability;
    },
    get principal() {
      return principalOf(visitor?.id ?? "");
    },
    token,
    keep: (renewed) => visitor && save(key, { token: renewed, id: visitor.id }),
    begin,
    renew,
    forget() {
      const id = visitor?.id ?? stored()?.id;
      if (id) discard(id);
      drop(key);
      visitor = null;
    },
  };
}
