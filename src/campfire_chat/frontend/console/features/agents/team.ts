import { computed, signal } from "@preact/signals";
import type { AgentRecord, Availability, Page } from "../../../common/types";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { may } from "../../shell/permissions";
import { api, connection, me, reason } from "../../shell/session";
import { toast } from "../../shell/overlay";

export const agents = signal<readonly AgentRecord[]>([]);
/** Whether the list was loaded: before, nobody can say that somebody is not in it. */
export const known = signal(false);

const ORDER: Record<Availability, number> = { online: 0, away: 1, busy: 2, offline: 3 };

/** Colleagues, the reachable ones first. */
export const team = computed(() =>
  [...agents.value].sort(
    (a, b) => ORDER[a.availability] - ORDER[b.availability] || a.name.localeCompare(b.name),
  ),
);

/** Optimistic: what was just chosen holds until the server says otherwise. */
const chosen = signal<Availability | null>(null);

export const myAvailability = computed<Availability>(
  () =>
    chosen.value ?? agents.value.find(({ id }) => id === me.value?.id)?.availability ?? "online",
);

export async function loadTeam(): Promise<void> {
  if (!may("agents.read")) return;
  try {
    agents.value = (await api.get<Page<AgentRecord>>("agents")).items;
    known.value = true;
  } catch {
    // Names are on the conversations as well; the next reconnect asks again.
  }
}

function set(id: string, availability: Availability): boolean {
  const before = agents.peek();
  if (!before.some((agent) => agent.id === id)) return false;
  agents.value = before.map((agent) => (agent.id === id ? { ...agent, availability } : agent));
  return true;
}

// Presence is not replayed: it is asked for whenever a connection begins.
connection.on("welcome", () => void loadTeam());

connection.on("presence", ({ participant, availability, conversation_id }) => {
  if (participant.kind !== "agent" || !availability || conversation_id) return;
  if (!set(participant.id, availability)) void loadTeam();
});

export async function chooseAvailability(availability: Availability): Promise<void> {
  const id = me.peek()?.id;
  if (!id) return;
  chosen.value = availability;
  try {
    await api.request("PUT", `agents/${encodeURIComponent(id)}/availability`, {
      body: { availability },
    });
    if (!set(id, availability)) await loadTeam();
  } catch (error) {
    toast(common.failed.reason(text.failed.availability, reason(error)), { urgent: true });
  } finally {
    chosen.value = null;
  }
}
