import { computed } from "@preact/signals";
import { openMenu } from "../../shell/overlay";
import { may } from "../../shell/permissions";
import { features, type ComposerTool } from "../../shell/registry";
import { draft, write } from "./composer";
import { FIELD } from "./focus";

/** What helps this agent to write. */
export const tools = computed<readonly ComposerTool[]>(() =>
  features()
    .flatMap(({ composerTools = [] }) => composerTools)
    .filter(({ permission, mode = draft.value.mode }) => may(permission) && mode === draft.value.mode),
);

/** The trigger in the field that has opened a tool: what the tool inserts takes its place. */
let trigger: { readonly from: number; readonly to: number } | null = null;

export function openTool({ menu }: ComposerTool, button: HTMLElement): void {
  trigger = null;
  openMenu(menu, button);
}

/** Opens the tool whose trigger was typed just now, if a word begins there. */
export function openByTrigger(field: HTMLTextAreaElement, event: InputEvent): void {
  const { value, selectionEnd: to } = field;
  const typed = event.data;
  if (!typed || event.isComposing) return;
  const tool = tools.peek().find((known) => known.trigger === typed);
  const from = to - typed.length;
  if (!tool || !/(^|\s)$/.test(value.slice(0, from))) return;
  trigger = { from, to };
  openMenu(tool.menu, field);
}

/** A part of a text, in UTF-16 code units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Puts text where the cursor is, in place of what is selected and of the trigger that was typed. The
 * field has the focus then, with `selected` of the text selected, or else the cursor behind it.
 */
export function insert(body: string, selected: Span | null = null): void {
  const field = document.getElementById(FIELD);
  if (!(field instanceof HTMLTextAreaElement)) return;
  const { selectionStart, selectionEnd } = field;
  // Elsewhere by now: it stays what it is, a character.
  const typed = trigger?.to === selectionStart && selectionStart === selectionEnd;
  const from = typed && trigger ? trigger.from : selectionStart;
  trigger = null;
  field.setRangeText(body, from, selectionEnd, "end");
  write(field.value);
  field.focus();
  if (selected) field.setSelectionRange(from + selected.from, from + selected.to);
  else field.scrollTop = field.scrollHeight;
}
