import { announce, closeDialog, toast } from "../../shell/overlay";
import { reason } from "../../shell/session";
import { text } from "./strings";

/** Does what a dialog has asked about, and says how it went. */
export async function act(doing: () => Promise<void>, done: string, failed: string): Promise<void> {
  closeDialog();
  try {
    await doing();
    toast(done);
  } catch (error) {
    const told = text.failed.why(failed, reason(error));
    toast(told, { urgent: true });
    announce(told);
  }
}
