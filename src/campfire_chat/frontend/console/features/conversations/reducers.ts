import type { EventOf, Reducers } from "../../../common/reducers";
import type { StreamEvent } from "../../../common/types";
import type { Listeners } from "../../shell/registry";
import { activityOf } from "./activity";
import { loadCounts } from "./counts";
import { putSummary } from "./inbox";
import { confirmDelivery } from "../messages/reading";
import { withEntry, type Thread } from "../messages/thread";

/** A line between the messages. What the conversation is by now, the inbox tells. */
function tell(opened: Thread, _: unknown, event: StreamEvent): void {
  const activity = activityOf(event);
  if (!activity) return;
  opened.activities.value = withEntry(opened.activities.peek(), activity.key, activity);
}

/** What the events of conversations do to an open one. */
export const ACTIVITIES: Reducers<Thread, "conversation" | "notes", "conversation"> = {
  "conversation.status_changed": tell,
  "conversation.assignee_changed": tell,
  "conversation.subject_changed": tell,
  "conversation.team_changed": tell,
  "conversation.priority_changed": tell,
  "conversation.tags_changed": tell,
  "conversation.snooze_changed": tell,
  "conversation.access_changed": tell,
  "conversation.contact_blocked": tell,
  "conversation.linked": tell,
};

/** What they do to the lists. */
export const INBOX = {
  "conversation.updated"({ data }: EventOf<"conversation.updated">) {
    putSummary(data);
    loadCounts();
    confirmDelivery(data);
  },
} satisfies Listeners;
