import { text } from "./strings";
import type { Feature } from "../../shell/registry";
import { BACKGROUND } from "./background";
import { takeBackHeld } from "./composer";
import { DeleteDialog } from "./DeleteDialog";
import { MessageMenu } from "./MessageMenu";
import { RedactDialog } from "./RedactDialog";
import { held, sendAnyway } from "./sending";
import { VersionsDialog } from "./VersionsDialog";

export const MESSAGES: Feature = {
  ...BACKGROUND,
  name: "messages",
  commands: () =>
    held.value.length
      ? [
          { key: "send-anyway", label: text.held.send, run: sendAnyway },
          { key: "take-back", label: text.held.takeBack, hint: "↑", run: takeBackHeld },
        ]
      : [],
  menus: { message: { title: text.messageMenu, Content: MessageMenu } },
  dialogs: { "delete-message": DeleteDialog, "redact-message": RedactDialog, "message-versions": VersionsDialog },
};
