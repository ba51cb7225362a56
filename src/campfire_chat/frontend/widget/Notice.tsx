import { state } from "./chat";
import { text } from "./strings";
import { start } from "./visit";

/** One calm line when something is not as it should be. */
export function Notice() {
  const { phase, refusal, connection, trouble, covered, lacking, outbox } = state;
  const failed = phase === "failed";
  const said = failed
    ? refusal || text.unreachable
    : phase === "ended"
      ? text.ended
    : connection === "forbidden"
      ? text.forbidden
      : trouble
        ? text.reconnecting
        : lacking && outbox.length
          ? text.lacking
          : covered && text.checking;
  return (
    <div role="status" class={said ? "notice" : ""}>
      {said}
      {failed && (
        <button class="link" onClick={start}>
          {text.retry}
        </button>
      )}
    </div>
  );
}
