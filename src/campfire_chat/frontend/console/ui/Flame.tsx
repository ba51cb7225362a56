const SHAPE =
  "M17 5c.6 4.6 6.6 7.6 6.6 13.6 0 4.7-3.4 8-7.6 8s-7.6-3.3-7.6-7.7c0-3 1.5-5.2 3.3-7.2" +
  ".3 1.7 1.2 2.9 2.5 3.5C13.9 11.6 14.6 7.7 17 5Z";

/** The mark of the product. */
export function Flame({ size = 30 }: { size?: number }) {
  return (
    <svg class="flame" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" />
      <path d={SHAPE} />
    </svg>
  );
}
