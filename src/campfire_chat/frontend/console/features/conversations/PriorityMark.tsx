import type { Priority } from "../../../common/types";
import { text } from "./strings";

const BARS: Record<Priority, number> = { low: 1, medium: 2, high: 3, urgent: 4 };

/** Rising bars with the word beside them, so that colour is never the only sign. */
export function PriorityMark({ priority, bare }: { priority: Priority; bare?: boolean }) {
  return (
    <span class={`priority ${priority}`} title={text.priorities[priority]}>
      <svg width="13" height="12" viewBox="0 0 13 12" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={bar * 3.4}
            y={9 - bar * 2.7}
            width="2.2"
            height={3 + bar * 2.7}
            rx="1"
            class={bar < BARS[priority] ? "on" : "off"}
          />
        ))}
      </svg>
      <span class={bare ? "hidden" : undefined}>{text.priorities[priority]}</span>
    </span>
  );
}
