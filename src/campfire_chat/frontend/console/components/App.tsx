import { text } from "../messages";
import { covered, phase } from "../state/core";
import { detailsShown } from "../state/details";
import { deleting, paletteOpen, versionsOf } from "../state/overlay";
import { openId } from "../state/route";
import { DeleteDialog } from "./DeleteDialog";
import { Details } from "./Details";
import { Gate } from "./Gate";
import { Help } from "./Help";
import { Inbox } from "./Inbox";
import { MenuLayer } from "./MenuLayer";
import { Palette } from "./Palette";
import { Rail } from "./Rail";
import { ThreadPane } from "./ThreadPane";
import { Toasts } from "./Toasts";
import { VersionsDialog } from "./VersionsDialog";

/** The desk, or the gate in front of it. Which panes a narrow screen shows is the style's. */
export function App() {
  if (phase.value !== "ready") return <Gate />;
  const shown = detailsShown.value;
  const step = shown ? "details" : openId.value ? "thread" : "list";
  return (
    <div
      class={(shown ? "desk with-details" : "desk") + (covered.value ? " covered" : "")}
      data-step={step}
    >
      {covered.value && (
        <p class="covering" role="status">
          {text.checking}
        </p>
      )}
      <a
        class="skip"
        href="#thread"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("thread")?.focus();
        }}
      >
        {text.skip}
      </a>
      <Rail />
      <main class="panes">
        <h1 class="hidden">{text.heading}</h1>
        <Inbox />
        <ThreadPane />
        {shown && <Details />}
      </main>
      <MenuLayer />
      {paletteOpen.value && <Palette />}
      <Help />
      {deleting.value && <DeleteDialog />}
      {versionsOf.value && <VersionsDialog id={versionsOf.value} />}
      <Toasts />
    </div>
  );
}
