import { now } from "../../shell/clock";
import { LineEditor, type EditorProps } from "./LineEditor";
import { text } from "./strings";

/** Languages that are offered; every other tag can be typed. */
const LOCALES = (
  "ar bg cs da de de-AT de-CH el en en-GB en-US es es-419 et fi fr fr-CA he hi hr hu id it ja ko lt " +
  "lv nb nl pl pt pt-BR ro ru sk sl sr sv th tr uk vi zh-Hans zh-Hant"
).split(" ");

function languageOf(tag: string): string | null {
  try {
    const name = new Intl.DisplayNames([text.language], { type: "language" }).of(tag);
    return name && name.toLowerCase() !== tag.toLowerCase() ? name : null;
  } catch {
    return null;
  }
}

function timeIn(zone: string, at: number): string | null {
  try {
    return new Intl.DateTimeFormat(undefined, {
      timeZone: zone,
      weekday: "short",
      hour: "numeric",
      minute: "2-digit",
    }).format(at);
  } catch {
    return null;
  }
}

/** A language tag, with the languages that people choose most. */
export function LocaleEditor(props: EditorProps) {
  const name = languageOf(String(props.entry ?? "").trim());
  return (
    <>
      <LineEditor {...props} list={`${props.id}-list`} />
      <datalist id={`${props.id}-list`}>
        {LOCALES.map((tag) => (
          <option key={tag} value={tag}>
            {languageOf(tag)}
          </option>
        ))}
      </datalist>
      {name && <p class="setting-help">{text.languageNow(name)}</p>}
    </>
  );
}

/** A time zone, with those that the browser knows. */
export function TimeZoneEditor(props: EditorProps) {
  const zone = String(props.entry ?? "").trim();
  const time = zone ? timeIn(zone, now.value) : null;
  return (
    <>
      <LineEditor {...props} list={`${props.id}-list`} />
      <datalist id={`${props.id}-list`}>
        {Intl.supportedValuesOf("timeZone").map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {time && <p class="setting-help">{text.timeNow(time)}</p>}
    </>
  );
}
