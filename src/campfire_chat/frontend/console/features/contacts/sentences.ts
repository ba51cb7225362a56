import type { FieldChange, TimelineEntry } from "../../../common/types";
import { participantName } from "../../ui/format";
import { attributeOf, type Value } from "./attributes";
import { inWords } from "./attributeValues";
import { text } from "./strings";

const NAMES: Readonly<Record<string, string>> = text.fields;

function fieldChanged({ field, before, after }: FieldChange): string {
  if (field === "avatar_url") return text.changedPicture;
  const attribute = attributeOf(field);
  const shown = (value: unknown) => {
    if (value === null) return text.none;
    return attribute ? inWords(attribute, value as Value) : String(value);
  };
  const name = attribute?.label ?? NAMES[field] ?? field;
  return text.changed(name, shown(before), shown(after));
}

/** What an entry of the timeline says, a line for each thing. */
export function sentencesOf({ kind, actor, fields }: TimelineEntry): readonly string[] {
  switch (kind) {
    case "created":
      return [
        actor && actor.kind !== "visitor"
          ? text.told.createdBy(participantName(actor))
          : text.told.created,
      ];
    case "described":
      return [
        ...fields.map(fieldChanged),
        ...(actor?.kind === "agent" ? [text.told.by(participantName(actor))] : []),
      ];
    case "blocked":
      return [text.told.blocked(actor ? participantName(actor) : "")];
    case "unblocked":
      return [text.told.unblocked(actor ? participantName(actor) : "")];
    case "conversation_begun":
      return [text.told.begun];
    case "conversation_resolved":
      return [text.told.resolved];
  }
}
