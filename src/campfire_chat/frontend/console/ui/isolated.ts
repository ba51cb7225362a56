/** What somebody typed, inside a sentence: its direction changes nothing around it. */
export const isolated = (value: string): string => `\u2068${value}\u2069`;
