import { useEffect, useState } from "preact/hooks";
import type { OutboxEntry } from "../../../common/entries";
import { clockTime } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { linkState } from "../../shell/session";
import { takeBack, undo } from "./composer";
import { canUndo, discard, retry } from "./sending";
import { Marked } from "../../ui/Marked";
import { NoteText } from "../mentions/NoteText";
import { NoteLabel } from "./NoteLabel";
import { Quote } from "./Quote";
import { Ticks } from "./Ticks";

/** A message that the server has not confirmed yet. */
export function LeavingBubble({ entry }: { entry: OutboxEntry }) {
  const { client_id, body, visibility, reply_to, state, error, at, not_before } = entry;
  const failed = state === "failed";
  const note = visibility === "internal";
  const undoable = canUndo(entry);
  const [, look] = useState(0);
  useEffect(() => {
    if (!undoable || !not_before) return;
    const timer = setTimeout(() => look(not_before), not_before - Date.now());
    return () => clearTimeout(timer);
  }, [undoable, not_before]);
  const waits = !undoable && !failed && linkState.value === "offline";
  return (
    <article
      class={`message ours first last leaving${note ? " note" : ""}${failed ? " failed" : ""}`}
      aria-label={common.you}
    >
      <span class="message-face" />
      <div class="message-body">
        {note && (
          <p class="message-sender">
            {common.you}
            <NoteLabel />
          </p>
        )}
        <div class="bubble-line">
          <div class="bubble">
            {reply_to && <Quote id={reply_to} from={null} />}
            <span class="bubble-text" dir="auto">
              {note ? <NoteText body={body} /> : <Marked body={body} />}
            </span>
            <span class="meta">
              <time dateTime={at}>{clockTime(at)}</time>
              <Ticks state={failed ? "failed" : "sending"} />
            </span>
          </div>
        </div>
        {undoable && (
          <p class="message-state" role="status">
            {text.undo.waits}{" "}
            <button type="button" class="link-button" onClick={() => undo(entry)}>
              {text.undo.act}
            </button>
          </p>
        )}
        {waits && <p class="message-state message-waits">{text.waitingToSend}</p>}
        {failed && (
          <p class="message-state" role="alert">
            {common.failed.reason(text.notSent, error?.message ?? "")}{" "}
            <button type="button" class="link-button" onClick={() => retry(client_id)}>
              {common.retry}
            </button>{" "}
            <button type="button" class="link-button" onClick={() => takeBack(entry)}>
              {text.edit}
            </button>{" "}
            <button type="button" class="link-button" onClick={() => discard(client_id)}>
              {text.discard}
            </button>
          </p>
        )}
      </div>
    </article>
  );
}
