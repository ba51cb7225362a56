import type { EventPage, Message, Participant, StreamEvent, Timestamp } from "../../shared/types";
import { moment, participantName } from "../format";
import { text } from "../messages";
import { api, isMe } from "./core";

/** A line between the messages that says what somebody changed. */
export interface Activity {
  readonly key: string;
  readonly at: Timestamp;
  readonly kind: "status" | "snoozed" | "snooze" | "assignee" | "label";
  readonly body: string;
}

const who = (actor: Participant): string => (isMe(actor) ? text.you : participantName(actor));

function words(event: StreamEvent): [kind: Activity["kind"], body: string] | null {
  const { activity } = text;
  switch (event.event) {
    case "conversation.status_changed": {
      const { status, previous, actor } = event.data;
      const reopened = status === "open" && (previous === "resolved" || previous === "snoozed");
      const body = reopened ? activity.reopened(who(actor)) : activity.status[status](who(actor));
      return [status === "snoozed" ? "snoozed" : "status", body];
    }
    case "conversation.assignee_changed": {
      const { assignee, actor } = event.data;
      if (!assignee) return ["assignee", activity.unassigned(who(actor))];
      if (actor.kind === "agent" && assignee.id === actor.id) {
        return ["assignee", activity.took(who(actor))];
      }
      const to = isMe({ kind: "agent", id: assignee.id }) ? text.you.toLowerCase() : assignee.name;
      return ["assignee", activity.assigned(who(actor), to)];
    }
    case "conversation.priority_changed": {
      const { priority, actor } = event.data;
      if (!priority) return ["label", activity.noPriority(who(actor))];
      return ["label", activity.priority(who(actor), text.priorities[priority].toLowerCase())];
    }
    case "conversation.tags_changed": {
      const { tags, actor } = event.data;
      const body = tags.length
        ? activity.tags(who(actor), tags.join(", "))
        : activity.noTags(who(actor));
      return ["label", body];
    }
    case "conversation.subject_changed": {
      const { subject, actor } = event.data;
      const body = subject
        ? activity.subject(who(actor), subject)
        : activity.noSubject(who(actor));
      return ["label", body];
    }
    case "conversation.snooze_changed": {
      const { snoozed_until, actor } = event.data;
      if (!snoozed_until) return null;
      return ["snooze", activity.snoozedUntil(who(actor), moment(snoozed_until, Date.now()))];
    }
    default:
      return null;
  }
}

export function activityOf(event: StreamEvent): Activity | null {
  const found = words(event);
  if (!found) return null;
  const [kind, body] = found;
  return { key: `${event.stream}:${event.seq}`, at: event.at, kind, body };
}

/** Events of one page, and pages that are worth asking for. */
const LIMIT = 100;
const PAGES = 5;

/** One stream's changes from its oldest message among `page` on. */
async function changes(stream: string, page: readonly Message[]): Promise<Activity[]> {
  const seqs = page.map(({ seq }) => seq);
  let after = seqs.length ? Math.max(0, Math.min(...seqs) - 1) : 0;
  const found: Activity[] = [];
  for (let turn = 0; turn < PAGES; turn++) {
    const replay = await api.get<EventPage>(`streams/${encodeURIComponent(stream)}/events`, {
      after,
      limit: LIMIT,
    });
    for (const event of replay.events) {
      const activity = activityOf(event);
      if (activity) found.push(activity);
      after = event.seq;
    }
    if (!replay.more || !replay.events.length) break;
  }
  return found;
}

/**
 * What was changed while these messages were written, from the event log: the lines are there
 * after a reload as well. The thread is complete without them, so a failure is not an error.
 */
export async function loadActivities(id: string, page: readonly Message[]): Promise<Activity[]> {
  const part = (visibility: Message["visibility"]) =>
    page.filter((message) => message.visibility === visibility);
  const results = await Promise.allSettled([
    changes(`conversation:${id}`, part("public")),
    changes(`notes:${id}`, part("internal")),
  ]);
  const oldest = page.reduce((least, { at }) => (at < least ? at : least), "9");
  return results
    .flatMap((result) => (result.status === "fulfilled" ? result.value : []))
    .filter(({ at }) => at >= oldest);
}
