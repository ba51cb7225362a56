import { signal } from "@preact/signals";
import { ApiError, createApi } from "../../common/api";
import { createConnection, type ConnectionState } from "../../common/connection";
import { createCurtain } from "../../common/curtain";
import type { PrincipalRecord } from "../../common/types";

/** The page is served at `<mount>/console/`; everything else lies beside it. */
export const base = new URL("../", location.href).href;

/** Asks who is there, whoever that is. */
const anybody = createApi({ base });
export const api = createApi({ base, headers, onUnauthorized: expired });
/** The same, for a write that must not overwrite another state than the one of that ETag. */
export const apiMatching = (etag: string) =>
  createApi({
    base,
    headers: () => ({ ...headers(), "If-Match": etag }),
    onUnauthorized: expired,
  });
export const connection = createConnection({
  api,
  client: { name: "console", version: "1" },
  signedIn: () => true,
  accepts: isMe,
  refreshToken: again,
});

/**
 * `loading`: finding out who this is; `ready`: an agent; the others are pages that say what to do.
 */
export type Phase = "loading" | "ready" | "sign-in" | "not-agent" | "signed-out" | "unreachable";

export const phase = signal<Phase>("loading");
export const me = signal<PrincipalRecord | null>(null);
/** Nothing of the desk is in sight until it is known that the agent is still the same. */
export const covered = signal(false);
export const linkState = signal<ConnectionState>("idle");
export const polling = signal(false);
/** The most characters of a message, as the server says; everything fits until it has. */
export const bodyLimit = signal(Infinity);

/** Without these there is nothing to show. */
const NEEDED = ["inbox.read", "conversations.read"];

export function isMe(participant: { kind: string; id: string }): boolean {
  return participant.kind === "agent" && participant.id === me.value?.id;
}

/**
 * Whom this page was opened for: the server refuses to act as, or to show things to, whoever else
 * the browser's cookies name by then.
 */
function headers(): Record<string, string> {
  const agent = me.peek();
  return agent ? { "Campfire-Person": encodeURIComponent(`agent:${agent.id}`) } : {};
}

/** Where to sign in, when the host said so. */
export function loginUrl(): string | null {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="campfire-login"]');
  const found = meta?.content || document.documentElement.dataset["campfireLogin"];
  if (!found) return null;
  try {
    const url = new URL(found, location.href);
    return /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Whether this person comes from the login page and is still nobody whom the site calls an agent. */
export const cameFromLogin = (): boolean =>
  document.querySelector('meta[name="campfire-login"][data-returned]') !== null;

/** Tells the other tabs of the console that somebody has gone, so that they look as well. */
const tabs = channel();

function channel(): BroadcastChannel | null {
  try {
    return new BroadcastChannel(`campfire:console:${new URL(base).pathname}`);
  } catch {
    return null;
  }
}

/** What is hidden loses the focus: it comes back. */
let focused: Element | null = null;

function cover(next: boolean): void {
  if (next && !covered.peek()) focused = document.activeElement;
  const back = covered.peek() && !next && document.activeElement === document.body;
  covered.value = next;
  if (back) requestAnimationFrame(() => (focused as HTMLElement | null)?.focus());
}

const curtain = createCurtain({
  cover,
  prove: async () => phase.peek() === "ready" && connection.prove(0),
});
if (tabs) tabs.onmessage = () => phase.peek() === "ready" && curtain.check();

let asking: Promise<boolean> | null = null;

/** The session has ended, or is somebody else's. Repeating the request would not help. */
async function expired(): Promise<boolean> {
  if (phase.peek() === "ready") await again();
  return false;
}

/** Whether the same agent is still there; rejects when that cannot be found out now. */
async function again(): Promise<boolean> {
  cover(true);
  if (await identify()) return true;
  if (phase.peek() !== "ready") return false;
  curtain.later();
  throw new ApiError("network", 0, "", false);
}

/** Asks who the caller is and sets the phase; true when an agent is signed in. */
export function identify(): Promise<boolean> {
  return (asking ??= ask().finally(() => (asking = null)));
}

async function ask(): Promise<boolean> {
  const before = phase.peek();
  try {
    const principal = await anybody.get<PrincipalRecord>("me");
    const same = principal.kind === "agent" && principal.id === me.peek()?.id;
    if (before === "ready" && !same) tabs?.postMessage("look");
    const admitted = NEEDED.every((permission) => principal.permissions.includes(permission));
    if (principal.kind !== "agent" || !admitted) {
      phase.value = before === "ready" ? "signed-out" : "not-agent";
      return false;
    }
    if (me.peek() && !same) {
      // Somebody else has signed in: nothing on this page is theirs.
      phase.value = "loading";
      location.reload();
      return false;
    }
    me.value = principal;
    phase.value = "ready";
    curtain.lift();
    return true;
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 0;
    if (before === "ready" && (status === 401 || status === 403)) tabs?.postMessage("look");
    if (status === 401) phase.value = before === "ready" ? "signed-out" : "sign-in";
    else if (status === 403 || status === 404) phase.value = "not-agent";
    else if (before !== "ready") phase.value = "unreachable";
    return false;
  }
}

/** What to tell a person about a refused request. */
export function reason(error: unknown): string {
  return error instanceof ApiError ? error.message : "";
}
