import { text } from "./strings";
import { phone } from "../../shell/appearance";
import type { RailEntry } from "../../shell/registry";
import { screen } from "../../shell/router";
import { amount } from "../../ui/format";
import { counts } from "./counts";
import { showList, status, view, VIEWS } from "./lists";
import { go, openId, PATH } from "./route";

/** The views, with how many open conversations each of them has. */
export function rail(): RailEntry[] {
  return VIEWS.map((name) => {
    const count = counts.value?.[name];
    return {
      key: name,
      label: text.views[name],
      icon: name,
      current: view.value === name && screen.value?.path === PATH,
      ...(count && count.open > 0 && {
        count: {
          shown: amount(count.open),
          label: text.openIn(amount(count.open), amount(count.waiting)),
          quiet: !count.waiting || name === "all",
        },
      }),
      go() {
        showList(name, status.peek());
        if (phone.peek() && openId.peek()) go(null);
      },
    };
  });
}
