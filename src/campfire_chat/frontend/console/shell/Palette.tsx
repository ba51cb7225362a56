import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isComposing } from "../../common/keyboard";
import { text } from "./strings";
import { Icon } from "../ui/Icon";
import { Modal } from "../ui/Modal";
import { commands, finders, searchAll, type Answers } from "./commands";
import { paletteOpen } from "./overlay";
import type { Command } from "./registry";

/** Milliseconds without a further letter before the server is asked. */
const PAUSE = 150;

/** Finds a thing or does something, by a few letters. */
export function Palette() {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState<string | null>(null);
  const [answers, setAnswers] = useState<(Answers & { readonly typed: string }) | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const wanted = typed.trim().toLowerCase();
  // An answer is of use for the words that it was asked for.
  const answer = answers?.typed === typed ? answers : null;
  const groups: [title: string, found: readonly Command[]][] = [
    ...finders().map((finder): [string, Command[]] => [finder.title, finder.find(wanted)]),
    [text.paletteCommands, commands().filter(({ label }) => label.toLowerCase().includes(wanted))],
  ];
  // With nothing typed, what can be done here is the better help.
  if (!wanted) groups.reverse();
  else {
    // What the server finds comes later, so it comes below all that was there at once.
    const there = new Set(groups.flatMap(([, found]) => found.map(({ key }) => key)));
    for (const finder of finders()) {
      const more = answer?.found.get(finder)?.filter(({ key }) => !there.has(key)) ?? [];
      const apart = groups.some(([title, found]) => title === finder.title && found.length > 0);
      groups.push([apart ? (finder.more ?? finder.title) : finder.title, more]);
    }
  }
  const known = groups.flatMap(([, found]) => found).length;
  const offers = wanted ? finders().flatMap(({ offer }) => offer?.(typed.trim()) ?? []) : [];
  groups.push([text.paletteOffers, offers]);
  const shown = groups.filter(([, found]) => found.length > 0);
  const all = shown.flatMap(([, found]) => found);
  // An offer is active by itself only when it is known that nothing else is.
  const first = known || answer ? 0 : -1;
  const chosen = all.findIndex(({ key }) => key === active);
  const index = chosen < 0 ? first : chosen;
  const current = all[index]?.key ?? null;

  // From the first moment it is known by its name: whatever comes in above, Enter does the same.
  useLayoutEffect(() => setActive(current), [current]);

  useEffect(() => {
    list.current?.querySelector(".active")?.scrollIntoView({ block: "nearest" });
  }, [index, typed]);

  useEffect(() => {
    const asked = new AbortController();
    const timer = setTimeout(() => {
      void searchAll(typed, asked.signal).then((answers) => {
        if (!asked.signal.aborted) setAnswers({ ...answers, typed });
      });
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
          aria-activedescendant={all[index] ? `palette-${index}` : undefined}
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
        {shown.map(([title, found]) => (
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
        ))}
      </div>
      <p class="picker-empty" role="status" hidden={known > 0 && !answer?.failed}>
        {answer?.failed ? text.searchFailed : answer ? text.paletteEmpty : text.searching}
      </p>
    </Modal>
  );
}
