import type { ApiKeyRecord } from "../../../common/types";
import { now } from "../../shell/clock";
import { openDialog } from "../../shell/overlay";
import { fullTime, moment, participantName } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { REVOKE, ROTATE } from "./keys";
import { text } from "./strings";

/** One moment of a key; the exact time when the mouse rests on it. */
function Fact({ at, said }: { at: string; said: (time: string) => string }) {
  return (
    <time dateTime={at} title={fullTime(at)}>
      {said(moment(at, now.value))}
    </time>
  );
}

/** One key, and what can be done with it. */
export function KeyRow({ apiKey }: { apiKey: ApiKeyRecord }) {
  const { id, name, permissions, created_at, created_by, expires_at } = apiKey;
  const expired = expires_at !== null && Date.parse(expires_at) <= now.value;
  return (
    <li class="key" data-key={id} tabIndex={0}>
      <div class="key-main">
        <h2>{name}</h2>
        <p class="key-facts">
          <Fact at={created_at} said={(time) => text.created(participantName(created_by), time)} />
          {apiKey.last_used_at ? (
            <Fact at={apiKey.last_used_at} said={text.used} />
          ) : (
            <span>{text.unused}</span>
          )}
          {expires_at ? (
            <span class={expired ? "key-expired" : ""}>
              <Fact at={expires_at} said={expired ? text.expired : text.expires} />
            </span>
          ) : (
            <span>{text.endless}</span>
          )}
          {apiKey.previous_until && <Fact at={apiKey.previous_until} said={text.overlap} />}
        </p>
        <details>
          <summary>{text.permissions(permissions.length)}</summary>
          <ul class="key-permissions">
            {permissions.map((permission) => (
              <li key={permission}>
                <code>{permission}</code>
              </li>
            ))}
          </ul>
        </details>
      </div>
      <p class="key-actions">
        <button type="button" class="button" onClick={() => openDialog(ROTATE, id)}>
          <Icon name="refresh" size={16} />
          {text.rotate}
        </button>
        <button type="button" class="button danger-text" onClick={() => openDialog(REVOKE, id)}>
          {text.revoke}
        </button>
      </p>
    </li>
  );
}
