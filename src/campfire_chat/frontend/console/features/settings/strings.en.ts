export const en = {
  /** Of the catalogue, for the names of languages. */
  language: "en",
  title: "Settings",
  help: "What is chosen here counts at once, for everybody whom it concerns.",
  sections: "Sections",
  section: (name: string) => `Settings: ${name}`,
  unsaved: "Not saved yet",
  loading: "Loading settings",
  empty: { title: "No settings", help: "There is nothing here that you may see." },
  save: "Save",
  saving: "Saving…",
  discard: "Discard changes",
  saved: "Saved",
  reset: "Reset to default",
  resetOf: (label: string) => `Reset to default: ${label}`,
  standard: (value: string) => `Default: ${value}`,
  on: "On",
  off: "Off",
  nothing: "Nothing",
  oneALine: "One on each line.",
  originExample: "https://shop.example",
  pictureExample: "https://shop.example/logo.png",
  pickColor: (label: string) => `${label}: pick`,
  languageNow: (name: string) => `Language: ${name}`,
  timeNow: (time: string) => `It is ${time} there.`,
  locked: (permission: string) =>
    `You can see this, but not change it: it needs the permission ${permission}. Ask an admin.`,
  conflict: (who: string, value: string) =>
    `${who} set this to “${value}” while you were editing. If you save, your text replaces it.`,
  somebody: "Somebody",
  yourself: "You, in another tab,",
  useTheirs: "Use that",
  preview: "Preview",
  previewOf: (title: string, greeting: string) =>
    `How visitors see the widget. Title: ${title}. Greeting: ${greeting}`,
  previewOnline: "Online",
  previewField: "Write a message…",
  failed: {
    load: "The settings could not be loaded.",
    number: "Enter a number.",
    json: "This is no valid JSON.",
    network: "The server cannot be reached. What you have entered is kept: try again in a moment.",
    stale:
      "Somebody has changed the same settings meanwhile. Look at the marked fields, then save again.",
    field: "Nothing was saved. Look at the marked field.",
    other: (reason: string) => `Nothing was saved. ${reason}`,
  },
  retry: "Try again",
  keys: {
    group: "Settings",
    next: "Next section",
    previous: "Previous section",
    save: "Save, from a field",
  },
};

export type Strings = typeof en;
