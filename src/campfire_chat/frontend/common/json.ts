/**
 * JSON of plain data, which a page cannot change: some old libraries define
 * `Array.prototype.toJSON`, and `JSON.stringify` then writes every array as a string.
 * Undefined fields are left out.
 */
export function encode(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => encode(item ?? null)).join()}]`;
  if (typeof value !== "object" || !value) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => JSON.stringify(name) + ":" + encode(field)).join()}}`;
}
