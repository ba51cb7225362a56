import { ApiError } from "../../common/api";
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

/** What the server has found, by who asked for it; and whether an answer is missing. */
export interface Answers {
  readonly found: ReadonlyMap<Finder, readonly Command[]>;
  readonly failed: boolean;
}

/** Asks the server for all that it finds. What fails takes nothing from what is found. */
export async function searchAll(typed: string, signal: AbortSignal): Promise<Answers> {
  const all = finders();
  const answers = await Promise.allSettled(all.map((finder) => finder.search(typed, signal)));
  const found = new Map<Finder, readonly Command[]>();
  let failed = false;
  answers.forEach((answer, index) => {
    const finder = all[index];
    if (answer.status === "fulfilled" && finder) found.set(finder, answer.value);
    else if (answer.status === "rejected") {
      // Anything else is a mistake of ours, which is not to be hidden.
      if (!signal.aborted && !(answer.reason instanceof ApiError)) throw answer.reason;
      failed = true;
    }
  });
  return { found, failed };
}
