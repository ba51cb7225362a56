import { useEffect, useState } from "preact/hooks";
import type { MessageVersion, Page } from "../../../common/types";
import { fullTime } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { api, reason } from "../../shell/session";
import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { thread } from "./thread";
import { NoteText } from "../mentions/NoteText";
import { Marked } from "../../ui/Marked";
import { Modal } from "../../ui/Modal";

/** The server's pages of a message's earlier texts, put together. */
async function load(id: string): Promise<MessageVersion[]> {
  const found: MessageVersion[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<MessageVersion> = await api.get(`messages/${id}/versions`, { cursor });
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

/** What a message said before it was edited, the oldest text first, and what it says now. */
export function VersionsDialog({ subject: id }: { subject: string }) {
  const message = thread.value?.messages.value.get(id);
  const [versions, setVersions] = useState<MessageVersion[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const edited = message?.edited_at;
  useEffect(() => {
    let current = true;
    load(id).then(
      (found) => current && setVersions(found),
      (error: unknown) => current && setProblem(reason(error)),
    );
    return () => void (current = false);
  }, [id, edited]);
  const gone = !message || message.deleted_at !== null;
  useClosedWhen(gone);
  if (gone) return null;
  const now = { number: 0, at: edited ?? message.at, body: message.body };
  return (
    <Modal label={text.versions} name="versions" onClose={closeDialog}>
      <h2>{text.versions}</h2>
      <p>{text.versionsHelp}</p>
      {problem && <p role="alert">{common.failed.reason(text.failed.versions, problem)}</p>}
      <ol>
        {versions &&
          [...versions, now].map(({ number, at, body }) => (
            <li key={number}>
              <p>{number ? fullTime(at) : text.versionNow(fullTime(at))}</p>
              <blockquote dir="auto">
                {message.visibility === "internal" ? <NoteText body={body} /> : <Marked body={body} />}
              </blockquote>
            </li>
          ))}
      </ol>
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {common.close}
        </button>
      </p>
    </Modal>
  );
}
