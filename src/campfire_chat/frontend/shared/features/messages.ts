import type { Message } from "../types";

/**
 * What messages are by now that were changed after they were written, by their ids. A page of
 * messages that was asked for before a change may arrive after the event that tells of it.
 */
export type Changes = Map<string, Message>;

/** The records of a page as they are by now. */
export const present = (changes: Changes, records: readonly Message[]): Message[] =>
  records.map((record) => changes.get(record.id) ?? record);
