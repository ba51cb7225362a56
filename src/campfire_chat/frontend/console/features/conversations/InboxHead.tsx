import { text } from "./strings";
import { isComposing } from "../../../common/keyboard";
import { canManage } from "../../shell/permissions";
import { counts } from "./counts";
import {
  choose,
  chooseOrder,
  chooseTeam,
  filter,
  order,
  ORDERS,
  status,
  STATUSES,
  view,
} from "./lists";
import { takeNext } from "./queue";
import { team } from "./team";
import { teams } from "../teams/teams";
import { Icon } from "../../ui/Icon";

/** The name of the list, its statuses and the filter. */
export function InboxHead() {
  return (
    <header class="inbox-head">
      <div class="inbox-title">
        <h2>{text.views[view.value]}</h2>
        {canManage.value && Boolean(counts.value?.unassigned.waiting) && (
          <button
            type="button"
            class="button take"
            title={text.takeHelp}
            onClick={() => void takeNext()}
          >
            {text.takeNext}
            <kbd aria-hidden="true">W</kbd>
          </button>
        )}
      </div>
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
      {(teams.value.length > 0 || team.value !== null) && (
        <select
          class="team-filter"
          aria-label={text.teamFilter}
          value={team.value ?? ""}
          onChange={({ currentTarget }) => chooseTeam(currentTarget.value || null)}
        >
          <option value="">{text.anyTeam}</option>
          {teams.value.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      <div class="inbox-tools">
        <div class="filter">
          <Icon name="search" size={16} />
          <input
            aria-label={text.filter}
            id="filter"
            type="search"
            placeholder={text.filter}
            autoComplete="off"
            dir="auto"
            value={filter.value}
            onInput={(event) => (filter.value = event.currentTarget.value)}
            onKeyDown={(event) => {
              if (isComposing(event)) return;
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
        {status.value !== "resolved" && (
          <select
            class="order"
            aria-label={text.orderLabel}
            value={order.value}
            onChange={({ currentTarget }) => {
              const chosen = ORDERS.find((name) => name === currentTarget.value);
              if (chosen) chooseOrder(chosen);
            }}
          >
            {ORDERS.map((name) => (
              <option key={name} value={name}>
                {text.orders[name]}
              </option>
            ))}
          </select>
        )}
      </div>
    </header>
  );
}
