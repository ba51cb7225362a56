import type { ComponentType } from "preact";
import { Icon } from "../../ui/Icon";
import { SettingField } from "./SettingField";
import { discardSection, failures, hasDrafts, inSection, save, saving } from "./settings";
import { text } from "./strings";
import { WidgetPreview } from "./WidgetPreview";

/** What a section shows of how it will look. */
const PREVIEWS: Readonly<Record<string, ComponentType>> = { Widget: WidgetPreview };

const LOCKED = "settings-locked";

/** The settings of one section, saved together. */
export function SectionForm({ name }: { name: string }) {
  const settings = inSection(name);
  const edited = hasDrafts(name);
  const busy = saving.value === name;
  const failure = failures.value[name];
  const locked = settings.every(({ editable }) => !editable);
  const Preview = PREVIEWS[name];
  return (
    <form
      class="settings-form"
      aria-label={text.section(name)}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (edited) void save(name);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        if (edited) void save(name);
      }}
    >
      <h2>{name}</h2>
      {locked && (
        <p class="settings-locked" id={LOCKED}>
          <Icon name="lock" size={16} />
          {text.locked(settings[0]?.permission ?? "")}
        </p>
      )}
      <div class={Preview ? "settings-columns" : undefined}>
        <div class="settings-fields">
          {settings.map((setting) => (
            <SettingField
              key={setting.name}
              setting={setting}
              lockedBy={locked ? LOCKED : undefined}
            />
          ))}
        </div>
        {Preview && <Preview />}
      </div>
      {failure && (
        <p class="settings-failure" role="alert">
          {failure}
        </p>
      )}
      {!locked && (
        <p class="settings-actions">
          <button type="submit" class="button primary" disabled={!edited || busy} aria-busy={busy}>
            {busy ? text.saving : text.save}
          </button>
          {edited && (
            <button
              type="button"
              class="button"
              disabled={busy}
              onClick={() => discardSection(name)}
            >
              {text.discard}
            </button>
          )}
        </p>
      )}
    </form>
  );
}
