/** The connection to the server, and what it says besides the streams. */
import { createConnection, type Connection } from "../common/connection";
import type { Availability } from "../common/types";
import { changed, host, isMine, roomOf, session, show, state } from "./chat";
import { markTo, settle } from "./marks";
import { showTyping } from "./rooms";
import { received } from "./state";

/** Null until the server has said who the visitor is. */
export let connection: Connection | null = null;
let timer = 0;

/** Milliseconds without a connection before anything is said of it. */
const CALM = 2500;

/** Who of the team is there. */
export function learnTeam(availability: Availability): void {
  if (availability !== state.availability) host.emit("availability", availability);
  state.availability = availability;
}

/**
 * @param refreshToken See `ConnectionOptions`.
 * @param missed The connection is back, and the panel is open.
 */
export function openLine(refreshToken: () => Promise<boolean>, missed: () => void): void {
  let wasOffline = false;
  const line = (connection = createConnection({
    api: session.api,
    token: session.token,
    onToken: session.keep,
    refreshToken,
    signedIn: session.bySession,
    client: { name: "widget", version: "1" },
  }));
  line.on("state", (next) => {
    // What was told over a broken connection may not have arrived.
    for (const room of state.rooms) room.told = "";
    wasOffline ||= next === "offline";
    state.connection = next;
    notice(next === "connecting" || next === "offline");
    settle();
  });
  line.on("welcome", ({ limits }) => {
    state.bodyLimit = limits.body_characters;
    // Meanwhile the team may have gone home, and another tab may have begun a conversation.
    if (wasOffline && state.open) missed();
    wasOffline = false;
  });
  line.on("typing", ({ conversation_id, participant, active }) => {
    const room = roomOf(conversation_id);
    if (room && !isMine(participant)) showTyping(room, active ? participant : null);
  });
  line.on("receipt", (receipt) => {
    const room = roomOf(receipt.conversation_id);
    if (!room) return;
    if (!isMine(receipt.participant)) received(room, receipt);
    // Read in another tab.
    else markTo(room, receipt.read);
    settle();
  });
  line.on("presence", ({ conversation_id, participant, availability }) => {
    if (!availability) return;
    const info = roomOf(conversation_id)?.info;
    if (participant.id === "team" && participant.kind === "system") learnTeam(availability);
    else if (info?.assignee?.id === participant.id) info.assignee_availability = availability;
    changed();
  });
  line.start();
}

/** Says that there is no connection once that has lasted; a moment of it is nobody's concern. */
function notice(broken: boolean): void {
  if (broken) {
    timer ||= setTimeout(() => show({ trouble: true }), CALM);
    return;
  }
  clearTimeout(timer);
  timer = 0;
  state.trouble = false;
}

/** The visitor is another one. */
export function closeLine(): void {
  connection?.stop();
  connection = null;
  notice(false);
}
