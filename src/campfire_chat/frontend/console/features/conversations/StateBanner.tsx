import type { ConversationSummary } from "../../../common/types";
import { moment } from "../../ui/format";
import { text } from "./strings";
import { now } from "../../shell/clock";
import { canManage } from "../../shell/permissions";
import { setStatus } from "./changes";
import { Icon } from "../../ui/Icon";

/** What the status means for what happens next. */
export function StateBanner({ summary }: { summary: ConversationSummary }) {
  const { id, status, snoozed_until } = summary;
  if (status !== "resolved" && status !== "snoozed") return null;
  const said =
    status === "resolved"
      ? text.resolvedHere
      : snoozed_until
        ? text.snoozedHere(moment(snoozed_until, now.value))
        : text.snoozedOpenEnd;
  return (
    <p class="state-banner">
      <Icon name={status} size={16} />
      <span>{said}</span>
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
