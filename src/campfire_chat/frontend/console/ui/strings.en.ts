export const en = {
  somebody: "Somebody",
  visitor: "Visitor",
  you: "You",
  retry: "Try again",
  close: "Close",
  loading: "Loading",
  today: "Today",
  yesterday: "Yesterday",
  system: "campfire-chat",
  setStatus: "Status",
  noMatch: "Nothing matches",
  availability: { online: "Online", away: "Away", busy: "Busy", offline: "Offline" },
  theme: { label: "Appearance", light: "Light", dark: "Dark", system: "Same as the system" },
  go: (view: string) => `Go to ${view}`,
  failed: {
    reason: (what: string, why: string) => `${what} ${why}`,
  },
};

export type Strings = typeof en;
