import { computed, signal } from "@preact/signals";
import type { NewTeam, Page, TeamName, TeamRecord } from "../../../common/types";
import { may } from "../../shell/permissions";
import { api, connection, reason } from "../../shell/session";

const PATH = "teams";

const known = signal<ReadonlyMap<string, TeamRecord>>(new Map());
/** `idle`: nobody has asked for them yet. */
export const phase = signal<"idle" | "loading" | "ready" | "failed">("idle");
export const problem = signal("");

const compare = new Intl.Collator(undefined, { numeric: true }).compare;
/** By name. */
export const teams = computed<readonly TeamRecord[]>(() =>
  [...known.value.values()].sort((a, b) => compare(a.name, b.name) || (a.id < b.id ? -1 : 1)),
);

/** What a team is called now; a deleted one, what it was called when it was last told of. */
export const teamName = ({ id, name }: TeamName): string => known.value.get(id)?.name ?? name;

/** An event came while they were asked for, so the answer may be of before. */
let outdated = false;
let asking = false;

export async function load(): Promise<void> {
  if (!may("teams.read")) return;
  outdated = asking;
  if (asking) return;
  asking = true;
  if (phase.peek() !== "ready") phase.value = "loading";
  try {
    let items: readonly TeamRecord[];
    do {
      outdated = false;
      ({ items } = await api.get<Page<TeamRecord>>(PATH));
    } while (outdated);
    known.value = new Map(items.map((team) => [team.id, team]));
    phase.value = "ready";
  } catch (error) {
    problem.value = reason(error);
    phase.value = "failed";
  } finally {
    asking = false;
  }
}

// Conversations name teams, so they are there from the beginning, and after each pause.
connection.on("welcome", () => void load());

/** Those that are deleted: an answer about one may come after the event. */
const gone = new Set<string>();

export function set(team: TeamRecord): void {
  if (gone.has(team.id)) return;
  outdated = asking;
  const before = known.peek().get(team.id);
  // An answer may come after the event of a later change.
  if (before && before.updated_at > team.updated_at) return;
  known.value = new Map(known.peek()).set(team.id, team);
}

export function drop(id: string): void {
  gone.add(id);
  outdated = asking;
  const next = new Map(known.peek());
  if (next.delete(id)) known.value = next;
}

/** Creates one, or changes the one with that id. */
export async function save(id: string | null, body: Required<NewTeam>): Promise<void> {
  const path = id ? `${PATH}/${encodeURIComponent(id)}` : PATH;
  set(await api.request<TeamRecord>(id ? "PATCH" : "POST", path, { body }));
}

export async function remove(id: string): Promise<void> {
  await api.request<TeamRecord>("DELETE", `${PATH}/${encodeURIComponent(id)}`);
  drop(id);
}

export const mayManage = (): boolean => may("teams.manage");
