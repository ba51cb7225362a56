import type { AgentConversation, ConversationSummary, Page } from "../../../common/types";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import type { Command, Finder } from "../../shell/registry";
import { screen } from "../../shell/router";
import { canManage, may } from "../../shell/permissions";
import { api } from "../../shell/session";
import { openMenu, toast } from "../../shell/overlay";
import { contactName, plain } from "../../ui/format";
import { goToContact } from "../contacts/route";
import { focusComposer, modes } from "../messages/composer";
import { assignTo, assignToMe, summaryOf, toggleResolved } from "./changes";
import { mayFollow } from "./transitions";
import { toggleDetails } from "./details";
import { showArrived } from "./held";
import { haystack, rows } from "./inbox";
import { chooseOrder, ORDERS, showList, showTeam, status, STATUSES, view, VIEWS } from "./lists";
import { takeNext } from "./queue";
import { team } from "./team";
import { found, mayFind } from "../search/asking";
import { startFinding } from "../search/inThread";
import { teams } from "../teams/teams";
import { go, openId, PATH } from "./route";

async function copyNumber(number: number): Promise<void> {
  try {
    await navigator.clipboard.writeText(text.number(number));
    toast(text.numberCopied(number));
  } catch {
    toast(text.notCopied);
  }
}

/** What can be done with the open conversation. */
function ofConversation(id: string): Command[] {
  const summary = summaryOf(id);
  if (!summary) return [];
  const resolved = summary.status === "resolved";
  const menus = ["assign", "status", "snooze", "priority", "team", "tags"] as const;
  const labels = {
    assign: text.assignTo,
    status: text.chooseStatus,
    snooze: text.snoozeUntil,
    priority: text.setPriority,
    team: text.setTeam,
    tags: text.chooseTags,
  };
  const hints = { reply: "R", note: "N" };
  const writing = modes.value.map((mode) => ({
    key: mode,
    label: text.keys[mode],
    hint: hints[mode],
    run: () => focusComposer(mode),
  }));
  const copy = {
    key: "copy-number",
    label: text.copyNumber(summary.number),
    run: () => void copyNumber(summary.number),
  };
  const details = { key: "details", label: text.keys.details, hint: "D", run: toggleDetails };
  const contact = may("contacts.read")
    ? [
        {
          key: "contact",
          label: text.keys.contact,
          hint: "C",
          run: () => goToContact(summary.contact.id),
        },
      ]
    : [];
  const find = { key: "find", label: text.keys.findHere, hint: "F", run: startFinding };
  const reading = [copy, ...(mayFind() ? [find] : []), details, ...contact];
  if (!canManage.value) return [...writing, ...reading];
  return [
    ...writing,
    {
      key: "resolve",
      label: resolved ? text.reopen : text.resolve,
      hint: "E",
      run: () => toggleResolved(id),
    },
    { key: "assign-me", label: text.keys.assignMe, hint: "I", run: () => assignToMe(id) },
    ...menus
      .filter((kind) => kind !== "team" || may("teams.read"))
      .filter((kind) => kind !== "snooze" || mayFollow("snoozed", summary.status))
      .map((kind) => ({ key: kind, label: labels[kind], run: () => openMenu(kind) })),
    { key: "unassign", label: text.unassign, run: () => assignTo(id, null) },
    ...reading,
  ];
}

/** What can be done with what is open. */
export const inboxCommands = (): Command[] => (openId.value ? ofConversation(openId.value) : []);

/** What leads to a list, from everywhere, and what is done with it. */
export const commands = (): Command[] => [
  ...(canManage.value
    ? [{ key: "take", label: text.keys.take, hint: "W", run: () => void takeNext() }]
    : []),
  ...VIEWS.map((name) => ({
    key: `view:${name}`,
    label: common.go(text.views[name]),
    run: () => showList(name, status.peek()),
  })),
  ...STATUSES.map((name) => ({
    key: `status:${name}`,
    label: text.show(text.status[name]),
    run: () => showList(view.peek(), name),
  })),
  ...teams.value.map(({ id, name }) => ({
    key: `team:${id}`,
    label: text.showTeam(name),
    run: () => showTeam(id),
  })),
  ...(team.value ? [{ key: "team:", label: text.showAnyTeam, run: () => showTeam(null) }] : []),
  ...(screen.value?.path === PATH ? ofList() : []),
];

const ofList = (): Command[] => [
  ...ORDERS.map((name) => ({
    key: `order:${name}`,
    label: text.sortBy(text.orders[name]),
    run: () => chooseOrder(name),
  })),
  { key: "refresh", label: text.refresh, run: showArrived },
];

const MOST = 8;

const commandOf = ({
  id,
  number,
  contact,
  subject,
  last_message,
}: Pick<ConversationSummary, "id" | "number" | "contact" | "subject"> &
  Partial<ConversationSummary>): Command => ({
  key: id,
  label: contactName(contact),
  hint: [text.number(number), subject ?? last_message?.text].filter(Boolean).join(" · "),
  run: () => go(id),
});

/** The number that is typed, such as `1042` or `#1042`; null for anything else. */
function numberOf(typed: string): number | null {
  const found = /^#?(\d{1,15})$/.exec(typed.trim());
  return found ? Number(found[1]) || null : null;
}

/** Conversations that the server finds: the one with the number first, then by their words. */
async function search(typed: string, signal: AbortSignal): Promise<Command[]> {
  const number = numberOf(typed);
  const [meant, hits] = await Promise.all([
    number !== null && may("inbox.read")
      ? api.get<Page<AgentConversation>>("conversations", { number }, signal)
      : null,
    found(typed, ["conversations"], MOST, signal),
  ]);
  const all = [...(meant?.items ?? []), ...hits.map(({ conversation }) => conversation)];
  const known = new Map(all.map((item) => [item.id, commandOf(item)]));
  return [...known.values()].slice(0, MOST);
}

/**
 * Loaded conversations that hold every word. Of a number only the conversation that has it: what
 * else holds it the server finds, below the conversation with the number, which need not be loaded.
 */
function find(typed: string): Command[] {
  const meant = numberOf(typed);
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const loaded = [...rows.value.values()].filter(({ summary }) => {
    if (meant !== null) return summary.number === meant;
    const hay = haystack(summary);
    return words.every((word) => hay.includes(word));
  });
  loaded.sort((a, b) => (a.summary.last_activity_at < b.summary.last_activity_at ? 1 : -1));
  return loaded.slice(0, MOST).map(({ summary }) => commandOf(summary));
}

export const FINDER: Finder = {
  title: text.paletteConversations,
  more: text.paletteMoreConversations,
  find,
  search,
};
