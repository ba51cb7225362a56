import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isComposing } from "../../../common/keyboard";
import { focusHome } from "../../ui/focus";
import { Icon } from "../../ui/Icon";
import { useListFocus } from "../../ui/listFocus";
import { ListState } from "../../ui/ListState";
import { ensure as ensureTags } from "../tags/tags";
import { FIELD, focus, focusField, LIST, moveFocus } from "./focus";
import { hintsAt, withHint, type Hint } from "./hints";
import { HitRow } from "./HitRow";
import {
  choose,
  cursor,
  followTyping,
  hits,
  keyOf,
  kind,
  kinds,
  loadMore,
  mistake,
  opened,
  phase,
  problem,
  retry,
  seek,
  sort,
  SORTS,
  sought,
  typed,
} from "./state";
import { text } from "./strings";

export { focusField, moveFocus } from "./focus";
export { seek } from "./state";

/** The field, with what can be typed where the caret is. */
function Field() {
  const field = useRef<HTMLInputElement>(null);
  const [caret, setCaret] = useState(typed.peek().length);
  const wanted = useRef<number | null>(null);
  const { from, hints } = hintsAt(typed.value, Math.min(caret, typed.value.length));
  const look = () => setCaret(field.current?.selectionStart ?? 0);
  const insert = (hint: Hint) => {
    const next = withHint(typed.peek(), Math.min(caret, typed.peek().length), from, hint);
    typed.value = next.typed;
    wanted.current = next.caret;
    setCaret(next.caret);
  };
  // After the field has the text that the caret is to stand in.
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    field.current?.focus();
    field.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = null;
  });
  return (
    <>
      <label class="picker-search">
        <Icon name="search" size={17} />
        <input
          id={FIELD}
          ref={field}
          type="search"
          aria-label={text.field}
          aria-describedby="search-mistake"
          aria-invalid={mistake.value ? true : undefined}
          placeholder={text.field}
          autocomplete="off"
          spellcheck={false}
          maxLength={1000}
          value={typed.value}
          onInput={({ currentTarget }) => {
            typed.value = currentTarget.value;
            look();
          }}
          onSelect={look}
          onKeyDown={(event) => {
            if (isComposing(event)) return;
            if (event.key === "Enter") seek(typed.peek());
            else if (event.key === "ArrowDown") {
              event.preventDefault();
              moveFocus(1, event);
            } else if (event.key === "Escape") {
              event.preventDefault();
              if (typed.peek()) seek("");
              else focusHome();
            }
          }}
        />
      </label>
      <p id="search-mistake" class="search-mistake" role="status">
        {mistake.value}
      </p>
      <div class="search-hints" role="group" aria-label={text.hints}>
        {hints.map((hint) => (
          <button
            key={hint.label}
            type="button"
            class="search-hint"
            title={text.operators[hint.label.slice(0, -1) as keyof typeof text.operators]}
            onClick={() => insert(hint)}
          >
            <bdi>{hint.label}</bdi>
          </button>
        ))}
      </div>
    </>
  );
}

/** Everything that was said: one field, what it finds, and where that leads. */
export function Screen() {
  const shown = hits.value;
  const list = useListFocus(focus, shown.map(keyOf));
  useEffect(() => {
    ensureTags();
    if (opened.peek() && hits.peek().some((hit) => keyOf(hit) === opened.peek())) {
      focus.focus(opened.peek() ?? "");
    } else focusField();
    return followTyping();
  }, []);
  const settled = phase.value === "ready" || phase.value === "more";
  const empty = settled && !shown.length && !mistake.value;
  return (
    <main class="page search-page" id="screen" tabIndex={-1}>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
      </header>
      <div class="search-tools">
        <Field />
        <select
          class="order"
          aria-label={text.show}
          value={kind.value}
          onChange={({ currentTarget }) =>
            choose({ kind: kinds().find((name) => name === currentTarget.value) })
          }
        >
          {kinds().map((name) => (
            <option key={name} value={name}>
              {text.kinds[name]}
            </option>
          ))}
        </select>
        <select
          class="order"
          aria-label={text.sort}
          value={sort.value}
          onChange={({ currentTarget }) =>
            choose({ sort: SORTS.find((name) => name === currentTarget.value) })
          }
        >
          {SORTS.map((name) => (
            <option key={name} value={name}>
              {text.sorts[name]}
            </option>
          ))}
        </select>
      </div>
      <p class="hidden" role="status">
        {settled && !mistake.value && text.found(shown.length, cursor.value !== null)}
      </p>
      <ListState
        isLoading={phase.value === "loading"}
        loading={shown.length ? null : text.loading}
        failed={
          problem.value
            ? { title: text.failed.load, help: problem.value, retry: text.retry, onRetry: retry }
            : null
        }
        empty={
          phase.value === "idle"
            ? text.empty.idle
            : empty
              ? cursor.value
                ? text.empty.sofar
                : text.empty.nothing(sought.value.trim())
              : null
        }
      >
        <ul
          id={LIST}
          {...list}
          class="hits"
          data-home
          tabIndex={-1}
          aria-label={text.list}
          aria-busy={phase.value === "loading"}
        >
          {shown.map((hit) => (
            <HitRow key={keyOf(hit)} hit={hit} />
          ))}
        </ul>
      </ListState>
      {settled && cursor.value && (
        <p class="search-more">
          <button
            type="button"
            class="button"
            aria-busy={phase.value === "more"}
            onClick={loadMore}
          >
            {shown.length ? text.more : text.further}
          </button>
        </p>
      )}
    </main>
  );
}
