import { Icon } from "../../ui/Icon";
import { DEFAULT_COLOR, isColor, textOn } from "./colors";
import { Picture } from "./Picture";
import { settings, shown } from "./settings";
import { text } from "./strings";

/** The value of a setting as it would be saved, in words where it is null. */
function value(name: string): string | null {
  const setting = settings.value.find((known) => known.name === name);
  if (!setting) return null;
  const found = shown(setting);
  return typeof found === "string" ? found : setting.unset || null;
}

/** How visitors will see the widget, with what is entered and not saved yet. */
export function WidgetPreview() {
  const title = value("widget_name") ?? "";
  const greeting = value("widget_greeting") ?? "";
  const color = value("widget_color");
  const accent = isColor(color) ? color : DEFAULT_COLOR;
  const logo = value("widget_logo") ?? "";
  const side = value("widget_position") === "left" ? "left" : "right";
  return (
    <figure class="widget-preview">
      <figcaption>{text.preview}</figcaption>
      <div
        class={`widget-page ${side}`}
        role="img"
        aria-label={text.previewOf(title, greeting)}
        data-side={side}
        style={{ "--preview": accent, "--on-preview": textOn(accent) }}
      >
        <div class="widget-panel" aria-hidden="true">
          <div class="widget-head">
            <span class="widget-face">
              {[...title.trim()][0]?.toUpperCase()}
              <Picture url={logo} />
            </span>
            <div>
              <strong dir="auto">{title}</strong>
              <span>{text.previewOnline}</span>
            </div>
          </div>
          <p class="widget-greeting" dir="auto">
            {greeting}
          </p>
          <p class="widget-field">{text.previewField}</p>
        </div>
        <span class="widget-launcher" aria-hidden="true">
          <Icon name="reply" size={22} />
        </span>
      </div>
    </figure>
  );
}
