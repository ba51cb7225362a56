import type { Feature } from "../../shell/registry";
import { MentionMenu } from "./MentionMenu";
import "./mentions.css";
import { text } from "./strings";

const PICK = "mentions";

export const MENTIONS: Feature = {
  name: "mentions",
  composerTools: [
    {
      label: text.title,
      icon: "at",
      menu: PICK,
      permission: "agents.read",
      trigger: "@",
      mode: "note",
    },
  ],
  menus: { [PICK]: { title: text.title, untitled: true, Content: MentionMenu } },
};
