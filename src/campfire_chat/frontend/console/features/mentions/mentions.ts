/**
 * Whom notes mention. In what is stored stands an id, such as `<@agt_…>`, so that a new name shows in
 * old notes too; whoever reads and writes sees `@name`.
 */
import { me } from "../../shell/session";
import { agents } from "../agents/team";
import { teams } from "../teams/teams";
import { text } from "./strings";

const STORED = /<@((?:agt|team)_[0-9a-z]{26})>/g;

/** What was picked last under a name, for names that several have. */
const picked = new Map<string, string>();

export const pick = (name: string, id: string): void => void picked.set(name, id);

/** The present name of an agent or a team; null if nobody here has the id. */
function nameOf(id: string): string | null {
  const known = id.startsWith("team_") ? teams.value : agents.value;
  return known.find((one) => one.id === id)?.name ?? null;
}

/** Stands for a name that is not known here: of a deleted team, of one who has just come. */
const unnamed = (id: string): string => (id.startsWith("team_") ? text.unknownTeam : text.somebody);

export interface Mention {
  readonly shown: string;
  /** Whether it is this agent, or a team in which this agent is. */
  readonly me: boolean;
}

/** The parts of a note in order: text as it is, and mentions. */
export function parts(body: string): (string | Mention)[] {
  const found: (string | Mention)[] = [];
  let end = 0;
  for (const match of body.matchAll(STORED)) {
    const id = match[1] ?? "";
    const self = me.value?.id ?? "";
    const mine =
      id === self || teams.value.some((team) => team.id === id && team.members.includes(self));
    found.push(body.slice(end, match.index), { shown: `@${nameOf(id) ?? unnamed(id)}`, me: mine });
    end = match.index + match[0].length;
  }
  found.push(body.slice(end));
  return found.filter(Boolean);
}

/** A note as one reads it. */
export const shown = (body: string): string =>
  parts(body)
    .map((part) => (typeof part === "string" ? part : part.shown))
    .join("");

/** A note as one edits it: an id that has no name stays, so that it is not lost. */
export const editable = (body: string): string =>
  body.replace(STORED, (stored, id: string) => {
    const name = nameOf(id);
    if (name === null) return stored;
    pick(name, id);
    return `@${name}`;
  });

const literal = (name: string): string => name.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** A note as it is stored: each `@name` of an agent or a team is its id. */
export function stored(written: string): string {
  if (!written.includes("@")) return written;
  const ids = new Map<string, string>();
  for (const { id, name } of [...agents.peek(), ...teams.peek()]) {
    // The first one keeps the name, unless another one was picked.
    if (!ids.has(name) || picked.get(name) === id) ids.set(name, id);
  }
  if (!ids.size) return written;
  // The longest first: Ann Lee is not Ann.
  const names = [...ids.keys()].sort((a, b) => b.length - a.length).map(literal);
  const mention = new RegExp(`(^|[^\\p{L}\\p{N}_@])@(${names.join("|")})(?![\\p{L}\\p{N}_])`, "gu");
  return written.replace(mention, (_, before: string, name: string) => `${before}<@${ids.get(name)}>`);
}
