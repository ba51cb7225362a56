import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isComposing } from "../../common/keyboard";
import { plain } from "./format";
import { text } from "./strings";
import { Icon } from "./Icon";

export interface Option {
  readonly key: string;
  readonly label: string;
  readonly hint?: string;
  /** On a line of its own below the label. */
  readonly detail?: string;
  readonly mark?: ComponentChildren;
  readonly selected?: boolean;
  readonly danger?: boolean;
}

interface Props {
  id: string;
  label: string;
  options: readonly Option[];
  /** Which of the options are shown, and in which order; without it, those that have what was typed in them. */
  find?: (typed: string) => readonly Option[];
  /** The placeholder of the search field; without it letters jump to the option. */
  search?: string;
  /** What it says without an option; that nothing matches, unless said so. */
  none?: string;
  /** Offers what was typed as an option of its own. */
  create?: (typed: string) => Option | null;
  /** Actions rather than a choice. */
  actions?: boolean;
  multiple?: boolean;
  onPick: (key: string, typed: string) => void;
}

/** A list to pick from, by pointer or by keyboard alone. */
export function Picker(props: Props) {
  const { id, label, options, find, search, none, create, actions, multiple, onPick } = props;
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(() =>
    multiple ? 0 : Math.max(0, options.findIndex(({ selected }) => selected)),
  );
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);

  const wanted = plain(typed.trim());
  const found = find
    ? find(typed)
    : options.filter(
        ({ label: name, hint }) =>
          !wanted || plain(name).includes(wanted) || plain(hint ?? "").includes(wanted),
      );
  const created = wanted ? (create?.(typed.trim()) ?? null) : null;
  const shown = created ? [...found, created] : found;
  const index = Math.min(active, shown.length - 1);
  const optionId = (position: number) => `${id}-option-${position}`;

  // At once: what is typed next belongs to this picker.
  useLayoutEffect(() => {
    (search ? field.current : list.current)?.focus();
  }, []);
  useLayoutEffect(() => {
    list.current?.children[index]?.scrollIntoView({ block: "nearest" });
  }, [index]);

  const pick = (option: Option | undefined) => {
    if (!option) return;
    onPick(option.key, typed.trim());
    setTyped("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = (to: number) => {
      event.preventDefault();
      setActive((to + shown.length) % Math.max(1, shown.length));
    };
    if (isComposing(event)) return;
    if (event.key === "ArrowDown") move(index + 1);
    else if (event.key === "ArrowUp") move(index - 1);
    else if (event.key === "Home" && !search) move(0);
    else if (event.key === "End" && !search) move(shown.length - 1);
    else if (event.key === "Enter" || (event.key === " " && !search)) {
      event.preventDefault();
      pick(shown[index]);
    } else if (!search && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      const after = [...shown.slice(index + 1), ...shown.slice(0, index + 1)];
      const match = after.find((option) => option.label.toLowerCase().startsWith(letter));
      if (match) move(shown.indexOf(match));
    }
  };
  const listProps = search
    ? { tabIndex: -1 }
    : { tabIndex: 0, onKeyDown, "aria-activedescendant": optionId(index) };
  return (
    <div class="picker">
      {search && (
        <label class="picker-search">
          <Icon name="search" size={15} />
          <input
            ref={field}
            type="text"
            role="combobox"
            aria-label={label}
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={shown.length ? optionId(index) : undefined}
            autoComplete="off"
            spellcheck={false}
            placeholder={search}
            value={typed}
            onInput={(event) => {
              setTyped(event.currentTarget.value);
              setActive(0);
            }}
            onKeyDown={onKeyDown}
          />
        </label>
      )}
      <ul
        ref={list}
        id={`${id}-list`}
        class="picker-list"
        role={actions ? "menu" : "listbox"}
        aria-label={label}
        aria-multiselectable={multiple}
        {...listProps}
      >
        {shown.map((option, position) => (
          <li
            key={option.key}
            id={optionId(position)}
            class={`option${position === index ? " active" : ""}${option.danger ? " danger" : ""}`}
            role={actions ? "menuitem" : "option"}
            aria-selected={actions ? undefined : Boolean(option.selected)}
            onPointerMove={() => position !== index && setActive(position)}
            onClick={() => pick(option)}
          >
            {option.mark && <span class="option-mark">{option.mark}</span>}
            <span class="option-label">{option.label}</span>
            {option.hint && <span class="option-hint">{option.hint}</span>}
            {option.selected && <Icon name="check" size={15} />}
            {option.detail && <span class="option-detail">{option.detail}</span>}
          </li>
        ))}
      </ul>
      {!shown.length && (
        <p class="picker-empty" role="status">
          {none ?? text.noMatch}
        </p>
      )}
    </div>
  );
}
