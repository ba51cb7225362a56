import { useEffect, useRef, useState } from "preact/hooks";
import { text } from "../messages";
import { phone } from "../state/appearance";
import {
  filter,
  loadMore,
  matching,
  progress,
  rows,
  status,
  view,
  type Row as RowData,
} from "../state/inbox";
import { openId } from "../state/route";
import { EmptyList } from "./EmptyList";
import { Icon } from "./Icon";
import { InboxHead } from "./InboxHead";
import { LinkNote } from "./LinkNote";
import { Row } from "./Row";
import { RowSkeleton } from "./RowSkeleton";

/** Milliseconds that a pointer has to rest before rows may move under it. */
const REST = 2500;

/**
 * The rows in the order in which they were last shown, with fresh contents: while somebody is
 * about to click, nothing moves. Rows that do not belong here any more fade until then.
 */
function inOrder(order: readonly string[]): RowData[] {
  return order.map((id) => rows.value.get(id)).filter((row) => row !== undefined);
}

/** The list of conversations, live. */
export function Inbox() {
  const [holding, setHolding] = useState(false);
  const [place, setPlace] = useState<string | null>(null);
  const order = useRef<readonly string[]>([]);
  const timer = useRef(0);
  const end = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);

  const fresh = matching.value;
  const listKey = `${view.value}:${status.value}:${filter.value}`;
  const lastKey = useRef(listKey);
  if (lastKey.current !== listKey || !holding) {
    order.current = fresh.map(({ summary }) => summary.id);
    lastKey.current = listKey;
  } else if (fresh.length > order.current.length) {
    // Pages that were loaded below move nothing.
    const last = order.current[order.current.length - 1];
    const from = fresh.findIndex(({ summary }) => summary.id === last);
    if (from >= 0) {
      const below = fresh.slice(from + 1).map(({ summary }) => summary.id);
      order.current = [...new Set([...order.current, ...below])];
    }
  }
  const shown = holding ? inOrder(order.current) : fresh;
  const staying = new Set(fresh.map(({ summary }) => summary.id));
  const top = order.current.find((id) => staying.has(id));
  const above = top ? fresh.findIndex(({ summary }) => summary.id === top) : fresh.length;

  const hold = () => {
    setHolding(true);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setHolding(false), REST);
  };
  const release = () => {
    clearTimeout(timer.current);
    setHolding(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  useEffect(() => {
    scroller.current?.scrollTo(0, 0);
    setPlace(null);
  }, [listKey]);

  const { phase, loaded, cursor, error } = progress.value;
  useEffect(() => {
    const mark = end.current;
    if (!mark || phase !== "idle") return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && loadMore(),
      { root: scroller.current, rootMargin: "400px" },
    );
    observer.observe(mark);
    return () => observer.disconnect();
  }, [phase, cursor, listKey]);

  const focusable =
    [place, openId.value].find((id) => shown.some(({ summary }) => summary.id === id)) ??
    shown[0]?.summary.id;

  return (
    <section class="inbox" aria-label={text.listOf}>
      <InboxHead />
      {!(phone.value && openId.value) && <LinkNote />}
      {above > 0 && holding && (
        <div class="arrived-at">
          <button type="button" class="arrived" onClick={release}>
            <Icon name="arrowUp" size={14} />
            {text.arrived(above)}
          </button>
        </div>
      )}
      <div
        class="rows"
        ref={scroller}
        tabIndex={shown.length ? undefined : 0}
        onPointerMove={(event) => event.pointerType === "mouse" && hold()}
        onPointerDown={hold}
        onPointerLeave={release}
        onFocusIn={(event) => {
          const row = (event.target as HTMLElement).closest<HTMLElement>("[data-conversation]");
          if (row) setPlace(row.dataset["conversation"] ?? null);
        }}
      >
        {shown.length > 0 && (
          <ul aria-label={text.list(text.views[view.value], text.status[status.value])}>
            {shown.map((row) => (
              <Row
                key={row.summary.id}
                row={row}
                focusable={row.summary.id === focusable}
                leaving={!staying.has(row.summary.id)}
              />
            ))}
          </ul>
        )}
        {!loaded && phase !== "failed" && shown.length === 0 && (
          <div role="status">
            <span class="hidden">{text.loading}</span>
            {[1, 2, 3, 4, 5, 6].map((number) => (
              <RowSkeleton key={number} />
            ))}
          </div>
        )}
        {phase === "failed" && (
          <div class="empty" role="alert">
            <p class="empty-title">{text.listFailed}</p>
            <p>{error}</p>
            <button type="button" class="button" onClick={loadMore}>
              {text.retry}
            </button>
          </div>
        )}
        {loaded && shown.length === 0 && cursor === null && phase === "idle" && <EmptyList />}
        {loaded && cursor !== null && phase !== "failed" && (
          <div class="rows-end" ref={end}>
            <button
              type="button"
              class="button quiet"
              disabled={phase === "loading"}
              onClick={loadMore}
            >
              {phase === "loading" ? text.loadingMore : text.more}
            </button>
          </div>
        )}
      </div>
    </section>
  );
}
