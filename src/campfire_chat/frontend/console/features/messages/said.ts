import type { Message } from "../../../common/types";
import { shown } from "../mentions/mentions";

/** What a message says, as one reads it: only notes mention somebody. */
export const said = ({ body, visibility }: Message): string =>
  visibility === "internal" ? shown(body) : body;
