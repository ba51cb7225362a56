/**
 * Where the focus goes when what had it has gone: the part of the screen that is marked with
 * `data-home`, in which letters are shortcuts.
 */
export function focusHome(): void {
  const homes = [...document.querySelectorAll<HTMLElement>("[data-home]")];
  homes.find((home) => home.getClientRects().length)?.focus({ preventScroll: true });
}
