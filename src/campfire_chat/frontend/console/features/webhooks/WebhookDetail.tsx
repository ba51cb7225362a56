import { useEffect } from "preact/hooks";
import type { WebhookRecord } from "../../../common/types";
import { openDialog } from "../../shell/overlay";
import { Icon, type IconName } from "../../ui/Icon";
import { ListState } from "../../ui/ListState";
import { DeliveryRow } from "./DeliveryRow";
import { FORM, REMOVE, ROTATE } from "./focus";
import { text } from "./strings";
import { WebhookFacts } from "./WebhookFacts";
import {
  busy,
  choose,
  cursor,
  deliveries,
  filter,
  FILTERS,
  loadMore,
  logPhase,
  nameOf,
  openLog,
  PAGE,
  PATH,
  problem,
  reloadLog,
  replayFailed,
  sendTest,
  setState,
} from "./webhooks";

/** Milliseconds between two looks at the log. No event tells of a delivery. */
const PERIOD = 5_000;

interface Action {
  icon: IconName;
  label: string;
  run: () => void;
  off?: boolean;
}

function actionsOf({ id, state }: WebhookRecord): Action[] {
  const off = state !== "active";
  return [
    { icon: "send", label: text.test, run: () => void sendTest(id), off },
    off
      ? { icon: "check", label: text.resume, run: () => void setState(id, "active") }
      : { icon: "pending", label: text.pause, run: () => void setState(id, "paused") },
    { icon: "refresh", label: text.replayFailed, run: () => void replayFailed(id), off },
    { icon: "lock", label: text.rotate, run: () => openDialog(ROTATE, id) },
    { icon: "edit", label: text.edit, run: () => openDialog(FORM, id) },
    { icon: "trash", label: text.remove, run: () => openDialog(REMOVE, id) },
  ];
}

/** One webhook: what it is, what can be done with it, and its log. */
export function WebhookDetail({ webhook }: { webhook: WebhookRecord }) {
  const { id, state, pause_reason } = webhook;
  useEffect(() => {
    openLog(id);
    const timer = setInterval(() => {
      // More than the first page is looked at by somebody who reads on.
      const first = deliveries.peek().length <= PAGE;
      if (document.visibilityState === "visible" && first) void reloadLog(id);
    }, PERIOD);
    return () => clearInterval(timer);
  }, [id]);
  return (
    <>
      <p class="hook-back">
        <a href={`#/${PATH}`}>
          <Icon name="back" size={16} />
          {text.back}
        </a>
      </p>
      <header class="hook-head">
        <h1>{nameOf(webhook)}</h1>
        <span class={`hook-state ${state}`}>{text.states[state]}</span>
        <WebhookFacts webhook={webhook} />
      </header>
      {pause_reason && (
        <p class="hook-paused">
          <Icon name="alert" size={16} />
          {text.reasons[pause_reason]}
        </p>
      )}
      <div class="hook-actions" role="group" aria-label={text.actions}>
        {actionsOf(webhook).map(({ icon, label, run, off }) => (
          <button
            key={label}
            type="button"
            class="button"
            disabled={off || busy.value}
            onClick={run}
          >
            <Icon name={icon} size={16} />
            {label}
          </button>
        ))}
      </div>
      <h2 class="hook-log-title">{text.log}</h2>
      <div class="segments" role="group" aria-label={text.logLabel}>
        {FILTERS.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={filter.value === name}
            onClick={() => choose(id, name)}
          >
            {text.logs[name]}
          </button>
        ))}
      </div>
      <ListState
        isLoading={false}
        loading={null}
        failed={
          logPhase.value === "failed"
            ? {
                title: text.failed.log,
                help: problem.value,
                retry: text.retry,
                onRetry: () => openLog(id),
              }
            : null
        }
        empty={logPhase.value === "ready" && !deliveries.value.length ? text.logEmpty : null}
      >
        <ul class="hook-list" data-home tabIndex={-1} aria-label={text.log}>
          {deliveries.value.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} active={state === "active"} />
          ))}
        </ul>
      </ListState>
      {cursor.value && (
        <p class="hook-more">
          <button type="button" class="button" onClick={() => void loadMore(id)}>
            {text.more}
          </button>
        </p>
      )}
    </>
  );
}
