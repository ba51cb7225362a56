import { useLayoutEffect } from "preact/hooks";
import { now } from "../../shell/clock";
import { closeDialog } from "../../shell/overlay";
import { fullTime, moment } from "../../ui/format";
import { Marked } from "../../ui/Marked";
import { Modal } from "../../ui/Modal";
import { rows } from "../conversations/inbox";
import { cursor, entries, hide, loading, loadMore, problem, refresh, show } from "./history";
import { sentenceOf } from "./sentences";
import { text } from "./strings";

/** Who did what to a conversation, and when; the latest first. */
export function HistoryDialog({ subject: id }: { subject: string }) {
  useLayoutEffect(() => {
    show(id);
    return hide;
  }, [id]);
  const number = rows.value.get(id)?.summary.number;
  return (
    <Modal label={text.title} name="history" onClose={closeDialog}>
      <h2>{number === undefined ? text.title : text.titleOf(number)}</h2>
      <p>{text.help}</p>
      {problem.value !== null && (
        <p role="alert">
          {text.failed(problem.value)}{" "}
          <button type="button" class="link-button" onClick={() => void refresh()}>
            {text.retry}
          </button>
        </p>
      )}
      <ol class="history-list" tabIndex={0} aria-label={text.list} aria-busy={loading.value}>
        {entries.value.map((entry) => {
          const sentence = sentenceOf(entry);
          return (
            sentence && (
              <li key={sentence.key}>
                <p>
                  <span dir="auto">{sentence.said}</span>
                  <time dateTime={sentence.at} title={fullTime(sentence.at)}>
                    {moment(sentence.at, now.value)}
                  </time>
                </p>
                {sentence.quote && (
                  <blockquote dir="auto">
                    <Marked body={sentence.quote} />
                  </blockquote>
                )}
              </li>
            )
          );
        })}
      </ol>
      {loading.value && !entries.value.length && <p role="status">{text.loading}</p>}
      <p class="modal-actions">
        {cursor.value && (
          <button
            type="button"
            class="button"
            disabled={loading.value}
            onClick={() => void loadMore()}
          >
            {text.more}
          </button>
        )}
        <button type="button" class="button" onClick={closeDialog}>
          {text.close}
        </button>
      </p>
    </Modal>
  );
}
