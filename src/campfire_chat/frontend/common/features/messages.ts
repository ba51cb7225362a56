import type { Message } from "../types";

/**
 * What messages are by now that were changed after they were written, by their ids. A page of
 * messages that was asked for before a change may arrive after the event that tells of it.
 */
export type Changes = Map<string, Message>;

/** The records by their ids, as they are by now. */
export const byId = (changes: Changes, records: readonly Message[]): Map<string, Message> =>
  new Map(records.map((record) => [record.id, changes.get(record.id) ?? record]));
