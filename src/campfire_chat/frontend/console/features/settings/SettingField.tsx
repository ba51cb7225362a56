import type { SettingRecord } from "../../../common/types";
import { conflict, discard, drafts, entry, errors, reset, shown } from "./settings";
import { editorOf, GROUPED } from "./editors";
import { text } from "./strings";
import { inWords, same } from "./values";

interface Props {
  setting: SettingRecord;
  /** The id of the text that says why the whole section is locked. */
  lockedBy: string | undefined;
}

/** A text of the documentation: what is between backticks is code. */
const written = (body: string) =>
  body.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part));

/** One setting: its field, what it does, and what is wrong or new. */
export function SettingField({ setting, lockedBy }: Props) {
  const { name, label, description, editable, permission, unit } = setting;
  const id = `setting-${name}`;
  const error = errors.value[name];
  const met = conflict(setting);
  const lock = editable ? undefined : (lockedBy ?? `${id}-locked`);
  const described = [
    `${id}-help`,
    error && `${id}-error`,
    met && `${id}-conflict`,
    lock,
  ]
    .filter(Boolean)
    .join(" ");
  const Editor = editorOf(setting);
  const changed = !same(shown(setting), setting.default);
  const grouped = GROUPED.has(setting.control);
  return (
    <div class={["setting", error && "refused", name in drafts.value && "edited"].filter(Boolean).join(" ")}>
      <div class="setting-head">
        {grouped ? (
          <span class="setting-label" id={`${id}-label`}>
            {label}
          </span>
        ) : (
          <label class="setting-label" for={id}>
            {label}
            {unit && <span class="setting-unit"> ({unit})</span>}
          </label>
        )}
        {editable && changed && (
          <button
            type="button"
            class="link-button setting-reset"
            aria-label={text.resetOf(label)}
            title={text.standard(inWords(setting, setting.default))}
            onClick={() => {
              reset(setting);
              document.getElementById(id)?.focus();
            }}
          >
            {text.reset}
          </button>
        )}
      </div>
      <Editor
        id={id}
        setting={setting}
        entry={entry(setting)}
        described={described}
        invalid={Boolean(error)}
      />
      <p class="setting-help" id={`${id}-help`}>
        {written(description)}
      </p>
      {error && (
        <p class="setting-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
      {met && (
        <p class="setting-conflict" id={`${id}-conflict`}>
          <span>{text.conflict(met.who, met.value)}</span>
          <button
            type="button"
            class="button"
            onClick={() => {
              discard([name]);
              document.getElementById(id)?.focus();
            }}
          >
            {text.useTheirs}
          </button>
        </p>
      )}
      {lock && !lockedBy && (
        <p class="setting-help" id={lock}>
          {text.locked(permission)}
        </p>
      )}
    </div>
  );
}
