import type { WebhookRecord } from "../../../common/types";
import { ROW } from "./focus";
import { text } from "./strings";
import { addressOf, nameOf } from "./webhooks";
import { WebhookFacts } from "./WebhookFacts";

/** One webhook in the list; the whole row leads to it. */
export function WebhookRow({ webhook }: { webhook: WebhookRecord }) {
  return (
    <li>
      <a class="hook" href={addressOf(webhook.id)} {...{ [ROW]: true }}>
        <span class={`hook-state ${webhook.state}`}>{text.states[webhook.state]}</span>
        <span class="hook-main">
          <span class="hook-name">{nameOf(webhook)}</span>
          <WebhookFacts webhook={webhook} />
        </span>
      </a>
    </li>
  );
}
