import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { onAttention } from "../../../common/reading";
import { dayName, fullTime } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { now } from "../../shell/clock";
import { isMe } from "../../shell/session";
import { focusThread, THREAD } from "./focus";
import { canReturn, forgetReturn, jumpBack } from "./quotes";
import { atBottom, createReader, readAll, unread } from "./reading";
import { loadOlder, type Thread } from "./thread";
import { timeline } from "./timeline";
import { forgetWanted, showWanted, wantedIn } from "./wanted";
import { Bubble } from "./Bubble";
import { Icon } from "../../ui/Icon";
import { LeavingBubble } from "./LeavingBubble";
import { LogSkeleton } from "./LogSkeleton";
import { TypingLine } from "./TypingLine";

/** Pixels from the end within which new messages are followed. */
const NEAR = 48;
/** Pixels that stay free above the first unread message. */
const ABOVE = 24;

/** The messages, notes and changes of a conversation. */
export function Log({ opened }: { opened: Thread }) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const placed = useRef(false);
  const reader = useRef<(() => void) | null>(null);
  const before = useRef({ first: "", height: 0, newest: "", top: 0 });

  const items = timeline.value;
  const ready = opened.phase.value === "ready";
  const older = opened.cursor.value !== null;
  const loadingOlder = opened.loadingOlder.value;
  const typing = opened.typing.value;
  const missed = unread.value.length;
  const wanted = wantedIn(opened.id);

  const toEnd = (smooth = false) => {
    const box = scroller.current;
    if (!box) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.scrollTo({ top: box.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
  };

  /** To the end, but never past a message that was not read: its run would be broken. */
  const follow = ({ opening = false } = {}) => {
    const box = scroller.current;
    if (!box) return;
    const [first] = unread.peek();
    const mark =
      first &&
      box.querySelector<HTMLElement>(
        first.id === opened.firstUnread.peek()
          ? ".new-line"
          : `[data-message="${CSS.escape(first.id)}"]`,
      );
    if (!mark) return toEnd();
    const top = mark.getBoundingClientRect().top - box.getBoundingClientRect().top;
    // What was jumped over stays where it is.
    if (top < 0 && !opening) return toEnd();
    box.scrollTop = Math.min(box.scrollHeight, box.scrollTop + top - ABOVE);
  };

  const look = () => {
    const box = scroller.current;
    if (!box) return;
    const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    before.current.top = box.scrollTop;
    atBottom.value = near;
    setAway(!near);
    // What flies past on the way to another message was not read.
    if (wantedIn(opened.id)) return;
    reader.current ??= createReader(opened, box);
    reader.current();
  };

  const jump = () => {
    readAll(opened);
    forgetReturn();
    toEnd(true);
    focusThread();
  };

  // The end is followed while it is in sight; older pages come in without a jump.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box || !ready) return;
    const messages = items.filter((item) => item.kind === "message");
    const first = messages[0]?.key ?? "";
    const newest = messages[messages.length - 1];
    const last = before.current;
    if (!placed.current) {
      placed.current = true;
      follow({ opening: true });
    } else if (first !== last.first && last.first) {
      box.scrollTop = last.top + (box.scrollHeight - last.height);
    } else if (newest && newest.key !== last.newest) {
      const own = newest.kind === "message" && isMe(newest.message.sender);
      if (own) toEnd();
      else if (atBottom.peek()) follow();
    } else if (atBottom.peek()) {
      follow();
    }
    before.current = {
      first,
      height: box.scrollHeight,
      newest: newest?.key ?? "",
      top: box.scrollTop,
    };
    look();
  }, [items, ready, typing, older]);

  // What was found is shown, however far back it is.
  useLayoutEffect(() => {
    if (showWanted(opened)) look();
  }, [wanted, items, ready, older, loadingOlder]);
  useEffect(
    () => () => {
      forgetWanted(opened.id);
      forgetReturn();
    },
    [],
  );

  // What is on its way is written by the person in front of the screen: show it.
  const leavingCount = items.filter((item) => item.kind === "leaving").length;
  useLayoutEffect(() => {
    if (leavingCount) toEnd();
  }, [leavingCount]);

  // Letters are shortcuts here, and text only in the composer.
  useLayoutEffect(focusThread, []);

  // The composer grows, pictures load, the window changes: stay at the end.
  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (!box || !inner) return;
    const observer = new ResizeObserver(() => {
      if (atBottom.peek()) follow();
      look();
    });
    observer.observe(box);
    observer.observe(inner);
    const stop = onAttention(look);
    return () => {
      stop();
      observer.disconnect();
      atBottom.value = true;
    };
  }, []);

  useEffect(() => {
    const target = mark.current;
    if (!target || !ready || !older || loadingOlder) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && void loadOlder(),
      { root: scroller.current, rootMargin: "300px 0px 0px" },
    );
    observer.observe(target);
    return () => observer.disconnect();
  }, [ready, older, loadingOlder]);

  return (
    <div class="log-frame">
      <div
        class="log"
        id={THREAD}
        data-home
        ref={scroller}
        onScroll={look}
        onKeyDown={(event) => {
          if (event.key !== "End" || event.target !== event.currentTarget) return;
          event.preventDefault();
          jump();
        }}
        tabIndex={0}
        role="log"
        aria-label={text.log}
        aria-live="off"
        aria-busy={!ready || loadingOlder}
      >
        <div class="log-content" ref={content}>
          {!ready && <LogSkeleton />}
          {older && (
            <div class="older" ref={mark}>
              <button
                type="button"
                class="button quiet"
                disabled={loadingOlder}
                onClick={() => void loadOlder()}
              >
                {loadingOlder ? common.loading : text.older}
              </button>
            </div>
          )}
          {ready &&
            items.map((item) => {
              switch (item.kind) {
                case "day":
                  return (
                    <h3 class="day" key={item.key}>
                      {dayName(item.at, now.value)}
                    </h3>
                  );
                case "new":
                  return (
                    <div class="new-line" key={item.key}>
                      <span>{text.newLine}</span>
                    </div>
                  );
                case "activity":
                  return (
                    <p class="activity" key={item.key} title={fullTime(item.activity.at)}>
                      {item.activity.body}
                    </p>
                  );
                case "leaving":
                  return <LeavingBubble key={item.key} entry={item.entry} />;
                case "message":
                  return (
                    <Bubble
                      key={item.key}
                      message={item.message}
                      first={item.first}
                      last={item.last}
                    />
                  );
              }
            })}
          <TypingLine />
        </div>
      </div>
      {ready && canReturn(opened.id) && (
        <button type="button" class="jump back" onClick={jumpBack}>
          <Icon name="arrowDown" size={16} />
          <span>{text.jumpBack}</span>
        </button>
      )}
      {ready && (away || missed > 0) && (
        <button
          type="button"
          class={missed ? "jump fresh" : "jump"}
          aria-label={missed ? text.jumpLabel(missed) : text.jump}
          onClick={jump}
        >
          <Icon name="arrowDown" size={16} />
          {missed > 0 && <span>{text.jumpNew(missed)}</span>}
        </button>
      )}
    </div>
  );
}
