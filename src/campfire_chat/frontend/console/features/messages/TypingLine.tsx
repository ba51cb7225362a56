import { participantName } from "../../ui/format";
import { text } from "./strings";
import { thread } from "./thread";

/** Who is writing right now. */
export function TypingLine() {
  const typing = [...(thread.value?.typing.value.values() ?? [])];
  return (
    <div class="typing" aria-live="polite">
      {typing.map((participant) => (
        <span
          key={`${participant.kind}:${participant.id}`}
          class={participant.kind === "visitor" ? "typing-one" : "typing-one colleague"}
        >
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {participant.kind === "visitor"
            ? text.isTyping(participantName(participant))
            : text.isReplying(participantName(participant))}
        </span>
      ))}
    </div>
  );
}
