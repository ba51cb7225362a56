import { text } from "../../messages";
import type { Feature } from "../../shell/registry";
import { loadDrafts, watchLeaving } from "./composer";
import { DeleteDialog } from "./DeleteDialog";
import { MessageMenu } from "./MessageMenu";
import { watchReading } from "./reading";
import { startSending } from "./sending";
import { VersionsDialog } from "./VersionsDialog";

export const MESSAGES: Feature = {
  name: "messages",
  menus: { message: { title: text.messageMenu, Content: MessageMenu } },
  dialogs: { "delete-message": DeleteDialog, "message-versions": VersionsDialog },
  prepare() {
    loadDrafts();
    startSending();
  },
  begin() {
    watchReading();
    watchLeaving();
  },
};
