import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isBlank } from "../../../common/text";
import { closeDialog } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { create, grantable } from "./keys";
import { text } from "./strings";

const DAY = 86_400_000;
const EXPIRIES = { month: 30 * DAY, quarter: 90 * DAY, year: 365 * DAY, never: null };
type Expiry = keyof typeof EXPIRIES;

/** Asks what a new key is for, what it may do, and when it ends. */
export function CreateDialog() {
  const field = useRef<HTMLInputElement>(null);
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [expiry, setExpiry] = useState<Expiry>("quarter");
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState("");
  useLayoutEffect(() => field.current?.focus(), []);

  const toggle = (permission: string) => {
    const next = new Set(chosen);
    if (!next.delete(permission)) next.add(permission);
    setChosen(next);
  };
  const submit = async () => {
    if (saving || isBlank(name)) return field.current?.focus();
    if (!chosen.size) return setProblem(text.form.needsPermission);
    setSaving(true);
    const after = EXPIRIES[expiry];
    const failed = await create({
      name,
      permissions: [...chosen],
      expires_at: after === null ? null : new Date(Date.now() + after).toISOString(),
    });
    setSaving(false);
    setProblem(failed ?? "");
  };
  return (
    <Modal label={text.form.title} name="key-form" onClose={closeDialog}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h2>{text.form.title}</h2>
        <label class="key-field">
          <span>{text.form.name}</span>
          <input
            ref={field}
            required
            maxLength={100}
            autocomplete="off"
            placeholder={text.form.nameHelp}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <fieldset class="key-choices">
          <legend>{text.form.permissions}</legend>
          <p>{text.form.permissionsHelp}</p>
          {grantable.value.map(({ name: permission, allows }) => (
            <label key={permission}>
              <input
                type="checkbox"
                checked={chosen.has(permission)}
                onChange={() => toggle(permission)}
              />
              <span>
                <code>{permission}</code>
                <small>{allows}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <label class="key-field">
          <span>{text.form.expiry}</span>
          <select
            value={expiry}
            onChange={(event) => setExpiry(event.currentTarget.value as Expiry)}
          >
            {(Object.keys(EXPIRIES) as Expiry[]).map((one) => (
              <option key={one} value={one}>
                {text.expiries[one]}
              </option>
            ))}
          </select>
        </label>
        {problem && (
          <p class="key-problem" role="alert">
            {problem}
          </p>
        )}
        <p class="modal-actions">
          <button type="button" class="button" onClick={closeDialog}>
            {text.cancel}
          </button>
          <button type="submit" class="button primary" aria-busy={saving}>
            {text.form.submit}
          </button>
        </p>
      </form>
    </Modal>
  );
}
