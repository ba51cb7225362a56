import { text as common } from "../../ui/strings";

/** The shape of a conversation while it is on its way. */
export function LogSkeleton() {
  return (
    <div class="log-skeleton" role="status">
      <span class="hidden">{common.loading}</span>
      <span class="bone" />
      <span class="bone own" />
      <span class="bone wide" />
      <span class="bone own" />
    </div>
  );
}
