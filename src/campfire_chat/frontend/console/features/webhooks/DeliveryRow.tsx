import { useEffect, useState } from "preact/hooks";
import type { DeliveryDetails, DeliveryRecord } from "../../../common/types";
import { now } from "../../shell/clock";
import { api, reason } from "../../shell/session";
import { fullTime, moment } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { ROW } from "./focus";
import { text } from "./strings";
import { busy, PATH, replay } from "./webhooks";

/** JSON as people read it. */
function readable(body: string): string {
  return JSON.stringify(JSON.parse(body), null, 2);
}

/** One delivery; opened, it shows what is sent and each attempt. */
export function DeliveryRow({ delivery, active }: { delivery: DeliveryRecord; active: boolean }) {
  const [open, setOpen] = useState(false);
  const { id, webhook_id, event, state, attempts, status, error, created_at, next_at } = delivery;
  return (
    <li class="delivery">
      <div class="delivery-line">
        <span class={`hook-state ${state}`}>{text.deliveryStates[state]}</span>
        <span class="hook-main">
          <code class="delivery-event">{event}</code>
          <span class="hook-facts">
            <time dateTime={created_at} title={fullTime(created_at)}>
              {moment(created_at, now.value)}
            </time>
            <span>{text.attempts(attempts)}</span>
            {status !== null && <span>{text.status(status)}</span>}
            {next_at && <span>{text.next(moment(next_at, now.value))}</span>}
            {error && <span class="hook-bad">{error}</span>}
          </span>
        </span>
        <span class="delivery-actions">
          <button
            type="button"
            class="button"
            aria-expanded={open}
            {...{ [ROW]: true }}
            onClick={() => setOpen(!open)}
          >
            <Icon name={open ? "close" : "eye"} size={16} />
            {open ? text.hide : text.show}
          </button>
          {state !== "waiting" && (
            <button
              type="button"
              class="button"
              disabled={!active || busy.value}
              onClick={() => void replay(webhook_id, id)}
            >
              <Icon name="refresh" size={16} />
              {text.replay}
            </button>
          )}
        </span>
      </div>
      {open && <Details delivery={delivery} />}
    </li>
  );
}

function Details({ delivery: { id, webhook_id, attempts } }: { delivery: DeliveryRecord }) {
  const [details, setDetails] = useState<DeliveryDetails | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    const address = [PATH, webhook_id, "deliveries", id].map(encodeURIComponent).join("/");
    api.get<DeliveryDetails>(address).then(
      (found) => current && setDetails(found),
      (error: unknown) => current && setProblem(reason(error)),
    );
    return () => void (current = false);
  }, [id, attempts]);
  return (
    <div class="delivery-details">
      {problem && <p role="alert">{text.failed.why(text.failed.log, problem)}</p>}
      {details && (
        <>
          <h3>{text.body}</h3>
          {details.body === null ? (
            <p>{text.noBody}</p>
          ) : (
            <pre tabIndex={0} aria-label={text.body}>
              {readable(details.body)}
            </pre>
          )}
          {details.log.map(({ number, at, duration_ms, status, error, response }) => (
            <section key={number}>
              <h3>{text.attempt(number)}</h3>
              <p class="hook-facts">
                <time dateTime={at}>{fullTime(at)}</time>
                <span>{text.took(duration_ms)}</span>
                {status !== null && <span>{text.status(status)}</span>}
                {error && <span class="hook-bad">{error}</span>}
              </p>
              {response && (
                <pre tabIndex={0} aria-label={text.response}>
                  {response}
                </pre>
              )}
            </section>
          ))}
        </>
      )}
    </div>
  );
}
