import { useLayoutEffect, useRef } from "preact/hooks";
import { focusHome } from "./focus";

/** The focus in a list whose rows carry the ids of what they show. */
export interface ListFocus {
  /** What the row with the focus shows; null when none has it. */
  focused(): string | null;
  focus(id: string): void;
  /** To the row below or above; the arrows of a control are its own. For a shortcut. */
  move(step: 1 | -1, event: KeyboardEvent): boolean;
}

/**
 * @param list The id of the element that holds the rows.
 * @param attribute Of a row; its value is the id of what it shows.
 */
export function createListFocus(list: string, attribute: string): ListFocus {
  const rows = () => [...document.querySelectorAll<HTMLElement>(`#${list} [${attribute}]`)];
  const bring = (row: HTMLElement | undefined) => {
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };
  return {
    focused: () =>
      document.activeElement?.closest(`#${list} [${attribute}]`)?.getAttribute(attribute) ?? null,
    focus: (id) => bring(rows().find((row) => row.getAttribute(attribute) === id)),
    move(step, { target }) {
      if (target instanceof HTMLElement && target.closest("nav")) return false;
      const all = rows();
      const from = all.findIndex((row) => row.contains(document.activeElement));
      bring(all[from < 0 ? 0 : from + step]);
      return true;
    },
  };
}

/**
 * Keeps the focus in a list: whoever comes to the screen by the palette or a key goes on there, and
 * when the row that has the focus is removed, the next one has it, before the next key.
 *
 * @param ids What the list shows, in order.
 * @returns For the element of the list.
 */
export function useListFocus({ focused, focus }: ListFocus, ids: readonly string[]) {
  const list = useRef<HTMLUListElement>(null);
  const before = useRef<{ ids: readonly string[]; focused: string | null }>({
    ids: [],
    focused: null,
  });

  useLayoutEffect(() => {
    if (document.activeElement === document.body) focusHome();
  }, []);

  useLayoutEffect(() => {
    const { ids: then, focused: left } = before.current;
    if (left && !ids.includes(left) && document.activeElement === document.body) {
      const next = ids[Math.min(then.indexOf(left), ids.length - 1)];
      if (next) focus(next);
      else list.current?.focus();
    }
    before.current = { ids, focused: focused() };
  }, [ids.join()]);

  return {
    ref: list,
    onFocusIn: () => {
      before.current.focused = focused();
    },
    onFocusOut: ({ relatedTarget }: FocusEvent) => {
      // Gone elsewhere; what is removed loses the focus to nothing.
      if (relatedTarget) before.current.focused = null;
    },
  };
}
