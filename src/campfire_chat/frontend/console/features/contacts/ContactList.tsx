import { useEffect } from "preact/hooks";
import { menuOpenIn, toggleMenu } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";
import { useListFocus } from "../../ui/listFocus";
import { ListState } from "../../ui/ListState";
import { SearchField } from "../../ui/SearchField";
import { AttributeFilter } from "./AttributeFilter";
import { loadAttributes } from "./attributes";
import { columnName, shownColumns } from "./columns";
import { ContactRow } from "./ContactRow";
import {
  chooseList,
  contacts,
  cursor,
  followTyping,
  kind,
  KINDS,
  loadMore,
  narrowing,
  order,
  ORDERS,
  phase,
  problem,
  renew,
  typed,
} from "./contacts";
import { COLUMNS_MENU, focus, LIST, moveFocus, SEARCH } from "./focus";
import { text } from "./strings";

/** Everybody, as searched, narrowed and sorted. */
export function ContactList() {
  const shown = contacts.value;
  const list = useListFocus(focus, shown.map(({ id }) => id));
  useEffect(() => {
    void renew();
    void loadAttributes();
    return followTyping();
  }, []);
  const settled = phase.value !== "loading" && phase.value !== "failed";
  const empty = settled && !shown.length && !cursor.value;
  return (
    <>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
      </header>
      <div class="contact-tools">
        <SearchField
          id={SEARCH}
          label={text.search}
          typed={typed}
          onDown={(event) => moveFocus(1, event)}
        />
        <select
          class="order"
          aria-label={text.show}
          value={kind.value}
          onChange={({ currentTarget }) =>
            chooseList({ kind: KINDS.find((name) => name === currentTarget.value) })
          }
        >
          {KINDS.map((name) => (
            <option key={name} value={name}>
              {text.kinds[name]}
            </option>
          ))}
        </select>
        <select
          class="order"
          aria-label={text.sort}
          value={order.value}
          onChange={({ currentTarget }) =>
            chooseList({ order: ORDERS.find((name) => name === currentTarget.value) })
          }
        >
          {ORDERS.map((name) => (
            <option key={name} value={name}>
              {text.orders[name]}
            </option>
          ))}
        </select>
        <AttributeFilter />
        <button
          type="button"
          class="button"
          data-menu={COLUMNS_MENU}
          aria-haspopup="listbox"
          aria-expanded={menuOpenIn(COLUMNS_MENU, ".contact-tools")}
          onClick={(event) => toggleMenu(COLUMNS_MENU, event.currentTarget)}
        >
          <Icon name="sliders" size={16} />
          {text.columns}
        </button>
      </div>
      <p class="hidden" role="status">
        {settled && text.found(shown.length, cursor.value !== null)}
      </p>
      <ListState
        isLoading={phase.value === "loading"}
        loading={shown.length ? null : text.loading}
        failed={
          problem.value
            ? {
                title: text.failed.load,
                help: problem.value,
                retry: text.retry,
                onRetry: () => void renew(),
              }
            : null
        }
        empty={empty ? text.empty[narrowing() ?? "none"] : null}
      >
        <div class="contact-table" style={{ "--columns": String(shownColumns.value.length) }}>
          {shown.length > 0 && (
            <p class="contact-heads" aria-hidden="true">
              <span>{text.name}</span>
              {shownColumns.value.map((name) => (
                <span key={name} data-column={name}>
                  {columnName(name)}
                </span>
              ))}
            </p>
          )}
          <ul
            id={LIST}
            {...list}
            data-home
            tabIndex={-1}
            aria-label={text.list}
            aria-busy={phase.value === "loading"}
          >
            {shown.map((contact) => (
              <ContactRow key={contact.id} contact={contact} />
            ))}
          </ul>
        </div>
      </ListState>
      {settled && cursor.value && (
        <p class="contact-more">
          <button
            type="button"
            class="button"
            aria-busy={phase.value === "more"}
            onClick={loadMore}
          >
            {shown.length ? text.more : text.further}
          </button>
        </p>
      )}
    </>
  );
}
