import type { ComponentType } from "preact";
import type { Control, SettingRecord } from "../../../common/types";
import { AttributesEditor } from "./AttributesEditor";
import { DEFAULT_COLOR, isColor } from "./colors";
import { common, LineEditor, type EditorProps } from "./LineEditor";
import { Picture } from "./Picture";
import { LocaleEditor, TimeZoneEditor } from "./places";
import { enter } from "./settings";
import { text } from "./strings";
import { same, type Entry } from "./values";

const NumberEditor = (props: EditorProps) => <LineEditor {...props} inputMode="decimal" />;

interface AreaProps extends EditorProps {
  example?: string;
  code?: boolean;
}

function AreaEditor({ example, code, ...props }: AreaProps) {
  const { setting, entry } = props;
  const value = String(entry ?? "");
  return (
    <textarea
      {...common(props)}
      class={code ? "setting-input code" : "setting-input"}
      rows={Math.min(10, Math.max(3, value.split("\n").length + 1))}
      spellcheck={false}
      placeholder={example}
      readOnly={!setting.editable}
      value={value}
      onInput={(event) => enter(setting, event.currentTarget.value)}
    />
  );
}

const ListEditor = (props: EditorProps) => <AreaEditor {...props} example={text.oneALine} />;
const OriginsEditor = (props: EditorProps) => (
  <AreaEditor {...props} code example={`${text.originExample}\n${text.oneALine}`} />
);
const JsonEditor = (props: EditorProps) => <AreaEditor {...props} code />;

function SwitchEditor(props: EditorProps) {
  const { id, setting, entry } = props;
  return (
    <span class="setting-switch">
      <input
        {...common(props)}
        type="checkbox"
        role="switch"
        disabled={!setting.editable}
        checked={entry === true}
        onChange={(event) => enter(setting, event.currentTarget.checked)}
      />
      <span aria-hidden="true" onClick={() => document.getElementById(id)?.click()}>
        {entry === true ? text.on : text.off}
      </span>
    </span>
  );
}

function ChoiceEditor({ id, setting, entry, described, invalid }: EditorProps) {
  const { nullable, unset, choices, editable } = setting;
  const options = nullable ? [{ value: null, label: unset || text.nothing }, ...choices] : choices;
  return (
    <div
      class="setting-choices"
      role="radiogroup"
      aria-labelledby={`${id}-label`}
      aria-describedby={described}
      aria-invalid={invalid}
    >
      {options.map(({ value, label }, at) => {
        const chosen = same(value, entry);
        return (
          <label key={label} class="setting-choice">
            <input
              id={at === 0 ? id : undefined}
              type="radio"
              name={id}
              disabled={!editable}
              checked={chosen}
              onChange={() => enter(setting, value as Entry)}
            />
            {label}
          </label>
        );
      })}
    </div>
  );
}

function ColorEditor(props: EditorProps) {
  const { setting, entry } = props;
  const typed = String(entry ?? "");
  return (
    <span class="setting-color">
      <input
        type="color"
        aria-label={text.pickColor(setting.label)}
        disabled={!setting.editable}
        value={isColor(typed) ? typed.toLowerCase() : DEFAULT_COLOR}
        onInput={(event) => enter(setting, event.currentTarget.value)}
      />
      <LineEditor {...props} />
    </span>
  );
}

function PictureEditor(props: EditorProps) {
  return (
    <span class="setting-picture">
      <Picture url={String(props.entry ?? "").trim()} />
      <LineEditor {...props} inputMode="url" example={text.pictureExample} />
    </span>
  );
}

const EDITORS: Readonly<Partial<Record<Control, ComponentType<EditorProps>>>> = {
  switch: SwitchEditor,
  choice: ChoiceEditor,
  number: NumberEditor,
  list: ListEditor,
  origins: OriginsEditor,
  color: ColorEditor,
  locale: LocaleEditor,
  time_zone: TimeZoneEditor,
  picture: PictureEditor,
  attributes: AttributesEditor,
  json: JsonEditor,
};

/** Fields of several controls: their label names the group. */
export const GROUPED: ReadonlySet<Control> = new Set<Control>(["choice", "attributes"]);

/** A kind of field that this version does not know is one line of text. */
export const editorOf = ({ control }: SettingRecord): ComponentType<EditorProps> =>
  EDITORS[control] ?? LineEditor;
