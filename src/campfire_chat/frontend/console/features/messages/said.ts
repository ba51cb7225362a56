import { plain } from "../../../common/markup";
import type { Message } from "../../../common/types";
import { shown } from "../mentions/mentions";

/** A message as its writer wrote it: only notes mention somebody. */
export const written = ({ body, visibility }: Message): string =>
  visibility === "internal" ? shown(body) : body;

/** What a message says, as one reads it: without its marks. */
export const said = (message: Message): string => plain(written(message));
