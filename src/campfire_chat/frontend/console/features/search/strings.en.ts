export const en = {
  group: "Messages and notes",
  /** What a note is called before what it says. */
  note: (said: string) => `Note: ${said}`,
};

export type Strings = typeof en;
