import { text } from "../messages";
import { choose, filter, status, STATUSES, view } from "../state/inbox";
import { Icon } from "./Icon";

/** The name of the list, its statuses and the filter. */
export function InboxHead() {
  return (
    <header class="inbox-head">
      <h2>{text.views[view.value]}</h2>
      <div class="segments" role="group" aria-label={text.statusFilter}>
        {STATUSES.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={status.value === name}
            onClick={() => choose(view.peek(), name)}
          >
            {text.status[name]}
          </button>
        ))}
      </div>
      <div class="filter">
        <Icon name="search" size={16} />
        <input
          aria-label={text.filter}
          id="filter"
          type="search"
          placeholder={text.filter}
          autoComplete="off"
          value={filter.value}
          onInput={(event) => (filter.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.stopPropagation();
              if (filter.peek()) filter.value = "";
              else event.currentTarget.blur();
            }
            if (event.key === "Enter" || event.key === "ArrowDown") {
              event.preventDefault();
              document.querySelector<HTMLElement>("a.row")?.focus();
            }
          }}
        />
        <kbd aria-hidden="true">/</kbd>
        {filter.value && (
          <button
            type="button"
            class="icon-button"
            aria-label={text.filterClear}
            onClick={() => {
              filter.value = "";
              document.getElementById("filter")?.focus();
            }}
          >
            <Icon name="close" size={14} />
          </button>
        )}
      </div>
    </header>
  );
}
