import type { AttributeType } from "../../../common/types";
import { Icon } from "../../ui/Icon";
import type { EditorProps } from "./LineEditor";
import { enter } from "./settings";
import { text } from "./strings";

interface Row {
  key: string;
  label?: string;
  type?: AttributeType;
  description?: string;
  choices?: string[];
  editable?: boolean;
}

const TYPES = Object.keys(text.attribute.types) as AttributeType[];

/** A key that says what the name says: small letters without accents, digits and underscores. */
function keyFrom(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 40);
}

function rowsOf(entry: EditorProps["entry"]): Row[] {
  try {
    const found: unknown = JSON.parse(String(entry));
    return Array.isArray(found) ? (found as Row[]) : [];
  } catch {
    return [];
  }
}

/** The attributes that contacts may have: each with a name, a type and what it means. */
export function AttributesEditor({ id, setting, entry, described, invalid }: EditorProps) {
  const rows = rowsOf(entry);
  const known = new Set(
    (Array.isArray(setting.value) ? (setting.value as Row[]) : []).map(({ key }) => key),
  );
  const write = (next: Row[]) => enter(setting, JSON.stringify(next, null, 2));
  const change = (at: number, part: Partial<Row>) =>
    write(rows.map((row, index) => (index === at ? { ...row, ...part } : row)));
  return (
    <div role="group" aria-labelledby={`${id}-label`} aria-describedby={described}>
      <ul class="setting-rows" aria-invalid={invalid}>
        {rows.map((row, at) => (
          // Fields that are not redrawn while one types begin anew when a row comes or goes.
          <li key={`${at} of ${rows.length}`}>
            <fieldset class="setting-row" disabled={!setting.editable}>
              <legend class="hidden">{row.label || row.key || text.attribute.fresh}</legend>
              <label>
                {text.attribute.label}
                <input
                  id={at === 0 ? id : undefined}
                  class="setting-input"
                  dir="auto"
                  maxLength={60}
                  autoComplete="off"
                  placeholder={row.key}
                  value={row.label ?? ""}
                  onInput={({ currentTarget: { value } }) =>
                    // What is stored keeps its key, by which programs know it.
                    change(at, known.has(row.key) ? { label: value } : { label: value, key: keyFrom(value) })
                  }
                />
              </label>
              <label>
                {text.attribute.key}
                <input
                  class="setting-input code"
                  dir="ltr"
                  maxLength={40}
                  autoComplete="off"
                  readOnly={known.has(row.key)}
                  value={row.key}
                  onChange={({ currentTarget }) => change(at, { key: keyFrom(currentTarget.value) })}
                />
              </label>
              <label>
                {text.attribute.type}
                <select
                  class="setting-input"
                  value={row.type ?? "text"}
                  onChange={({ currentTarget }) => {
                    const type = currentTarget.value as AttributeType;
                    change(at, { type, choices: type === "choice" ? (row.choices ?? []) : [] });
                  }}
                >
                  {TYPES.map((type) => (
                    <option key={type} value={type}>
                      {text.attribute.types[type]}
                    </option>
                  ))}
                </select>
              </label>
              <label class="wide">
                {text.attribute.description}
                <input
                  class="setting-input"
                  dir="auto"
                  maxLength={200}
                  autoComplete="off"
                  value={row.description ?? ""}
                  onInput={({ currentTarget }) => change(at, { description: currentTarget.value })}
                />
              </label>
              {row.type === "choice" && (
                <label class="wide">
                  {text.attribute.choices}
                  <textarea
                    class="setting-input"
                    dir="auto"
                    rows={3}
                    placeholder={text.oneALine}
                    defaultValue={(row.choices ?? []).join("\n")}
                    onInput={({ currentTarget }) => {
                      const lines = currentTarget.value.split("\n").map((line) => line.trim());
                      change(at, { choices: lines.filter(Boolean) });
                    }}
                  />
                </label>
              )}
              <label class="check">
                <input
                  type="checkbox"
                  checked={row.editable !== false}
                  onChange={({ currentTarget }) => change(at, { editable: currentTarget.checked })}
                />
                {text.attribute.editable}
              </label>
              <button
                type="button"
                class="icon-button"
                aria-label={text.attribute.remove(row.label || row.key || text.attribute.fresh)}
                onClick={() => {
                  write(rows.filter((_, index) => index !== at));
                  document.getElementById(`${id}-add`)?.focus();
                }}
              >
                <Icon name="trash" size={16} />
              </button>
            </fieldset>
          </li>
        ))}
      </ul>
      {setting.editable && (
        <button
          type="button"
          class="button"
          id={rows.length ? `${id}-add` : id}
          onClick={(event) => {
            const list = event.currentTarget.previousElementSibling;
            write([...rows, { key: "", label: "", type: "text" }]);
            requestAnimationFrame(() =>
              list?.querySelector<HTMLInputElement>("li:last-child input")?.focus(),
            );
          }}
        >
          <Icon name="plus" size={14} />
          {text.attribute.add}
        </button>
      )}
    </div>
  );
}
