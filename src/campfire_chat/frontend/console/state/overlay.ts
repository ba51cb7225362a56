import { signal } from "@preact/signals";
import { focusThread } from "./focus";

/** The menus that can be opened from a button, a key or the palette; one at a time. */
export type MenuKind =
  | "assign"
  | "status"
  | "snooze"
  | "priority"
  | "tags"
  | "account"
  | "message";

export interface OpenMenu {
  kind: MenuKind;
  /** The element it belongs to; null opens it in the middle of the screen. */
  anchor: HTMLElement | null;
  /** The message a message menu is about. */
  message: string | null;
}

export const menu = signal<OpenMenu | null>(null);
export const paletteOpen = signal(false);
export const helpOpen = signal(false);
/** The message that is about to be deleted. */
export const deleting = signal<string | null>(null);
/** The message whose earlier texts are shown. */
export const versionsOf = signal<string | null>(null);

function visible(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

/** Opens a menu at `anchor`, or at the visible control that is marked as the menu's own. */
export function openMenu(
  kind: MenuKind,
  anchor: HTMLElement | null = null,
  message: string | null = null,
): void {
  const marked = document.querySelectorAll<HTMLElement>(`[data-menu="${kind}"]`);
  menu.value = { kind, anchor: anchor ?? [...marked].find(visible) ?? null, message };
}

/** Whether the menu belongs to a control inside `place`; several controls may open the same. */
export const menuOpenIn = (kind: MenuKind, place: string): boolean =>
  menu.value?.kind === kind && Boolean(menu.value.anchor?.closest(place));

export function toggleMenu(kind: MenuKind, anchor: HTMLElement, message: string | null = null) {
  const same = menu.peek()?.kind === kind && menu.peek()?.anchor === anchor;
  if (same) closeMenu();
  else openMenu(kind, anchor, message);
}

export function closeMenu({ refocus = true } = {}): void {
  const anchor = menu.peek()?.anchor;
  menu.value = null;
  if (!refocus) return;
  // What it belonged to may have gone meanwhile: a message that was deleted, for example.
  if (anchor?.isConnected) anchor.focus();
  else focusThread();
}

export const anythingOpen = (): boolean =>
  menu.value !== null ||
  paletteOpen.value ||
  helpOpen.value ||
  deleting.value !== null ||
  versionsOf.value !== null;

export interface Toast {
  id: number;
  body: string;
  urgent: boolean;
  action: { label: string; run: () => void } | null;
}

export const toasts = signal<readonly Toast[]>([]);
let counter = 0;

export function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}

export function toast(
  body: string,
  options: { urgent?: boolean; action?: { label: string; run: () => void } } = {},
): void {
  const id = ++counter;
  const { urgent = false, action = null } = options;
  toasts.value = [...toasts.peek().slice(-2), { id, body: body.trim(), urgent, action }];
  setTimeout(() => dismiss(id), urgent || action ? 8000 : 4000);
}

/** Told to screen readers, shown nowhere. */
export const announcement = signal("");

export function announce(body: string): void {
  // The same words twice in a row are announced only when the text changes.
  announcement.value = announcement.peek() === body ? `${body}\u00a0` : body;
}
