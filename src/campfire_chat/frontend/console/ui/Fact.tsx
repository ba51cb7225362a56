import type { ComponentChildren } from "preact";

/** One thing that is known and cannot be changed here. */
export function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="property fact">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
