import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { focusHome } from "../ui/focus";

/** A menu of a feature, opened from a button, a key or the palette; one at a time. */
export interface OpenMenu {
  kind: string;
  /** The element it belongs to; null opens it in the middle of the screen. */
  anchor: HTMLElement | null;
  /** What it is about, such as the id of a message. */
  subject: string | null;
}

/** A dialog of a feature. */
export interface OpenDialog {
  kind: string;
  /** What it is about. */
  subject: string;
}

export const menu = signal<OpenMenu | null>(null);
export const paletteOpen = signal(false);
export const helpOpen = signal(false);
export const dialog = signal<OpenDialog | null>(null);

export const openDialog = (kind: string, subject: string): void =>
  void (dialog.value = { kind, subject });

export const closeDialog = (): void => void (dialog.value = null);

/**
 * Closes a dialog when what it is about has gone: deleted in another tab, for example. A dialog that
 * is not there must not hold the shortcuts, not even until the next frame.
 */
export function useClosedWhen(gone: boolean): void {
  useLayoutEffect(() => {
    if (gone) closeDialog();
  }, [gone]);
}

function visible(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

/** Opens a menu at `anchor`, or at the visible control that is marked as the menu's own. */
export function openMenu(
  kind: string,
  anchor: HTMLElement | null = null,
  subject: string | null = null,
): void {
  const marked = document.querySelectorAll<HTMLElement>(`[data-menu="${kind}"]`);
  menu.value = { kind, anchor: anchor ?? [...marked].find(visible) ?? null, subject };
}

/** Whether the menu belongs to a control inside `place`; several controls may open the same. */
export const menuOpenIn = (kind: string, place: string): boolean =>
  menu.value?.kind === kind && Boolean(menu.value.anchor?.closest(place));

export function toggleMenu(kind: string, anchor: HTMLElement, subject: string | null = null) {
  const same = menu.peek()?.kind === kind && menu.peek()?.anchor === anchor;
  if (same) closeMenu();
  else openMenu(kind, anchor, subject);
}

export function closeMenu({ refocus = true } = {}): void {
  const anchor = menu.peek()?.anchor;
  menu.value = null;
  if (!refocus) return;
  // What it belonged to may have gone meanwhile: a message that was deleted, for example.
  if (anchor?.isConnected) anchor.focus();
  else focusHome();
}

export const anythingOpen = (): boolean =>
  menu.value !== null ||
  paletteOpen.value ||
  helpOpen.value ||
  dialog.value !== null;

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
