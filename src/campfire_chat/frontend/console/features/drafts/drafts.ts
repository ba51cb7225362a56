import { signal } from "@preact/signals";
import { drop, keys, load, save } from "../../../common/storage";
import { isBlank } from "../../../common/text";
import { me } from "../../shell/session";
import { hasText } from "./join";

export type Mode = "reply" | "note";

/** What somebody is writing in one conversation; both fields are kept when switching. */
export interface Draft {
  readonly mode: Mode;
  readonly reply: string;
  readonly note: string;
  readonly quoting: string | null;
}

/** A draft with what is known of it on the server. */
export interface KeptDraft extends Draft {
  /** The `updated_at` of the one on the server that it builds on; null: there was none. */
  readonly base: string | null;
  /** Whether the server has still to be told. */
  readonly due: boolean;
  /** What it was told since, without a word whether it has stored it. */
  readonly told: readonly Draft[];
}

export const EMPTY: KeptDraft = {
  mode: "reply",
  reply: "",
  note: "",
  quoting: null,
  base: null,
  due: false,
  told: [],
};

/** By the ids of their conversations. Also in this browser, for when the server cannot be reached. */
const drafts = signal<ReadonlyMap<string, KeptDraft>>(new Map());

const prefix = () => `campfire:draft:agent:${me.peek()?.organization}:${me.peek()?.id}:`;

export function loadDrafts(): void {
  const found = new Map<string, KeptDraft>();
  for (const key of keys(prefix())) {
    const draft = load<Partial<KeptDraft>>(key);
    if (draft) found.set(key.slice(prefix().length), { ...EMPTY, ...draft });
  }
  drafts.value = found;
}

export const draftIds = (): string[] => [...drafts.peek().keys()];

/** The draft of a conversation; whoever asks while rendering is told when it changes. */
export const draftOf = (id: string): KeptDraft => drafts.value.get(id) ?? EMPTY;

export const peekDraft = (id: string): KeptDraft => drafts.peek().get(id) ?? EMPTY;

export const hasDraft = (id: string): boolean => {
  const { reply, note } = draftOf(id);
  return !(isBlank(reply) && isBlank(note));
};

export function putDraft(id: string, draft: KeptDraft): void {
  drafts.value = new Map(drafts.peek()).set(id, draft);
  // What was sent or given up stays until the server knows.
  if (hasText(draft) || draft.due) save(prefix() + id, draft);
  else drop(prefix() + id);
}
