import { text } from "./strings";

export type TickState = keyof typeof text.ticks;

/** How far a message has got: one stroke stored, two delivered, two in colour read. */
export function Ticks({ state }: { state: TickState }) {
  const label = text.ticks[state];
  return (
    <span class={`ticks ${state}`} role="img" aria-label={label} title={label}>
      <svg width="16" height="11" viewBox="0 0 16 11" aria-hidden="true">
        {state === "sending" && <circle cx="8" cy="5.5" r="3.6" />}
        {state === "failed" && <path d="M8 1.5v5M8 9.2v.1" />}
        {state === "sent" && <path d="m3.5 5.8 3 3 6-7" />}
        {(state === "delivered" || state === "read") && (
          <path d="m.9 5.8 3 3 6-7m-2.4 6 1 1 6-7" />
        )}
      </svg>
    </span>
  );
}
