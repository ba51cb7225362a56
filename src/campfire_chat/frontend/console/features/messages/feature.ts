import { text } from "./strings";
import type { Feature } from "../../shell/registry";
import { BACKGROUND } from "./background";
import { DeleteDialog } from "./DeleteDialog";
import { MessageMenu } from "./MessageMenu";
import { VersionsDialog } from "./VersionsDialog";

export const MESSAGES: Feature = {
  ...BACKGROUND,
  name: "messages",
  menus: { message: { title: text.messageMenu, Content: MessageMenu } },
  dialogs: { "delete-message": DeleteDialog, "message-versions": VersionsDialog },
};
