import { useEffect, useRef, useState } from "preact/hooks";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { phone } from "../../shell/appearance";
import { arrived, holdForKey, holdForMove, showArrived, shown } from "./held";
import { listKey, loadMore, progress, status, view } from "./lists";
import { openId } from "./route";
import { EmptyList } from "./EmptyList";
import { Icon } from "../../ui/Icon";
import { InboxHead } from "./InboxHead";
import { LinkNote } from "../../shell/LinkNote";
import { Row } from "./Row";
import { RowSkeleton } from "./RowSkeleton";

/** The list of conversations. */
export function Inbox() {
  const [place, setPlace] = useState<string | null>(null);
  const end = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const list = shown.value;
  const key = listKey.value;
  const above = arrived.value;
  const open = openId.value;

  // The open row stays in sight when the conversation is changed by keys.
  useEffect(() => {
    scroller.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [open]);

  const release = () => {
    showArrived();
    scroller.current?.scrollTo(0, 0);
    scroller.current?.querySelector<HTMLElement>("a.row")?.focus();
  };

  useEffect(() => {
    scroller.current?.scrollTo(0, 0);
    setPlace(null);
  }, [key]);

  const { phase, loaded, whole, error } = progress.value;
  useEffect(() => {
    const mark = end.current;
    if (!mark || phase !== "idle") return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && loadMore(),
      { root: scroller.current, rootMargin: "400px" },
    );
    observer.observe(mark);
    return () => observer.disconnect();
  }, [phase, whole, key]);

  const focusable =
    [place, open].find((id) => list.some(({ row }) => row.summary.id === id)) ??
    list[0]?.row.summary.id;

  return (
    <section class="inbox" aria-label={text.listOf}>
      <InboxHead />
      {!(phone.value && open) && <LinkNote />}
      {above > 0 && (
        <div class="arrived-at">
          <button
            type="button"
            class="arrived"
            aria-label={text.arrivedLabel(above)}
            onClick={release}
          >
            <Icon name="arrowUp" size={14} />
            {text.arrived(above)}
          </button>
        </div>
      )}
      <div
        class="rows"
        ref={scroller}
        tabIndex={list.length ? undefined : 0}
        onPointerMove={(event) => event.pointerType === "mouse" && holdForMove()}
        onPointerDown={holdForMove}
        onFocusIn={(event) => {
          holdForKey();
          const row = (event.target as HTMLElement).closest<HTMLElement>("[data-conversation]");
          if (row) setPlace(row.dataset["conversation"] ?? null);
        }}
      >
        {list.length > 0 && (
          <ul aria-label={text.list(text.views[view.value], text.status[status.value])}>
            {list.map(({ row, leaving }) => (
              <Row
                key={row.summary.id}
                row={row}
                focusable={row.summary.id === focusable}
                leaving={leaving}
              />
            ))}
          </ul>
        )}
        {!loaded && phase !== "failed" && list.length === 0 && (
          <div role="status">
            <span class="hidden">{common.loading}</span>
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
              {common.retry}
            </button>
          </div>
        )}
        {loaded && list.length === 0 && whole && phase === "idle" && <EmptyList />}
        {loaded && !whole && phase !== "failed" && (
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
