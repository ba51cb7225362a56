import { text as common } from "../ui/strings";
import { text } from "./strings";
import { chooseTheme } from "./appearance";
import { helpOpen } from "./overlay";
import { features, type Command, type Finder } from "./registry";
import { goTo, screen, screens } from "./router";

/** Everything that the palette can do right now: what is about the screen comes first. */
export function commands(): Command[] {
  const others = screens.value.filter((known) => known !== screen.value && !known.rail);
  return [
    ...(screen.value?.commands?.() ?? []),
    ...features().flatMap(({ commands }) => commands?.() ?? []),
    ...others.map((known) => ({
      key: `screen:${known.path}`,
      label: common.go(known.title()),
      run: () => goTo(known),
    })),
    ...(["light", "dark", "system"] as const).map((name) => ({
      key: `theme:${name}`,
      label: `${common.theme.label}: ${common.theme[name]}`,
      run: () => chooseTheme(name),
    })),
    { key: "help", label: text.shortcuts, hint: "?", run: () => (helpOpen.value = true) },
  ];
}

export const finders = (): Finder[] => features().flatMap(({ finder }) => finder ?? []);

/** What the server finds, by who asked for it. */
export async function searchAll(
  typed: string,
  signal: AbortSignal,
): Promise<Map<Finder, readonly Command[]>> {
  const found = finders().map(
    async (finder) => [finder, await finder.search(typed, signal)] as const,
  );
  return new Map(await Promise.all(found));
}
