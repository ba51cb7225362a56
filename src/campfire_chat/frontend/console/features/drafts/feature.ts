import type { Feature } from "../../shell/registry";
import { loadDrafts } from "./drafts";
import { hearOf, syncDrafts, watchDrafts } from "./sync";

export const DRAFTS: Feature = {
  name: "drafts",
  events: {
    "draft.changed": ({ data }) => hearOf(data.conversation_id, data.updated_at),
  },
  prepare: loadDrafts,
  begin: watchDrafts,
  reload: () => void syncDrafts(),
};
