import type { FieldChange, TimelineEntry } from "../../../common/types";
import { participantName } from "../../ui/format";
import { text } from "./strings";

const NAMES: Readonly<Record<string, string>> = text.fields;

function fieldChanged({ field, before, after }: FieldChange): string {
  if (field === "avatar_url") return text.changedPicture;
  const shown = (value: unknown) => (value === null ? text.none : String(value));
  return text.changed(NAMES[field] ?? field, shown(before), shown(after));
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
      return fields.map(fieldChanged);
    case "conversation_begun":
      return [text.told.begun];
    case "conversation_resolved":
      return [text.told.resolved];
  }
}
