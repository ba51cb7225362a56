import type { SettingRecord } from "../../../common/types";
import { enter } from "./settings";
import type { Entry } from "./values";

export interface EditorProps {
  id: string;
  setting: SettingRecord;
  entry: Entry;
  /** The ids of the texts about the field. */
  described: string;
  invalid: boolean;
}

/** What every field says about itself. */
export const common = ({ id, described, invalid }: EditorProps) => ({
  id,
  "aria-describedby": described,
  "aria-invalid": invalid,
});

interface LineProps extends EditorProps {
  list?: string;
  example?: string;
  inputMode?: "text" | "url" | "decimal";
}

/** One line of text. */
export function LineEditor(props: LineProps) {
  const { setting, entry, list, example, inputMode = "text" } = props;
  return (
    <input
      {...common(props)}
      class="setting-input"
      type="text"
      dir="auto"
      autoComplete="off"
      list={list}
      inputMode={inputMode}
      placeholder={setting.unset || example}
      readOnly={!setting.editable}
      value={String(entry ?? "")}
      onInput={(event) => enter(setting, event.currentTarget.value)}
    />
  );
}
