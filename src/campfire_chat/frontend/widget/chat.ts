/**
 * The one chat of the page: what is shown, and on whose behalf. The modules beside this one keep
 * the rest, by subject: `visit`, `line`, `rooms`, `marks` and `sending`.
 */
import type { ApiError } from "../common/api";
import type { Participant } from "../common/types";
import type { Host } from "./host";
import { createSession, type Session } from "./session";
import { newState, type Listed, type State } from "./state";

export const state: State = newState();
export let host: Host;
export let session: Session;
/** Tells the renderer that the state may look different. */
export let changed: () => void;

/** @param onDoubt See `createSession`. */
export function setChat(owner: Host, render: () => void, onDoubt: () => Promise<boolean>): void {
  host = owner;
  changed = render;
  session = createSession(owner, onDoubt);
  Object.assign(state, newState());
}

/** Changes what is shown. */
export function show(change: Partial<State>): void {
  Object.assign(state, change);
  changed();
}

export const isMine = (participant: Participant): boolean => participant.id === state.me;

export const roomOf = (id?: string): Listed | undefined =>
  state.rooms.find((room) => room.key === id);

/** The longest pause between two tries to load something, in milliseconds. */
const PAUSE = 30_000;

let failures = 0;

/** Something could be loaded. */
export const succeeded = () => void (failures = 0);

/** Repeats what has failed, unless for good, after a pause that grows with every failure. */
export function again({ final, retryAfter }: ApiError, what: () => unknown): void {
  if (final) return;
  const pause = Math.min(PAUSE, 1000 * 2 ** failures++);
  setTimeout(what, 1000 * (retryAfter || 0) + pause * (0.5 + Math.random() / 2));
}
