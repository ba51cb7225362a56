import type { WebhookRecord } from "../../../common/types";
import { now } from "../../shell/clock";
import { moment } from "../../ui/format";
import { text } from "./strings";

/** What a webhook sends, and what is wrong with it. */
export function WebhookFacts({ webhook }: { webhook: WebhookRecord }) {
  const { url, description, events, text: choice, failing_since, old_secret_until } = webhook;
  return (
    <span class="hook-facts">
      {description && <span class="hook-url">{url}</span>}
      <span>{events ? text.events(events.length) : text.allEvents}</span>
      <span>{text.texts[choice]}</span>
      {old_secret_until && <span>{text.oldSecret(moment(old_secret_until, now.value))}</span>}
      {failing_since && (
        <span class="hook-bad">{text.failing(moment(failing_since, now.value))}</span>
      )}
    </span>
  );
}
