import { signal } from "@preact/signals";
import type { AgentConversation, ContactRecord, Page } from "../../../common/types";
import { may } from "../../shell/permissions";
import { api } from "../../shell/session";
import { PATH } from "./route";

/** Conversations beside the one that is shown. */
const MOST = 5;

export const beside = signal<ContactRecord | null>(null);
export const earlier = signal<readonly AgentConversation[]>([]);

let wanted = "";

/** Shows what is known of a contact; what is shown of them stays until it is loaded. Returns what
    ends it. */
export function showBeside(id: string): () => void {
  wanted = id;
  void load(id);
  return () => {
    if (wanted === id) wanted = "";
  };
}

/** What was stored: by now somebody else may be shown. */
export function putBeside(record: ContactRecord): void {
  if (beside.peek()?.id === record.id) beside.value = record;
}

/** What is known of a contact has changed. */
export function renewBeside(id: string): void {
  if (wanted === id) void load(id);
}

async function load(id: string): Promise<void> {
  const path = `${PATH}/${encodeURIComponent(id)}`;
  try {
    const [found, talks] = await Promise.all([
      api.get<ContactRecord>(path),
      may("conversations.read")
        ? api.get<Page<AgentConversation>>(`${path}/conversations`, { limit: MOST + 1 })
        : { items: [] },
    ]);
    if (wanted !== id) return;
    earlier.value = talks.items;
    beside.value = found;
  } catch {
    // Shown again with the next conversation; the thread does not depend on it.
  }
}
