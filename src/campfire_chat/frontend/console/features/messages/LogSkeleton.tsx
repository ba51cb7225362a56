import { text } from "../../messages";

/** The shape of a conversation while it is on its way. */
export function LogSkeleton() {
  return (
    <div class="log-skeleton" role="status">
      <span class="hidden">{text.loading}</span>
      <span class="bone" />
      <span class="bone own" />
      <span class="bone wide" />
      <span class="bone own" />
    </div>
  );
}
