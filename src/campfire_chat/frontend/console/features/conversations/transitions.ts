import type { Status } from "../../../common/types";

/**
 * Whether the server lets somebody give a conversation another status; so that nothing is offered
 * that is refused. `tests/frontend/test_transitions.py` compares it with the table of the server.
 */
export const mayFollow = (status: Status, present: Status | undefined): boolean =>
  !(status === "snoozed" && present === "resolved");
