import type { Reducers } from "../../common/reducers";
import { catchUp } from "../rooms";
import type { Listed } from "../state";

export const CONVERSATIONS: Reducers<Listed, "conversation", "conversation"> = {
  "conversation.status_changed"({ info }, data) {
    info.status = data.status;
  },
  "conversation.assignee_changed"(room, data) {
    room.info.assignee = data.assignee;
    // That of the one before.
    room.info.assignee_availability = null;
    void catchUp(room);
  },
  "conversation.subject_changed"({ info }, data) {
    info.subject = data.subject;
  },
};
