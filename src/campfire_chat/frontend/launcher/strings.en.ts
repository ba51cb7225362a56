/** The launcher's words. */
export const en = {
  open: "Open chat",
  close: "Close chat",
  unread: (count: number) => `Open chat, ${count} unread`,
  failed: "The chat could not be loaded. Please try again.",
  lost: 'Unknown path: call campfire("boot", {base: "/support/"})',
};

export type Strings = typeof en;
