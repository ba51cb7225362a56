import { signal } from "@preact/signals";
import type {
  ApiKeyCreate,
  ApiKeyRecord,
  ApiKeySecret,
  GrantablePermission,
  Page,
} from "../../../common/types";
import { openDialog, toast } from "../../shell/overlay";
import { api, reason } from "../../shell/session";
import { text } from "./strings";

/** The names of the dialogs. */
export const CREATE = "create-key";
export const SECRET = "key-secret";
export const ROTATE = "rotate-key";
export const REVOKE = "revoke-key";

export const keys = signal<readonly ApiKeyRecord[]>([]);
export const phase = signal<"loading" | "ready" | "failed">("loading");
export const problem = signal("");
/** What may be given to a new key. */
export const grantable = signal<readonly GrantablePermission[]>([]);
/** The key with its secret, for as long as the dialog shows it. Nothing else keeps it. */
export const fresh = signal<ApiKeySecret | null>(null);

/** Grows with each look: an earlier answer that comes later counts no more. */
let turn = 0;

export async function reload(): Promise<void> {
  const mine = ++turn;
  if (phase.peek() === "failed") phase.value = "loading";
  try {
    const [list, permissions] = await Promise.all([
      api.get<Page<ApiKeyRecord>>("api-keys"),
      api.get<Page<GrantablePermission>>("api-keys/permissions"),
    ]);
    if (mine !== turn) return;
    keys.value = list.items;
    grantable.value = permissions.items;
    phase.value = "ready";
  } catch (error) {
    if (mine !== turn) return;
    problem.value = reason(error);
    phase.value = "failed";
  }
}

const pathOf = (id: string): string => `api-keys/${encodeURIComponent(id)}`;

function show(answer: ApiKeySecret): void {
  fresh.value = answer;
  keys.value = [answer.key, ...keys.peek().filter(({ id }) => id !== answer.key.id)];
  openDialog(SECRET, answer.key.id);
  void reload();
}

/** Creates a key and shows its secret; what went wrong, if anything did. */
export async function create(body: ApiKeyCreate): Promise<string | null> {
  try {
    show(await api.request<ApiKeySecret>("POST", "api-keys", { body }));
    return null;
  } catch (error) {
    return reason(error);
  }
}

/** Gives a key a new secret and shows it; what went wrong, if anything did. */
export async function rotate(id: string, overlap: number): Promise<string | null> {
  try {
    show(await api.request<ApiKeySecret>("POST", `${pathOf(id)}/rotate`, { body: { overlap } }));
    return null;
  } catch (error) {
    return reason(error);
  }
}

export async function revoke(id: string): Promise<void> {
  try {
    await api.request<ApiKeyRecord>("DELETE", pathOf(id));
    keys.value = keys.peek().filter((key) => key.id !== id);
    toast(text.revoked);
  } catch (error) {
    toast(text.failed.revoke(reason(error)), { urgent: true });
  }
  void reload();
}
