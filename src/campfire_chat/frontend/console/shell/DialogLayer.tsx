import { dialog } from "./overlay";
import { features } from "./registry";

/** The open dialog of a feature. */
export function DialogLayer() {
  const open = dialog.value;
  if (!open) return null;
  for (const { dialogs } of features()) {
    const Dialog = dialogs?.[open.kind];
    if (Dialog) return <Dialog key={open.subject} subject={open.subject} />;
  }
  return null;
}
