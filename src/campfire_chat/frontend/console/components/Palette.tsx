import { useEffect, useRef, useState } from "preact/hooks";
import { text } from "../messages";
import { commands, findConversations, type Command } from "../state/commands";
import { paletteOpen } from "../state/overlay";
import { Icon } from "./Icon";
import { Modal } from "./Modal";

/** Finds a conversation or does something, by a few letters. */
export function Palette() {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const wanted = typed.trim().toLowerCase();
  const groups: [title: string, found: Command[]][] = [
    [text.paletteConversations, findConversations(wanted)],
    [text.paletteCommands, commands().filter(({ label }) => label.toLowerCase().includes(wanted))],
  ];
  // With nothing typed, what can be done here is the better help.
  if (!wanted) groups.reverse();
  const all = groups.flatMap(([, found]) => found);
  const index = Math.min(active, all.length - 1);

  useEffect(() => {
    list.current?.querySelector(".active")?.scrollIntoView({ block: "nearest" });
  }, [index, typed]);

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
            setActive(0);
          }}
          onKeyDown={(event) => {
            if (event.isComposing) return;
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step) {
              event.preventDefault();
              setActive((index + step + all.length) % Math.max(1, all.length));
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
                      onPointerMove={() => here !== index && setActive(here)}
                      onClick={() => run(command)}
                    >
                      <span class="option-label">{command.label}</span>
                      {command.hint && <span class="option-hint">{command.hint}</span>}
                    </div>
                  );
                })}
              </div>
            ),
        )}
      </div>
      {!all.length && (
        <p class="picker-empty" role="status">
          {text.paletteEmpty}
        </p>
      )}
    </Modal>
  );
}
