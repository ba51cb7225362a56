import { useEffect, useState } from "preact/hooks";
import { text } from "./strings";
import { linkState, polling } from "./session";

/** A hiccup is over before anybody could read about it. */
const PATIENCE = 1500;

/** How the connection is, and only when there is something to say. */
export function LinkNote() {
  const state = linkState.value;
  const lost = state === "offline" || state === "connecting";
  const [told, setTold] = useState(false);
  useEffect(() => {
    if (!lost) return setTold(false);
    const timer = setTimeout(() => setTold(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [lost]);
  const limited = state === "online" && polling.value;
  return (
    <div class="link-note" role="status">
      {lost && told && (
        <span class="link-lost">
          <span class="pulse" aria-hidden="true" />
          {text.link.offline}
        </span>
      )}
      {limited && <span>{text.link.poll}</span>}
    </div>
  );
}
