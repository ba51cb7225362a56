import { signal } from "@preact/signals";
import { load, save } from "../../../common/storage";

const CHOSEN = "campfire:console:team";

/** The team whose conversations the lists show; null: of all teams, and of none. */
export const team = signal<string | null>(load<string>(CHOSEN) ?? null);

export function setTeam(id: string | null): void {
  team.value = id;
  save(CHOSEN, id);
}
