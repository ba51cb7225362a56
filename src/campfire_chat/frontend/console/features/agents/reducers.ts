import type { EventOf } from "../../../shared/reducers";
import { chooseTheme, known, pinDetails } from "../../shell/appearance";
import type { Listeners } from "../../shell/registry";

/** What the agent has changed, perhaps on another device. */
export const OWN = {
  "own_settings.changed"({ data }: EventOf<"own_settings.changed">) {
    const { theme, details_open: details } = data.changes;
    if (theme) chooseTheme(known(theme.after));
    if (details) pinDetails(details.after === true);
  },
} satisfies Listeners;
