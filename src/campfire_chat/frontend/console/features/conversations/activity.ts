import type { EventNames } from "../../../common/reducers";
import type {
  EventMap,
  EventPage,
  Message,
  Participant,
  StreamEvent,
  Timestamp,
} from "../../../common/types";
import { moment, participantName } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { may } from "../../shell/permissions";
import { api, isMe } from "../../shell/session";
import { teamName } from "../teams/teams";

/** A line between the messages that says what somebody changed. */
export interface Activity {
  readonly key: string;
  readonly at: Timestamp;
  readonly kind: "status" | "snoozed" | "snooze" | "assignee" | "label";
  readonly body: string;
}

const { activity } = text;

const who = (actor: Participant): string => (isMe(actor) ? common.you : participantName(actor));

type Words = [kind: Activity["kind"], body: string] | null;

/** What each change is called; null when another event tells it. */
const WORDS: {
  [K in EventNames<"conversation" | "notes"> & `conversation.${string}`]: (
    data: EventMap[K],
  ) => Words;
} = {
  "conversation.status_changed"({ status, previous, actor, reason }) {
    const reopened = status === "open" && (previous === "resolved" || previous === "snoozed");
    const did = reopened ? activity.reopened(who(actor)) : activity.status[status](who(actor));
    // Events of version 1 have no reason, and those of a later one may have one not known here.
    const reasons: { [reason: string]: (what: string) => string } = activity.reasons;
    const body = (reason && reasons[reason]?.(did)) || did;
    return [status === "snoozed" ? "snoozed" : "status", body];
  },
  "conversation.assignee_changed"({ assignee, actor }) {
    if (!assignee) return ["assignee", activity.unassigned(who(actor))];
    if (actor.kind === "agent" && assignee.id === actor.id) {
      return ["assignee", activity.took(who(actor))];
    }
    const to = isMe({ kind: "agent", id: assignee.id }) ? common.you.toLowerCase() : assignee.name;
    return ["assignee", activity.assigned(who(actor), to)];
  },
  "conversation.team_changed"({ team, previous, actor }) {
    if (team) return ["label", activity.team(who(actor), teamName(team))];
    return ["label", activity.noTeam(who(actor), previous ? teamName(previous) : "")];
  },
  "conversation.priority_changed"({ priority, actor }) {
    if (!priority) return ["label", activity.noPriority(who(actor))];
    return ["label", activity.priority(who(actor), text.priorities[priority].toLowerCase())];
  },
  "conversation.tags_changed"({ tags, actor }) {
    const body = tags.length
      ? activity.tags(who(actor), tags.join(", "))
      : activity.noTags(who(actor));
    return ["label", body];
  },
  "conversation.subject_changed"({ subject, actor }) {
    const body = subject ? activity.subject(who(actor), subject) : activity.noSubject(who(actor));
    return ["label", body];
  },
  "conversation.snooze_changed"({ snoozed_until, actor }) {
    if (!snoozed_until) return null;
    return ["snooze", activity.snoozedUntil(who(actor), moment(snoozed_until, Date.now()))];
  },
  "conversation.contact_blocked"({ blocked, actor }) {
    return ["label", blocked ? activity.blocked(who(actor)) : activity.unblocked(who(actor))];
  },
  "conversation.access_changed"({ access_labels, actor }) {
    const body = access_labels.length
      ? activity.narrowed(who(actor), access_labels.join(", "))
      : activity.widened(who(actor));
    return ["label", body];
  },
  "conversation.linked": ({ continued_in_id }) => [
    "status",
    continued_in_id ? activity.continuedIn : activity.continues,
  ],
};

export function activityOf(event: StreamEvent): Activity | null {
  const words: { [K in keyof EventMap]?: (data: EventMap[K]) => Words } = WORDS;
  const found = words[event.event]?.(event.data as never);
  if (!found) return null;
  const [kind, body] = found;
  return { key: `${event.stream}:${event.seq}`, at: event.at, kind, body };
}

/** Events of one page, and pages that are worth asking for. */
const LIMIT = 100;
const PAGES = 5;

/** One stream's changes from its oldest message among `page` on; all of them without any. */
async function changes(stream: string, page: readonly Message[]): Promise<Activity[]> {
  let after = page.reduce((least, { seq }) => Math.min(least, seq), Infinity) - 1;
  if (after === Infinity) after = 0;
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
 *
 * @param whole No message comes before these: whatever was changed belongs to them.
 */
export async function loadActivities(
  id: string,
  page: readonly Message[],
  whole: boolean,
): Promise<Activity[]> {
  const part = (visibility: Message["visibility"]) =>
    whole ? [] : page.filter((message) => message.visibility === visibility);
  const results = await Promise.allSettled([
    changes(`conversation:${id}`, part("public")),
    ...(may("notes.read") ? [changes(`notes:${id}`, part("internal"))] : []),
  ]);
  const oldest = whole ? "" : page.reduce((least, { at }) => (at < least ? at : least), "9");
  return results
    .flatMap((result) => (result.status === "fulfilled" ? result.value : []))
    .filter(({ at }) => at >= oldest);
}
