import { computed } from "@preact/signals";
import { preference } from "../../shell/preferences";
import { ATTRIBUTE, attributeOf, attributes } from "./attributes";
import { text } from "./strings";

const COLUMNS = ["email", "external_id", "verified", "last_seen_at", "created_at"] as const;
type Fixed = (typeof COLUMNS)[number];
/** One of these, or an attribute. */
export type Column = Fixed | `${typeof ATTRIBUTE}${string}`;

export const isFixed = (name: string): name is Fixed => COLUMNS.some((known) => name === known);
const isColumn = (value: unknown): value is Column =>
  typeof value === "string" && (isFixed(value) || value.startsWith(ATTRIBUTE));
const areColumns = (value: unknown): value is readonly Column[] =>
  Array.isArray(value) && value.every(isColumn);

/** The columns beside the name, on all devices of the agent. */
export const { value: columns, choose } = preference<readonly Column[]>(
  "contact_columns",
  ["email", "verified", "last_seen_at", "created_at"],
  areColumns,
);

/** Every column that there can be, in the order in which they are shown. */
export const possibleColumns = computed<readonly Column[]>(() => [
  ...COLUMNS,
  ...attributes.value.map(({ key }): Column => `${ATTRIBUTE}${key}`),
]);

/** Those that were chosen, without attributes that are not declared any more. */
export const shownColumns = computed(() =>
  columns.value.filter((name) => isFixed(name) || attributeOf(name)),
);

export const columnName = (name: Column): string =>
  isFixed(name) ? text.columnNames[name] : (attributeOf(name)?.label ?? name);

/** Shows a column, at its place, or no longer. */
export function toggleColumn(name: string): void {
  const shown = new Set<string>(columns.peek());
  if (!shown.delete(name)) shown.add(name);
  choose(possibleColumns.peek().filter((known) => shown.has(known)));
}
