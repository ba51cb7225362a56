export const en = {
  /** Of the catalogue, for the page that is written in it. */
  language: "en",
  product: "campfire-chat",
  title: (waiting: number, where: string) =>
    `${waiting ? `(${waiting}) ` : ""}${where} · campfire-chat`,
  viewsLabel: "Views",
  checking: "One moment…",
  shortcuts: "Keyboard shortcuts",
  palette: "Search and commands",
  paletteHint: "Search all conversations, or type a command",
  searching: "Searching…",
  searchFailed: "A part of the search has failed. There may be more than what is shown.",
  paletteCommands: "Commands",
  paletteEmpty: "No conversation or command matches.",
  paletteOffers: "Elsewhere",
  keys: {
    title: "Keyboard shortcuts",
    groups: { app: "Everywhere" },
    palette: "Search and commands",
    help: "This help",
    or: "or",
  },
  link: {
    offline: "Reconnecting… Nothing you write is lost.",
    poll: "Limited connection: updates may take a little longer.",
  },
  chunk: {
    title: "This part of the console could not be loaded",
    help: "The site may have been updated meanwhile. Your drafts are kept on this computer.",
    reload: "Reload the page",
  },
  gate: {
    signIn: "Please sign in",
    signInHelp: "The console is for your team. Sign in on this site, then come back.",
    signInAction: "Sign in",
    notAgent: "This is the team's console",
    notAgentHelp:
      "You are signed in, but not as somebody who answers visitors. " +
      "Ask an administrator of this site.",
    returnedHelp:
      "This site does not know you as somebody who answers visitors. If you have signed in, " +
      "your account may not open this console: ask an administrator of this site.",
    signedOut: "You have been signed out",
    signedOutHelp: "Your drafts are kept on this computer. Sign in again to continue.",
    unreachable: "The server cannot be reached",
    unreachableHelp: "Check your connection. This page tries again by itself.",
    reload: "Try again",
  },
  toast: {
    dismiss: "Dismiss",
  },
  preferenceFailed: (reason: string) =>
    `Your choice could not be stored. It counts until you load this page again. ${reason}`,
  skip: "Skip to the content",
};

export type Strings = typeof en;
