import { choose, status, unreadViews, view, VIEWS } from "../state/inbox";
import { go, openId } from "../state/route";
import { phone } from "../state/appearance";
import { text } from "../messages";
import { paletteOpen, helpOpen } from "../state/overlay";
import { AccountButton } from "./AccountButton";
import { Flame } from "./Flame";
import { Icon } from "./Icon";

/** The views, and what is always at hand. */
export function Rail() {
  const unread = unreadViews.value;
  return (
    <nav class="rail" aria-label={text.viewsLabel}>
      <span class="mark" title={text.product}>
        <Flame />
      </span>
      <ul>
        {VIEWS.map((name) => {
          const count = unread[name];
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
                {count > 0 && (
                  <span class={name === "all" ? "count quiet" : "count"}>
                    <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
                    <span class="hidden">{text.unreadIn(count)}</span>
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
