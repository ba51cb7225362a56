import { ApiError } from "../../../common/api";
import { newClientId } from "../../../common/entries";
import type { Taken } from "../../../common/types";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { canManage } from "../../shell/permissions";
import { api, reason } from "../../shell/session";
import { putConversation } from "./inbox";
import { toast } from "../../shell/overlay";
import { go } from "./route";

let taking = false;

/** Takes the conversation whose visitor waits longest, and opens it. */
export async function takeNext(clientId = newClientId()): Promise<void> {
  if (taking || !canManage.peek()) return;
  taking = true;
  try {
    const { conversation } = await api.post<Taken>("conversations/take", {
      client_id: clientId,
    });
    if (!conversation) return toast(text.nobodyWaits);
    putConversation(conversation);
    go(conversation.id);
  } catch (error) {
    // Under the same id, so that an answer that got lost does not take a second one.
    const final = error instanceof ApiError && error.final;
    const again = { label: common.retry, run: () => void takeNext(clientId) };
    toast(common.failed.reason(text.failed.take, reason(error)), {
      urgent: true,
      ...(!final && { action: again }),
    });
  } finally {
    taking = false;
  }
}
