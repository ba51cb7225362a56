import { computed, signal } from "@preact/signals";
import { ApiError, createApi } from "../../shared/api";
import { createConnection, type ConnectionState } from "../../shared/connection";
import type { PrincipalRecord } from "../../shared/types";

/** The page is served at `<mount>/console/`; everything else lies beside it. */
export const base = new URL("../", location.href).href;

export const api = createApi({ base, onUnauthorized: expired });
export const connection = createConnection({ api, client: { name: "console", version: "1" } });

/**
 * `loading`: finding out who this is; `ready`: an agent; the others are pages that say what to do.
 */
export type Phase = "loading" | "ready" | "sign-in" | "not-agent" | "signed-out" | "unreachable";

export const phase = signal<Phase>("loading");
export const me = signal<PrincipalRecord | null>(null);
export const linkState = signal<ConnectionState>("idle");
export const polling = signal(false);

export const canWrite = computed(() => me.value !== null && me.value.role !== "viewer");

export const isMe = (participant: { kind: string; id: string }): boolean =>
  participant.kind === "agent" && participant.id === me.value?.id;

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

let asking = false;

/** The session has ended while the page was open. Repeating the request would not help. */
async function expired(): Promise<boolean> {
  if (!asking && phase.peek() === "ready") await identify();
  return false;
}

/** Asks who the caller is and sets the phase; true when an agent is signed in. */
export async function identify(): Promise<boolean> {
  const before = phase.peek();
  asking = true;
  try {
    const principal = await api.get<PrincipalRecord>("me");
    if (principal.kind !== "agent") {
      phase.value = before === "ready" ? "signed-out" : "not-agent";
      return false;
    }
    if (me.peek() && me.peek()?.id !== principal.id) {
      // Somebody else has signed in: nothing on this page is theirs.
      location.reload();
      return false;
    }
    me.value = principal;
    phase.value = "ready";
    return true;
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 0;
    if (status === 401) phase.value = before === "ready" ? "signed-out" : "sign-in";
    else if (status === 403 || status === 404) phase.value = "not-agent";
    else if (before !== "ready") phase.value = "unreachable";
    return false;
  } finally {
    asking = false;
  }
}

/** What to tell a person about a refused request. */
export function reason(error: unknown): string {
  return error instanceof ApiError ? error.message : "";
}
