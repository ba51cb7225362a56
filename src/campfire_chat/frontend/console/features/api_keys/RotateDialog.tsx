import { useState } from "preact/hooks";
import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { keys, rotate } from "./keys";
import { text } from "./strings";

/** In seconds. */
const OVERLAPS = { none: 0, hour: 3600, day: 86_400, week: 604_800 };
type Overlap = keyof typeof OVERLAPS;

/** Asks how long the old secret stays valid. */
export function RotateDialog({ id }: { id: string }) {
  const [overlap, setOverlap] = useState<Overlap>("day");
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState("");
  const key = keys.value.find((known) => known.id === id);
  useClosedWhen(!key);
  if (!key) return null;
  const submit = async () => {
    if (saving) return;
    setSaving(true);
    setProblem((await rotate(id, OVERLAPS[overlap])) ?? "");
    setSaving(false);
  };
  return (
    <Modal label={text.rotateTitle(key.name)} name="confirm" onClose={closeDialog}>
      <h2>{text.rotateTitle(key.name)}</h2>
      <p>{text.rotateHelp}</p>
      <label class="key-field">
        <span>{text.overlapLabel}</span>
        <select
          value={overlap}
          onChange={(event) => setOverlap(event.currentTarget.value as Overlap)}
        >
          {(Object.keys(OVERLAPS) as Overlap[]).map((one) => (
            <option key={one} value={one}>
              {text.overlaps[one]}
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
        <button
          type="button"
          class="button primary"
          aria-busy={saving}
          onClick={() => void submit()}
        >
          {text.rotate}
        </button>
      </p>
    </Modal>
  );
}
