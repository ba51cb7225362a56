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

/** What was typed or chosen, as the server takes it; null: nothing. What it cannot be, it refuses. */
export function typedValue({ type }: AttributeRecord, typed: string): Value | null {
  const trimmed = typed.trim();
  if (!trimmed) return null;
  if (type === "boolean") return trimmed === "true";
  if (type !== "number") return trimmed;
  const number = Number(trimmed.replace(",", "."));
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
