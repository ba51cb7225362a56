import { participantName } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { isMe } from "../../shell/session";
import { bringIntoSight } from "./focus";
import { said } from "./said";
import { thread } from "./thread";

/** The message that is answered; a click brings it into sight. */
export function Quote({ id }: { id: string }) {
  const quoted = thread.value?.messages.value.get(id);
  if (!quoted) return null;
  return (
    <button type="button" class="quoted" onClick={() => bringIntoSight(id)}>
      <strong dir="auto">{isMe(quoted.sender) ? common.you : participantName(quoted.sender)}</strong>
      <span dir="auto">{quoted.deleted_at ? text.deleted : said(quoted)}</span>
    </button>
  );
}
