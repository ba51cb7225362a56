import { createChunk } from "../../../common/chunk";
import { applyPreferences, loadPreferences } from "../../shell/preferences";
import type { Feature } from "../../shell/registry";
// Not with the screen: what is tried again under another address would come without it.
import "./settings.css";
import { text } from "./strings";

const code = createChunk(() => import("./SettingsScreen"));
const { keys } = text;

const reload = () => {
  void loadPreferences();
  void code.ready?.reload();
};

export const SETTINGS: Feature = {
  name: "settings",
  begin: () => void loadPreferences(),
  reload,
  events: {
    "settings.changed": ({ data }) => void code.ready?.heard(data),
    "own_settings.changed": ({ data }) => {
      const changed = Object.entries(data.changes).map(([name, { after }]) => [name, after]);
      applyPreferences(Object.fromEntries(changed));
      void code.ready?.reload();
    },
  },
  screens: [
    {
      path: "settings",
      title: () => text.title,
      icon: "sliders",
      permission: "settings.read",
      component: code,
      shortcuts: [
        {
          title: keys.group,
          shortcuts: [
            { label: keys.next, keys: ["J"], run: () => code.ready?.step(1) ?? false },
            { label: keys.previous, keys: ["K"], run: () => code.ready?.step(-1) ?? false },
            { label: keys.save, keys: ["Mod+Enter"] },
          ],
        },
      ],
      commands: () =>
        (code.ready?.sections.value ?? []).map((name) => ({
          key: `settings:${name}`,
          label: text.section(name),
          run: () => code.ready?.goToSection(name),
        })),
    },
  ],
};
