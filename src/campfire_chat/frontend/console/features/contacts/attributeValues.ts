import type { AttributeRecord, AttributeType } from "../../../common/types";
import type { Value } from "./attributes";
import { text } from "./strings";

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** A value as people read it. */
export function inWords({ type }: AttributeRecord, value: Value): string {
  if (typeof value === "boolean") return value ? text.yes : text.no;
  if (type === "number" && typeof value === "number") return value.toLocaleString();
  const at = type === "date" ? Date.parse(`${value}T00:00:00Z`) : NaN;
  return Number.isNaN(at) ? String(value) : day.format(at);
}

/** Where a value leads; null for text, also for text that was stored before it became a link. */
export const addressOf = ({ type }: AttributeRecord, value: Value): string | null =>
  type === "link" && /^https?:\/\//i.test(String(value)) ? String(value) : null;

/** What was typed or chosen, as the server takes it; null: nothing. What it cannot be, it refuses. */
export function typedValue({ type }: AttributeRecord, typed: string): Value | null {
  const trimmed = typed.trim();
  if (!trimmed) return null;
  if (type === "boolean") return trimmed === "true";
  if (type !== "number") return trimmed;
  // With three digits after it the comma may as well part thousands: nobody guesses what was meant.
  const number = Number(/^[+-]?[1-9]\d{0,2},\d{3}$/.test(trimmed) ? NaN : trimmed.replace(",", "."));
  return Number.isFinite(number) ? number : trimmed;
}

/** Which field of a form such values are typed into. */
export const control = (type: AttributeType) =>
  type === "date"
    ? ({ type: "date" } as const)
    : ({
        type: "text",
        inputMode: type === "number" ? "decimal" : type === "link" ? "url" : "text",
      } as const);
