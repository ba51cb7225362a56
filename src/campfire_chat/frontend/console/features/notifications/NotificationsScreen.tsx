import { useEffect } from "preact/hooks";
import type { Notification } from "../../../common/types";
import { now } from "../../shell/clock";
import { toast } from "../../shell/overlay";
import { path } from "../../shell/router";
import { reason } from "../../shell/session";
import { Avatar } from "../../ui/Avatar";
import { fullTime, moment, participantName } from "../../ui/format";
import { createListFocus, useListFocus } from "../../ui/listFocus";
import { ListState } from "../../ui/ListState";
import { text as common } from "../../ui/strings";
import { hashOf } from "../conversations/route";
import { text as conversations } from "../conversations/strings";
import { shown } from "../mentions/mentions";
import { canShow, isDenied, open, permitted, sentence } from "./alerts";
import { PATH } from "./feature";
import { choose, cursor, filter, FILTERS, list, loadMore, phase, problem, renew } from "./list";
import { desktop, sound } from "./preferences";
import { text } from "./strings";
import { dealWithAll, unread } from "./unread";

const LIST = "notifications-list";
const focus = createListFocus(LIST, "data-notification");
export const moveFocus = focus.move;

/** Something has changed. */
export function touched(): void {
  if (path.peek()[0] === PATH) renew();
}

export async function markAll(): Promise<void> {
  try {
    if (!(await dealWithAll(list.peek()))) return;
    toast(text.marked);
    renew();
  } catch (error) {
    toast(common.failed.reason(text.failed.mark, reason(error)), { urgent: true });
  }
}

async function chooseDesktop(wanted: boolean): Promise<void> {
  if (wanted && !(await permitted())) toast(text.denied, { urgent: true });
  else desktop.choose(wanted);
}

function Row({ told }: { told: Notification }) {
  const { id, conversation_id, number, subject, contact_name, at, read, actor } = told;
  const about = [conversations.number(number), subject || contact_name].filter(Boolean).join(" · ");
  return (
    <li>
      <a
        class={read ? "notification" : "notification unread"}
        href={hashOf(conversation_id)}
        data-notification={id}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          open(told);
        }}
      >
        <Avatar id={actor.id} name={participantName(actor)} url={actor.avatar_url} size="small" />
        <span class="notification-said">
          <span class="notification-what">
            {!read && <span class="hidden">{text.isUnread}: </span>}
            {sentence(told)}
          </span>
          {told.text && <bdi class="notification-text">{shown(told.text)}</bdi>}
          <bdi class="notification-about">{about}</bdi>
        </span>
        <time dateTime={at} title={fullTime(at)}>
          {moment(at, now.value)}
        </time>
      </a>
    </li>
  );
}

function Switch(props: { label: string; on: boolean; choose: (on: boolean) => void }) {
  return (
    <label class="notification-switch">
      <input
        type="checkbox"
        checked={props.on}
        onChange={({ currentTarget }) => {
          props.choose(currentTarget.checked);
          // What is refused stays as it was.
          currentTarget.checked = props.on;
        }}
      />
      {props.label}
    </label>
  );
}

/** What concerns this agent, the newest first. */
export function Screen() {
  const rows = list.value;
  const marks = useListFocus(focus, rows.map(({ id }) => id));
  useEffect(renew, []);
  const settled = phase.value === "ready" || phase.value === "more";
  return (
    <main class="page notifications-page" id="screen" tabIndex={-1}>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
        <button
          type="button"
          class="button"
          disabled={!unread.value.length}
          onClick={() => void markAll()}
        >
          {text.markAll}
        </button>
      </header>
      <div class="notification-tools">
        <div class="segments" role="group" aria-label={text.which}>
          {FILTERS.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={filter.value === name}
              onClick={() => choose(name)}
            >
              {text.filters[name]}
            </button>
          ))}
        </div>
        <Switch label={text.sound} on={sound.value.value} choose={sound.choose} />
        {canShow() && (
          <Switch
            label={text.desktop}
            on={desktop.value.value && !isDenied()}
            choose={(on) => void chooseDesktop(on)}
          />
        )}
      </div>
      <ListState
        isLoading={phase.value === "loading"}
        loading={text.loading}
        failed={
          problem.value
            ? { title: text.failed.load, help: problem.value, retry: text.retry, onRetry: renew }
            : null
        }
        empty={settled && !rows.length ? text.empty[filter.value] : null}
      >
        <ul id={LIST} {...marks} data-home tabIndex={-1} aria-label={text.list}>
          {rows.map((told) => (
            <Row key={told.id} told={told} />
          ))}
        </ul>
      </ListState>
      {settled && cursor.value && (
        <p class="notification-more">
          <button
            type="button"
            class="button"
            aria-busy={phase.value === "more"}
            onClick={loadMore}
          >
            {text.more}
          </button>
        </p>
      )}
    </main>
  );
}
