import type { AgentConversation, Availability, ConversationSummary, Page } from "../../shared/types";
import { contactName, plain } from "../format";
import { text } from "../messages";
import { chooseTheme } from "./appearance";
import { focusComposer } from "./composer";
import { api, canWrite } from "./core";
import { assignTo, assignToMe, summaryOf, toggleResolved } from "./desk";
import { toggleDetails } from "./details";
import { showArrived } from "./held";
import { haystack, rows } from "./inbox";
import { choose, chooseOrder, ORDERS, STATUSES, view, VIEWS } from "./lists";
import { helpOpen, openMenu } from "./overlay";
import { takeNext } from "./queue";
import { go, openId } from "./route";
import { chooseAvailability } from "./team";

export interface Command {
  readonly key: string;
  readonly label: string;
  readonly hint?: string;
  readonly run: () => void;
}

const AVAILABILITIES: readonly Availability[] = ["online", "away", "busy", "offline"];

function conversationCommands(id: string): Command[] {
  const summary = summaryOf(id);
  if (!summary || !canWrite.value) return [];
  const resolved = summary.status === "resolved";
  const menus = ["assign", "status", "snooze", "priority", "tags"] as const;
  const labels = {
    assign: text.assignTo,
    status: text.chooseStatus,
    snooze: text.snoozeUntil,
    priority: text.setPriority,
    tags: text.chooseTags,
  };
  return [
    { key: "reply", label: text.keys.reply, hint: "R", run: () => focusComposer("reply") },
    { key: "note", label: text.keys.note, hint: "N", run: () => focusComposer("note") },
    {
      key: "resolve",
      label: resolved ? text.reopen : text.resolve,
      hint: "E",
      run: () => toggleResolved(id),
    },
    { key: "assign-me", label: text.keys.assignMe, hint: "I", run: () => assignToMe(id) },
    ...menus.map((kind) => ({ key: kind, label: labels[kind], run: () => openMenu(kind) })),
    { key: "unassign", label: text.unassign, run: () => assignTo(id, null) },
    { key: "details", label: text.keys.details, hint: "D", run: toggleDetails },
  ];
}

/** Everything the palette can do right now. */
export function commands(): Command[] {
  const id = openId.value;
  const list = [
    ...(id ? conversationCommands(id) : []),
    ...(canWrite.value
      ? [{ key: "take", label: text.keys.take, hint: "W", run: () => void takeNext() }]
      : []),
    ...VIEWS.map((name) => ({
      key: `view:${name}`,
      label: text.go(text.views[name]),
      run: () => choose(name),
    })),
    ...STATUSES.map((name) => ({
      key: `status:${name}`,
      label: text.show(text.status[name]),
      run: () => choose(view.peek(), name),
    })),
    ...ORDERS.map((name) => ({
      key: `order:${name}`,
      label: text.sortBy(text.orders[name]),
      run: () => chooseOrder(name),
    })),
    { key: "refresh", label: text.refresh, run: showArrived },
    ...AVAILABILITIES.map((name) => ({
      key: `be:${name}`,
      label: text.be(text.availability[name]),
      run: () => void chooseAvailability(name),
    })),
    ...(["light", "dark", "system"] as const).map((name) => ({
      key: `theme:${name}`,
      label: `${text.theme.label}: ${text.theme[name]}`,
      run: () => chooseTheme(name),
    })),
    { key: "help", label: text.shortcuts, hint: "?", run: () => (helpOpen.value = true) },
  ];
  return list;
}

const MOST = 8;
/** With fewer letters the server finds too much. */
const FEWEST_LETTERS = 2;

const commandOf = ({ id, contact, subject, last_message }: ConversationSummary): Command => ({
  key: id,
  label: contactName(contact),
  hint: subject ?? last_message?.text ?? "",
  run: () => go(id),
});

/** Conversations that the server finds: by contact, subject or the beginning of the id. */
export async function searchConversations(
  typed: string,
  signal: AbortSignal,
): Promise<Command[]> {
  const wanted = typed.trim();
  if ([...wanted].length < FEWEST_LETTERS) return [];
  const { items } = await api.get<Page<AgentConversation>>(
    "conversations/search",
    { text: wanted, limit: MOST },
    signal,
  );
  return items.map(commandOf);
}

/** Loaded conversations that hold every word. */
export function findConversations(typed: string): Command[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const found = [...rows.value.values()].filter(({ summary }) => {
    const hay = haystack(summary);
    return words.every((word) => hay.includes(word));
  });
  found.sort((a, b) => (a.summary.last_activity_at < b.summary.last_activity_at ? 1 : -1));
  return found.slice(0, MOST).map(({ summary }) => commandOf(summary));
}
