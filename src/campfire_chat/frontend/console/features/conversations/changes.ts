import type {
  AgentConversation,
  ConversationChange,
  ConversationSummary,
  Status,
} from "../../../common/types";
import { ApiError } from "../../../common/api";
import { moment } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { api, me, reason } from "../../shell/session";
import { mayFollow } from "./transitions";
import { following, isListed, putBack } from "./held";
import { preview, putConversation, rows } from "./inbox";
import { toast } from "../../shell/overlay";
import { go, openId } from "./route";
import { agents } from "../agents/team";
import { teams } from "../teams/teams";

export const summaryOf = (id: string | null): ConversationSummary | null =>
  (id && rows.value.get(id)?.summary) || null;

function teamAsShown(id: string | null | undefined): Partial<ConversationSummary> {
  if (id === undefined) return {};
  const team = teams.peek().find((one) => one.id === id);
  if (!team) return id === null ? { team: null } : {};
  return { team: { id: team.id, name: team.name } };
}

function asShown(change: ConversationChange): Partial<ConversationSummary> {
  const { assignee_id, team_id, ...rest } = change;
  const same = { ...rest, ...teamAsShown(team_id) };
  if (assignee_id === undefined) return same;
  if (assignee_id === null) return { ...same, assignee: null };
  const agent = agents.peek().find(({ id }) => id === assignee_id);
  const self = me.peek();
  const found = agent ?? (self?.id === assignee_id ? self : null);
  if (!found) return same;
  const assignee = { id: found.id, name: found.name ?? found.id, avatar_url: found.avatar_url };
  return { ...same, assignee };
}

/** The last change of each conversation that is still on its way. */
const underWay = new Map<string, Promise<AgentConversation>>();

let firstDone = async (_id: string): Promise<void> => undefined;

/** What is done in a conversation before its status changes. */
export function beforeStatus(work: (id: string) => Promise<void>): void {
  firstDone = work;
}

/** Sends a change after those before it, so that of two the later one counts. */
function send(id: string, body: ConversationChange): Promise<AgentConversation> {
  const request = async () => {
    if (body.status) await firstDone(id);
    return api.request<AgentConversation>("PATCH", `conversations/${id}`, { body });
  };
  // Whoever made a change that is refused is told of it: the next one is sent all the same.
  const sent = underWay.get(id)?.then(request, request) ?? request();
  underWay.set(id, sent);
  const ended = () => void (underWay.get(id) === sent && underWay.delete(id));
  sent.then(ended, ended);
  return sent;
}

const isFinal = (error: unknown): boolean =>
  error instanceof ApiError && error.code === "impossible_transition";

/** Shows the change at once and takes it back when the server refuses it. */
export async function changeConversation(
  id: string,
  change: ConversationChange,
): Promise<boolean> {
  const shown = preview(id, asShown(change));
  try {
    const changed = await send(id, change);
    shown.confirm();
    putConversation(changed);
    return true;
  } catch (error) {
    shown.takeBack();
    const again = { label: common.retry, run: () => void changeConversation(id, change) };
    toast(common.failed.reason(text.failed.change, reason(error)), {
      urgent: true,
      // What the present status forbids stays forbidden until somebody changes it.
      ...(isFinal(error) ? {} : { action: again }),
    });
    return false;
  }
}

/** As it was, for the undo of a toast: one change after the other. */
function back({ status, snoozed_until }: ConversationSummary, now: Status): ConversationChange[] {
  const change = status === "snoozed" && snoozed_until ? { status, snoozed_until } : { status };
  return mayFollow(status, now) ? [change] : [{ status: "open" }, change];
}

/**
 * Does what is given, and when the open conversation leaves the list by it, the one below comes,
 * or else the one above.
 */
export function moveOnAfter<T>(id: string, act: () => T): T {
  const next = openId.peek() === id && isListed(id) ? following(id) : id;
  const result = act();
  if (openId.peek() === id && next !== id && !isListed(id)) go(next);
  return result;
}

/** Also of a conversation that no list has loaded, which has no undo. */
export async function setStatus(
  id: string,
  change: ConversationChange & { status: Status },
): Promise<void> {
  const before = summaryOf(id);
  if (before?.status === change.status && change.status !== "snoozed") return;
  const changing = () => changeConversation(id, change);
  // Who reopens a conversation goes on with it.
  const changed = change.status === "open" ? changing() : moveOnAfter(id, changing);
  if (!(await changed)) return;
  const options = before
    ? {
        action: {
          label: text.undo,
          run: () => {
            putBack(id);
            for (const step of back(before, change.status)) void changeConversation(id, step);
            go(id);
          },
        },
      }
    : {};
  if (change.status === "resolved") toast(text.toast.resolved, options);
  if (change.status === "snoozed") {
    const body = change.snoozed_until
      ? text.toast.snoozed(moment(change.snoozed_until, Date.now()))
      : text.toast.snoozedOpenEnd;
    toast(body, options);
  }
}

export function toggleResolved(id: string): void {
  const summary = summaryOf(id);
  if (summary) void setStatus(id, { status: summary.status === "resolved" ? "open" : "resolved" });
}

export function assignTo(id: string, agentId: string | null): void {
  const summary = summaryOf(id);
  if (!summary || (summary.assignee?.id ?? null) === agentId) return;
  void changeConversation(id, { assignee_id: agentId });
}

export function giveToTeam(id: string, teamId: string | null): void {
  const summary = summaryOf(id);
  if (!summary || (summary.team?.id ?? null) === teamId) return;
  void changeConversation(id, { team_id: teamId });
}

export function assignToMe(id: string): void {
  const self = me.peek();
  if (self) assignTo(id, self.id);
}

export function toggleTag(id: string, tag: string): void {
  const summary = summaryOf(id);
  if (!summary) return;
  const tags = summary.tags.includes(tag)
    ? summary.tags.filter((other) => other !== tag)
    : [...summary.tags, tag];
  void changeConversation(id, { tags });
}
