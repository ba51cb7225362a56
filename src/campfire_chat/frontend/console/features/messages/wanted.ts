import { signal } from "@preact/signals";
import { announce, toast } from "../../shell/overlay";
import { participantName } from "../../ui/format";
import { go } from "../conversations/route";
import { bringIntoSight, focusThread } from "./focus";
import { said } from "./said";
import { text } from "./strings";
import { loadOlder, type Thread } from "./thread";

/** Messages that are loaded at most to reach one that was found. */
const MOST_LOADED = 3000;
const PAGE = 100;

interface Wanted {
  readonly conversation: string;
  readonly message: string;
  /** Whether the thread gets the focus with it. */
  readonly focus: boolean;
}

const wanted = signal<Wanted | null>(null);

/** Opens a conversation at one of its messages. */
export function goToMessage(conversation: string, message: string): void {
  wanted.value = { conversation, message, focus: true };
  go(conversation);
}

/** Brings a message of the open conversation into sight; the focus stays where it is. */
export function showMessage(conversation: string, message: string): void {
  wanted.value = { conversation, message, focus: false };
}

/** The message of this conversation that is to be shown; null when there is none, or it is shown. */
export const wantedIn = (conversation: string): string | null =>
  wanted.value?.conversation === conversation ? wanted.value.message : null;

/** It is shown, or it is not to be shown any more. */
export function forgetWanted(conversation: string): void {
  if (wanted.peek()?.conversation === conversation) wanted.value = null;
}

/**
 * Shows the message that is wanted if it is loaded, or loads what comes before. To be called again
 * when more has been loaded.
 *
 * @returns Whether the message was brought into sight.
 */
export function showWanted(opened: Thread): boolean {
  const id = wantedIn(opened.id);
  if (id === null || opened.phase.peek() !== "ready") return false;
  const messages = opened.messages.peek();
  const message = messages.get(id);
  if (message) {
    if (wanted.peek()?.focus) focusThread();
    forgetWanted(opened.id);
    bringIntoSight(id);
    const words = message.deleted_at ? text.deleted : said(message);
    announce(text.shown(participantName(message.sender), words));
    return true;
  }
  if (opened.loadingOlder.peek()) return false;
  if (opened.cursor.peek() === null || messages.size >= MOST_LOADED) {
    forgetWanted(opened.id);
    toast(opened.cursor.peek() === null ? text.gone : text.tooFar);
    return false;
  }
  void loadOlder(PAGE).then((loaded) => {
    // Why it failed was told.
    if (!loaded) forgetWanted(opened.id);
  });
  return false;
}
