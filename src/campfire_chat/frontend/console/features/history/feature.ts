import { openDialog } from "../../shell/overlay";
import { may } from "../../shell/permissions";
import type { Feature } from "../../shell/registry";
import { openId } from "../conversations/route";
import { HistoryDialog } from "./HistoryDialog";
import { heard } from "./history";
import "./history.css";
import { text } from "./strings";

export const HISTORY: Feature = {
  name: "history",
  events: { "conversation.updated": ({ data }) => heard(data.id) },
  dialogs: { history: HistoryDialog },
  commands() {
    const id = openId.value;
    if (!id || !may("history.read")) return [];
    return [{ key: "history", label: text.open, hint: "H", run: () => openDialog("history", id) }];
  },
};
