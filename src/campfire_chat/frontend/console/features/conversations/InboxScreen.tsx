import { text } from "./strings";
import { Details } from "./Details";
import { detailsShown } from "./details";
import { Inbox } from "./Inbox";
import { openId } from "./route";
import { ThreadPane } from "./ThreadPane";

/** The lists and the open conversation. Which panes a narrow screen shows is the style's. */
export function InboxScreen() {
  const shown = detailsShown.value;
  const step = shown ? "details" : openId.value ? "thread" : "list";
  return (
    <main class={shown ? "panes with-details" : "panes"} id="screen" data-step={step}>
      <h1 class="hidden">{text.heading}</h1>
      <Inbox />
      <ThreadPane />
      {shown && <Details />}
    </main>
  );
}
