import type { HistoryEntry, Message, Participant, StreamEvent } from "../../../common/types";
import { isMe } from "../../shell/session";
import { participantName } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { activityOf } from "../conversations/activity";
import { written } from "../messages/said";
import { text } from "./strings";

/** What happened, in a sentence, and what somebody wrote. */
export interface Sentence {
  readonly key: string;
  readonly at: string;
  readonly said: string;
  readonly quote: string;
}

const who = (person: Participant): string => (isMe(person) ? common.you : participantName(person));

function aboutMessage({ event, actor, data }: HistoryEntry): [said: string, quote: string] | null {
  const message = data as unknown as Message;
  const note = message.visibility === "internal";
  const author = who(message.sender);
  if (event === "message.created") {
    return [note ? text.noted(author) : text.wrote(author), written(message)];
  }
  if (event === "message.updated") {
    return [note ? text.editedNote(author) : text.edited(author), written(message)];
  }
  if (event === "message.redacted" && actor) {
    const by = who(actor);
    return [note ? text.redactedNote(by, author) : text.redacted(by, author), written(message)];
  }
  if (event !== "message.deleted") return null;
  // Events of before do not say who deleted it.
  if (!actor) return [note ? text.deletedNote(author) : text.deleted(author), ""];
  if (actor.kind === message.sender.kind && actor.id === message.sender.id) {
    return [note ? text.deletedOwnNote(author) : text.deletedOwn(author), ""];
  }
  const by = who(actor);
  return [note ? text.deletedNoteBy(by, author) : text.deletedBy(by, author), ""];
}

/** Null where another event tells the same, or where only another version knows the event. */
export function sentenceOf(entry: HistoryEntry): Sentence | null {
  const { stream, seq, event, at, data } = entry;
  const key = `${stream}:${seq}`;
  if (event.startsWith("message.")) {
    const found = aboutMessage(entry);
    return found && { key, at, said: found[0], quote: found[1] };
  }
  const told = activityOf({ type: "event", stream, seq, event, at, data } as unknown as StreamEvent);
  return told && { key, at, said: told.body, quote: "" };
}
