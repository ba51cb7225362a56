import { useEffect, useRef } from "preact/hooks";
import { text } from "./strings";
import { Flame } from "../ui/Flame";
import { Icon } from "../ui/Icon";
import { helpOpen, paletteOpen } from "./overlay";
import { features, type RailEntry, type Screen } from "./registry";
import { goTo, screen, screens } from "./router";

const entriesOf = (known: Screen): readonly RailEntry[] =>
  known.rail?.() ?? [
    {
      key: known.path,
      label: known.title(),
      icon: known.icon,
      current: screen.value === known,
      go: () => goTo(known),
    },
  ];

/** Begins to load what is likely to be shown next. */
const expect = ({ component }: Screen): void => {
  if (typeof component !== "function") component.attempt().catch(() => undefined);
};

/** Where one can go, and what is always at hand. */
export function Rail() {
  const views = useRef<HTMLUListElement>(null);
  const shown = screen.value;
  // On a phone the row of views scrolls, and the present one may be outside of it.
  useEffect(() => {
    const current = views.current?.querySelector("[aria-current]");
    current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shown]);
  return (
    <nav class="rail" aria-label={text.viewsLabel}>
      <span class="mark" title={text.product}>
        <Flame />
      </span>
      <ul ref={views}>
        {screens.value.map((known) =>
          entriesOf(known).map(({ key, label, icon, current, count, go }) => (
            <li key={key}>
              <button
                type="button"
                class="rail-view"
                aria-current={current ? "page" : undefined}
                onPointerEnter={() => expect(known)}
                onFocus={() => expect(known)}
                onClick={go}
              >
                <Icon name={icon} size={20} />
                <span>{label}</span>
                {count && (
                  <span class={count.quiet ? "count quiet" : "count"}>
                    <span aria-hidden="true">{count.shown}</span>
                    <span class="hidden">{count.label}</span>
                  </span>
                )}
              </button>
            </li>
          )),
        )}
      </ul>
      <span class="rail-tools">
        <button
          type="button"
          class="icon-button"
          title={text.palette}
          aria-label={text.palette}
          onClick={() => (paletteOpen.value = true)}
        >
          <Icon name="command" />
        </button>
        <button
          type="button"
          class="icon-button"
          title={text.shortcuts}
          aria-label={text.shortcuts}
          onClick={() => (helpOpen.value = true)}
        >
          <Icon name="keyboard" />
        </button>
      </span>
      {features().map(({ name, RailEnd }) => RailEnd && <RailEnd key={name} />)}
    </nav>
  );
}
