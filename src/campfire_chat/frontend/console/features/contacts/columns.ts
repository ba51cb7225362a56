import { preference } from "../../shell/preferences";

export const COLUMNS = ["email", "external_id", "verified", "last_seen_at", "created_at"] as const;
export type Column = (typeof COLUMNS)[number];

const isColumn = (value: unknown): value is Column => COLUMNS.some((name) => name === value);
const areColumns = (value: unknown): value is readonly Column[] =>
  Array.isArray(value) && value.every(isColumn);

/** The columns beside the name, on all devices of the agent. */
export const { value: columns, choose } = preference<readonly Column[]>(
  "contact_columns",
  ["email", "verified", "last_seen_at", "created_at"],
  areColumns,
);

/** Shows a column, at its place, or no longer. */
export function toggleColumn(name: string): void {
  const shown = new Set<string>(columns.peek());
  if (!shown.delete(name)) shown.add(name);
  choose(COLUMNS.filter((known) => shown.has(known)));
}
