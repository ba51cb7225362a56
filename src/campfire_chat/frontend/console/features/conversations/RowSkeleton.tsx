/** The shape of a row while the rows are on their way. */
export function RowSkeleton() {
  return (
    <div class="row skeleton" aria-hidden="true">
      <span class="bone round" />
      <span class="row-main">
        <span class="bone short" />
        <span class="bone" />
        <span class="bone half" />
      </span>
    </div>
  );
}
