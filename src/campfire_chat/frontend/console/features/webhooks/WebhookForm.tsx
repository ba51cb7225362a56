import { useState } from "preact/hooks";
import type { TextChoice, WebhookRecord } from "../../../common/types";
import { closeDialog } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { text } from "./strings";
import { eventTypes, save } from "./webhooks";

const { form } = text;
const CHOICES: readonly TextChoice[] = ["none", "public", "all"];

/** Creates a webhook, or changes one. */
export function WebhookForm({ webhook }: { webhook: WebhookRecord | null }) {
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [all, setAll] = useState(!webhook?.events);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(webhook?.events ?? []));
  const [choice, setChoice] = useState<TextChoice>(webhook?.text ?? "none");
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async () => {
    if (saving) return;
    setSaving(true);
    const events = all ? null : [...chosen];
    const refused = await save(webhook?.id ?? null, { url, description, events, text: choice });
    setSaving(false);
    setProblem(refused);
    if (refused === null) closeDialog();
  };
  const toggle = (name: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(name);
    else next.delete(name);
    setChosen(next);
  };
  const title = webhook ? form.edit : form.create;
  return (
    <Modal label={title} name="hook-form" onClose={closeDialog}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h2>{title}</h2>
        <label>
          <span>{form.url}</span>
          <input
            type="url"
            required
            maxLength={2048}
            value={url}
            aria-describedby="hook-url-help"
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
          <small id="hook-url-help">{form.urlHelp}</small>
        </label>
        <label>
          <span>{form.description}</span>
          <input
            type="text"
            maxLength={200}
            value={description}
            aria-describedby="hook-description-help"
            onInput={(event) => setDescription(event.currentTarget.value)}
          />
          <small id="hook-description-help">{form.descriptionHelp}</small>
        </label>
        <fieldset>
          <legend>{form.events}</legend>
          <label class="choice">
            <input type="radio" name="events" checked={all} onChange={() => setAll(true)} />
            {form.all}
          </label>
          <label class="choice">
            <input type="radio" name="events" checked={!all} onChange={() => setAll(false)} />
            {form.some}
          </label>
          {!all && (
            <div class="hook-events">
              {eventTypes.value.map((name) => (
                <label key={name} class="choice">
                  <input
                    type="checkbox"
                    checked={chosen.has(name)}
                    onChange={(event) => toggle(name, event.currentTarget.checked)}
                  />
                  <code>{name}</code>
                </label>
              ))}
            </div>
          )}
        </fieldset>
        <fieldset>
          <legend>{form.texts}</legend>
          {CHOICES.map((name) => (
            <label key={name} class="choice">
              <input
                type="radio"
                name="texts"
                checked={choice === name}
                onChange={() => setChoice(name)}
              />
              {form.textChoices[name]}
            </label>
          ))}
        </fieldset>
        {problem && (
          <p class="hook-bad" role="alert">
            {problem}
          </p>
        )}
        <p class="modal-actions">
          <button type="button" class="button" onClick={closeDialog}>
            {form.cancel}
          </button>
          <button type="submit" class="button primary" disabled={saving}>
            {form.save}
          </button>
        </p>
      </form>
    </Modal>
  );
}
