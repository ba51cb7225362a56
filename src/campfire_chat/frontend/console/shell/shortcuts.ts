import { isComposing } from "../../common/keyboard";
import { text } from "./strings";
import { keyOf, letterOf, noteScript } from "./keys";
import { anythingOpen, closeMenu, helpOpen, menu, paletteOpen } from "./overlay";
import { features, type ShortcutGroup } from "./registry";
import { screen } from "./router";

const EVERYWHERE: ShortcutGroup = {
  title: text.keys.groups.app,
  shortcuts: [
    { label: text.keys.palette, keys: ["Mod+K"] },
    {
      label: text.keys.help,
      keys: ["?"],
      run() {
        helpOpen.value = true;
        return true;
      },
    },
  ],
};

/** The shortcuts of the screen, and those of all screens: the help shows them. */
export const shortcutGroups = (): readonly ShortcutGroup[] => [
  ...(screen.value?.shortcuts ?? []),
  {
    ...EVERYWHERE,
    shortcuts: [
      ...EVERYWHERE.shortcuts,
      ...features().flatMap(({ shortcuts }) => shortcuts ?? []),
    ],
  },
];

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"))
  );
}

function onKeyDown(event: KeyboardEvent): void {
  noteScript(event);
  if (event.defaultPrevented || isComposing(event)) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.shiftKey && !event.altKey && letterOf(event) === "K") {
    event.preventDefault();
    if (menu.peek()) closeMenu({ refocus: false });
    if (!helpOpen.peek()) paletteOpen.value = !paletteOpen.peek();
    return;
  }
  if (command || event.altKey || anythingOpen() || inField(event.target)) return;
  const key = keyOf(event);
  for (const { shortcuts } of shortcutGroups()) {
    for (const { keys, run, repeats } of shortcuts) {
      if (!run || !keys.includes(key)) continue;
      // A key that is held down must not resolve one conversation after the other.
      if (event.repeat && !repeats) return;
      if (run(key, event)) event.preventDefault();
      return;
    }
  }
}

export function listenToKeys(): void {
  window.addEventListener("keydown", onKeyDown);
}
