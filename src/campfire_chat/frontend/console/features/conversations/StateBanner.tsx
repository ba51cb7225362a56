import type { ConversationSummary } from "../../../common/types";
import { moment } from "../../ui/format";
import { text } from "./strings";
import { hashOf } from "./route";
import { now } from "../../shell/clock";
import { canManage } from "../../shell/permissions";
import { setStatus } from "./changes";
import { Icon } from "../../ui/Icon";

/** What the status means for what happens next, and where the conversation goes on. */
export function StateBanner({ summary }: { summary: ConversationSummary }) {
  const { id, status, snoozed_until, continues_id, continued_in_id } = summary;
  if (status !== "resolved" && status !== "snoozed") {
    if (!continues_id) return null;
    return (
      <p class="state-banner">
        <Icon name="clock" size={16} />
        <span>{text.continuesHere}</span>
        <a class="link-button" href={hashOf(continues_id)}>
          {text.showEarlier}
        </a>
      </p>
    );
  }
  const said =
    status === "resolved"
      ? continued_in_id
        ? text.continuedHere
        : text.resolvedHere
      : snoozed_until
        ? text.snoozedHere(moment(snoozed_until, now.value))
        : text.snoozedOpenEnd;
  return (
    <p class="state-banner">
      <Icon name={status} size={16} />
      <span>{said}</span>
      {status === "resolved" && continued_in_id && (
        <a class="link-button" href={hashOf(continued_in_id)}>
          {text.showLater}
        </a>
      )}
      {canManage.value && (
        <button
          type="button"
          class="link-button"
          onClick={() => void setStatus(id, { status: "open" })}
        >
          {text.reopen}
        </button>
      )}
    </p>
  );
}
