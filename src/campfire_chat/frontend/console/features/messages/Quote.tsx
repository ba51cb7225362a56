import { useEffect } from "preact/hooks";
import { participantName } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { isMe } from "../../shell/session";
import { jumpTo, loadQuoted, quotedMessage } from "./quotes";
import { said } from "./said";

/**
 * The message that is answered; a click shows it in its place.
 *
 * @param from The message that answers it; null while that is on its way.
 */
export function Quote({ id, from }: { id: string; from: string | null }) {
  const quoted = quotedMessage(id);
  useEffect(() => void loadQuoted(id), [id]);
  if (!quoted) return null;
  return (
    <button type="button" class="quoted" onClick={() => jumpTo(id, from)}>
      <strong dir="auto">{isMe(quoted.sender) ? common.you : participantName(quoted.sender)}</strong>
      <span dir="auto">{quoted.deleted_at ? text.deleted : said(quoted)}</span>
    </button>
  );
}
