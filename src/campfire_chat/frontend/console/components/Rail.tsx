import { counts } from "../state/counts";
import { choose, status, view, VIEWS } from "../state/lists";
import { go, openId } from "../state/route";
import { amount } from "../format";
import { phone } from "../state/appearance";
import { text } from "../messages";
import { paletteOpen, helpOpen } from "../state/overlay";
import { AccountButton } from "./AccountButton";
import { Flame } from "./Flame";
import { Icon } from "./Icon";

/** The views, and what is always at hand. */
export function Rail() {
  return (
    <nav class="rail" aria-label={text.viewsLabel}>
      <span class="mark" title={text.product}>
        <Flame />
      </span>
      <ul>
        {VIEWS.map((name) => {
          const count = counts.value?.[name];
          return (
            <li key={name}>
              <button
                type="button"
                class="rail-view"
                aria-current={view.value === name ? "page" : undefined}
                onClick={() => {
                  choose(name, status.peek());
                  if (phone.peek() && openId.peek()) go(null);
                }}
              >
                <Icon name={name} size={20} />
                <span>{text.views[name]}</span>
                {count !== undefined && count.open > 0 && (
                  <span class={count.waiting && name !== "all" ? "count" : "count quiet"}>
                    <span aria-hidden="true">{amount(count.open)}</span>
                    <span class="hidden">
                      {text.openIn(amount(count.open), amount(count.waiting))}
                    </span>
                  </span>
                )}
              </button>
            </li>
          );
        })}
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
      <AccountButton />
    </nav>
  );
}
