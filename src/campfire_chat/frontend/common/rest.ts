import type { Api } from "./api";
import type { AnswerTo, RequestFrame } from "./requests";
import type { Message } from "./types";

/** The same request over REST, while there is no socket. */
export async function requestByRest<F extends RequestFrame>(
  api: Api,
  frame: F,
): Promise<AnswerTo<F>> {
  return (await byRest(api, frame)) as AnswerTo<F>;
}

async function byRest(api: Api, frame: RequestFrame): Promise<AnswerTo<RequestFrame>> {
  const ok = { type: "ok", id: "" } as const;
  if (!("conversation_id" in frame)) return ok;
  const { type, conversation_id, ...body } = frame;
  const path = `conversations/${conversation_id}/`;
  if (type === "receipt") {
    await api.post(path + "receipts", body);
    return ok;
  }
  const { id, ...message } = body as { id: string };
  const stored = await api.post<Message>(path + "messages", { ...message, client_id: id });
  return {
    ...ok,
    id,
    conversation_id: stored.conversation_id,
    message_id: stored.id,
    seq: stored.seq,
    at: stored.at,
  };
}
