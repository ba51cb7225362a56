import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../common/api";
import { isComposing } from "../../common/keyboard";
import { text } from "./strings";
import { Icon } from "../ui/Icon";
import { Modal } from "../ui/Modal";
import { commands, finders, searchAll } from "./commands";
import { paletteOpen } from "./overlay";
import type { Command, Finder } from "./registry";

/** Milliseconds without a further letter before the server is asked. */
const PAUSE = 150;

/** Finds a thing or does something, by a few letters. */
export function Palette() {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState<string | null>(null);
  const [found, setFound] = useState<ReadonlyMap<Finder, readonly Command[]>>(new Map());
  const [search, setSearch] = useState<"idle" | "asking" | "failed">("idle");
  const list = useRef<HTMLDivElement>(null);
  const wanted = typed.trim().toLowerCase();
  const groups: [title: string, found: Command[]][] = [
    ...finders().map((finder): [string, Command[]] => {
      // Those that are loaded are there at once, the server's come below them.
      const loaded = finder.find(wanted);
      const known = new Set(loaded.map(({ key }) => key));
      const more = wanted ? (found.get(finder) ?? []) : [];
      return [finder.title, [...loaded, ...more.filter(({ key }) => !known.has(key))]];
    }),
    [text.paletteCommands, commands().filter(({ label }) => label.toLowerCase().includes(wanted))],
  ];
  // With nothing typed, what can be done here is the better help.
  if (!wanted) groups.reverse();
  const all = groups.flatMap(([, found]) => found);
  // By its name: what comes in above must not change what Enter does.
  const index = Math.max(0, all.findIndex(({ key }) => key === active));

  useEffect(() => {
    list.current?.querySelector(".active")?.scrollIntoView({ block: "nearest" });
  }, [index, typed]);

  useEffect(() => {
    const asked = new AbortController();
    setSearch("asking");
    const timer = setTimeout(() => {
      searchAll(typed, asked.signal).then(
        (found) => {
          setFound(found);
          setSearch("idle");
        },
        (error: unknown) => {
          if (!asked.signal.aborted && error instanceof ApiError) setSearch("failed");
        },
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [typed]);

  const close = () => (paletteOpen.value = false);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    // After the dialog has given the focus back, so that what it opens may take it.
    setTimeout(command.run);
  };
  let position = -1;
  return (
    <Modal label={text.palette} name="palette" onClose={close}>
      <label class="palette-field">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-label={text.paletteHint}
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={all.length ? `palette-${index}` : undefined}
          autocomplete="off"
          spellcheck={false}
          autofocus
          placeholder={text.paletteHint}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setActive(null);
          }}
          onKeyDown={(event) => {
            if (isComposing(event)) return;
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step) {
              event.preventDefault();
              setActive(all[(index + step + all.length) % Math.max(1, all.length)]?.key ?? null);
            }
            if (event.key === "Enter") {
              event.preventDefault();
              run(all[index]);
            }
          }}
        />
        <kbd aria-hidden="true">Esc</kbd>
      </label>
      <div
        class="palette-list"
        id="palette-list"
        role="listbox"
        aria-label={text.palette}
        ref={list}
      >
        {groups.map(
          ([title, found]) =>
            found.length > 0 && (
              <div role="group" aria-label={title} key={title}>
                <p class="palette-group" role="presentation">
                  {title}
                </p>
                {found.map((command) => {
                  const here = ++position;
                  return (
                    <div
                      key={command.key}
                      id={`palette-${here}`}
                      class={here === index ? "option active" : "option"}
                      role="option"
                      aria-selected={here === index}
                      onPointerMove={() => here !== index && setActive(command.key)}
                      onClick={() => run(command)}
                    >
                      <span class="option-label" dir="auto">
                        {command.label}
                      </span>
                      {command.hint && (
                        <span class="option-hint" dir="auto">
                          {command.hint}
                        </span>
                      )}
                    </div>
                  );
                })}
              </div>
            ),
        )}
      </div>
      <p class="picker-empty" role="status" hidden={all.length > 0 && search !== "failed"}>
        {search === "failed"
          ? text.searchFailed
          : search === "asking"
            ? text.searching
            : text.paletteEmpty}
      </p>
    </Modal>
  );
}
