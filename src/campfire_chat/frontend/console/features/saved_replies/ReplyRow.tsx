import type { SavedReplyRecord } from "../../../common/types";
import { now } from "../../shell/clock";
import { openDialog } from "../../shell/overlay";
import { me } from "../../shell/session";
import { agents } from "../agents/team";
import { fullTime, moment } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { EDIT, REMOVE } from "./names";
import { mayEdit } from "./replies";
import { text } from "./strings";

const nameOf = (agent: string): string =>
  agent === me.value?.id
    ? text.you
    : (agents.value.find(({ id }) => id === agent)?.name ?? text.somebody);

/** One saved reply, and what can be done with it. */
export function ReplyRow({ record }: { record: SavedReplyRecord }) {
  const { id, shortcut, title, body, owner_id, updated_by, updated_at } = record;
  const whose = owner_id === null ? "shared" : "personal";
  return (
    <li class="saved-reply" data-saved-reply={id} tabIndex={0}>
      <div class="saved-reply-main">
        <h2>
          <bdi>{title}</bdi> <code dir="auto">{`/${shortcut}`}</code>
        </h2>
        <p class="saved-reply-body" dir="auto">
          {body}
        </p>
        <p class="saved-reply-facts">
          <span class={`saved-reply-whose ${whose}`}>{text.whose[whose]}</span>
          <time dateTime={updated_at} title={fullTime(updated_at)}>
            {text.changed(nameOf(updated_by), moment(updated_at, now.value))}
          </time>
        </p>
      </div>
      {mayEdit(record) && (
        <p class="saved-reply-actions">
          <button type="button" class="button" onClick={() => openDialog(EDIT, id)}>
            <Icon name="edit" size={16} />
            {text.edit}
          </button>
          <button
            type="button"
            class="button danger-text"
            onClick={() => openDialog(REMOVE, id)}
          >
            {text.remove}
          </button>
        </p>
      )}
    </li>
  );
}
