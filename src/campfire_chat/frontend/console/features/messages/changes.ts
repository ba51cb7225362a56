import type { Message } from "../../../common/types";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { toast } from "../../shell/overlay";
import { api, reason } from "../../shell/session";
import { putMessage } from "./thread";

export async function editMessage(id: string, body: string): Promise<boolean> {
  try {
    putMessage(await api.request<Message>("PATCH", `messages/${id}`, { body: { body } }));
    return true;
  } catch (error) {
    toast(common.failed.reason(text.failed.edit, reason(error)), { urgent: true });
    return false;
  }
}

/**
 * Removes a text from a message and from what it said before, for good.
 *
 * @param removed Exactly what is to be removed, wherever it stands; null: everything.
 */
export async function redactMessage(id: string, removed: string | null): Promise<void> {
  try {
    const body = { text: removed };
    putMessage(await api.request<Message>("POST", `messages/${id}/redact`, { body }));
    toast(text.redact.done);
  } catch (error) {
    toast(common.failed.reason(text.failed.redact, reason(error)), { urgent: true });
  }
}

export async function deleteMessage(id: string): Promise<void> {
  try {
    putMessage(await api.request<Message>("DELETE", `messages/${id}`));
  } catch (error) {
    toast(common.failed.reason(text.failed.remove, reason(error)), { urgent: true });
  }
}
