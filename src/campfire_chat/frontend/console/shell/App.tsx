import { text } from "./strings";
import { DialogLayer } from "./DialogLayer";
import { Gate } from "./Gate";
import { Help } from "./Help";
import { MenuLayer } from "./MenuLayer";
import { paletteOpen } from "./overlay";
import { Palette } from "./Palette";
import { Rail } from "./Rail";
import { screen } from "./router";
import { ScreenHost } from "./ScreenHost";
import { covered, phase } from "./session";
import { Toasts } from "./Toasts";

/** The console, or the gate in front of it. */
export function App() {
  if (phase.value !== "ready") return <Gate />;
  const shown = screen.value;
  const skip = shown?.skip ?? { label: text.skip, id: "screen" };
  const filled = shown?.fills?.();
  return (
    <div class={["desk", filled && "filled", covered.value && "covered"].filter(Boolean).join(" ")}>
      {covered.value && (
        <p class="covering" role="status">
          {text.checking}
        </p>
      )}
      <a
        class="skip"
        href={`#${skip.id}`}
        onClick={(event) => {
          event.preventDefault();
          document.getElementById(skip.id)?.focus();
        }}
      >
        {skip.label}
      </a>
      <Rail />
      <ScreenHost />
      <MenuLayer />
      {paletteOpen.value && <Palette />}
      <Help />
      <DialogLayer />
      <Toasts />
    </div>
  );
}
