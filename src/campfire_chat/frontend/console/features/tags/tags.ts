import { computed, signal } from "@preact/signals";
import type {
  ListedTag,
  Page,
  TagChanged,
  TagColor,
  TagDeleted,
  TagRecord,
} from "../../../common/types";
import { may } from "../../shell/permissions";
import { api, reason } from "../../shell/session";

/** Tags that are asked for at once. */
const PAGE = 100;
const PATH = "tags";

export const COLORS: readonly TagColor[] = [
  "gray",
  "red",
  "orange",
  "yellow",
  "green",
  "teal",
  "blue",
  "purple",
  "pink",
];

const known = signal<ReadonlyMap<string, ListedTag>>(new Map());
/** `idle`: nobody has asked for them yet; `renewing`: what is shown is of before. */
export const phase = signal<"idle" | "loading" | "ready" | "renewing" | "failed">("idle");
export const problem = signal("");

const compare = new Intl.Collator(undefined, { numeric: true }).compare;
/** In the order of their names. */
export const tags = computed<readonly ListedTag[]>(() =>
  [...known.value.values()].sort((a, b) => compare(a.name, b.name) || (a.id < b.id ? -1 : 1)),
);

/** Names that differ only in this are the same tag. */
export const sameName = (name: string): string => name.normalize("NFKC").toLowerCase();

/** Names of before, with the ids of the tags that they stand for: conversations follow in a moment. */
const former = signal<ReadonlyMap<string, string>>(new Map());

const byName = computed(() => {
  const found = new Map<string, ListedTag>();
  for (const [name, id] of former.value) {
    const tag = known.value.get(id);
    if (tag) found.set(name, tag);
  }
  for (const tag of tags.value) found.set(sameName(tag.name), tag);
  return found;
});

/** The tag of that name, or that had it a moment ago, as far as this page knows. */
export const tagNamed = (name: string): ListedTag | undefined => byName.value.get(sameName(name));

export const colorOf = (name: string): TagColor => tagNamed(name)?.color ?? "gray";

/** An event came while all of them were asked for, so the answer may be of before. */
let outdated = false;

export async function load(): Promise<void> {
  if (phase.peek() === "loading" || phase.peek() === "renewing") {
    outdated = true;
    return;
  }
  phase.value = known.peek().size ? "renewing" : "loading";
  try {
    let found: Map<string, ListedTag>;
    do {
      outdated = false;
      found = new Map();
      let cursor: string | null = null;
      do {
        const page: Page<ListedTag> = await api.get(PATH, { cursor, limit: PAGE });
        for (const tag of page.items) found.set(tag.id, tag);
        cursor = page.next_cursor;
      } while (cursor);
    } while (outdated);
    known.value = found;
    phase.value = "ready";
  } catch (error) {
    problem.value = reason(error);
    phase.value = "failed";
  }
}

/** Loads them if nobody has asked yet: from then on events keep them current. */
export function ensure(): void {
  if (phase.peek() === "idle" && may("tags.read")) void load();
}

/** What was loaded has to be loaded again. */
export function reload(): void {
  if (phase.peek() !== "idle") void load();
}

/** Whether what an event or an answer tells can be put to what is loaded. */
function takes(): boolean {
  if (phase.peek() === "loading" || phase.peek() === "renewing") outdated = true;
  return phase.peek() !== "idle";
}

function set(tag: TagRecord): void {
  if (!takes()) return;
  const before = known.peek().get(tag.id);
  // Of two that cross, the later one counts.
  if (before && before.updated_at > tag.updated_at) return;
  if (before) stands(before.name, tag.id);
  const conversations = before?.conversations ?? 0;
  known.value = new Map(known.peek()).set(tag.id, { ...tag, conversations });
}

/** A name stands for a tag, until another one has it. */
function stands(name: string, id: string): void {
  former.value = new Map(former.peek()).set(sameName(name), id);
}

/** One is gone; its conversations get the other one, if there is one. */
function drop(id: string, into: string | null): void {
  if (!takes()) return;
  const next = new Map(known.peek());
  const gone = next.get(id);
  if (!gone) return;
  next.delete(id);
  known.value = next;
  if (into === null) return;
  stands(gone.name, into);
  for (const [name, of] of former.peek()) if (of === id) stands(name, into);
}

export const changed = ({ tag }: TagChanged): void => set(tag);
export const deleted = ({ id, merged_into }: TagDeleted): void => drop(id, merged_into);

export interface Writing {
  readonly name: string;
  readonly color: TagColor;
  readonly description: string;
}

/** Creates one, or changes the one with that id. */
export async function save(id: string | null, body: Writing): Promise<TagRecord> {
  const tag = await (id
    ? api.request<TagRecord>("PATCH", `${PATH}/${encodeURIComponent(id)}`, { body })
    : api.post<TagRecord>(PATH, body));
  set(tag);
  return tag;
}

export async function merge(id: string, into: string): Promise<void> {
  await api.post<TagRecord>(`${PATH}/${encodeURIComponent(id)}/merge`, { into });
  drop(id, into);
}

export async function remove(id: string): Promise<void> {
  await api.request<TagRecord>("DELETE", `${PATH}/${encodeURIComponent(id)}`);
  drop(id, null);
}

export const mayCreate = (): boolean => may("tags.create");
export const mayEdit = (): boolean => may("tags.write");
