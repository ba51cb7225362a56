export const en = {
  title: "What happened",
  titleOf: (number: number) => `What happened in #${number}`,
  help: "Everything that was done to this conversation, the latest first.",
  list: "What happened, the latest first",
  open: "What happened",
  wrote: (who: string) => `${who} wrote a message`,
  noted: (who: string) => `${who} wrote a note`,
  edited: (who: string) => `${who} edited a message`,
  editedNote: (who: string) => `${who} edited a note`,
  redacted: (who: string, author: string) =>
    `${who} removed text from a message by ${author} for good`,
  redactedNote: (who: string, author: string) =>
    `${who} removed text from a note by ${author} for good`,
  deleted: (author: string) => `A message by ${author} was deleted`,
  deletedNote: (author: string) => `A note by ${author} was deleted`,
  deletedBy: (who: string, author: string) => `${who} deleted a message by ${author}`,
  deletedNoteBy: (who: string, author: string) => `${who} deleted a note by ${author}`,
  deletedOwn: (who: string) => `${who} deleted their message`,
  deletedOwnNote: (who: string) => `${who} deleted their note`,
  more: "Show earlier",
  loading: "Loading",
  close: "Close",
  retry: "Try again",
  failed: (reason: string) => `What happened could not be loaded. ${reason}`,
};

export type Strings = typeof en;
