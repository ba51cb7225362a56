const read = "m1 13 4 4L15 7m-4 9 1 1L22 7";
const paths = {
  back: "m15 18-6-6 6-6",
  close: "M18 6 6 18M6 6l12 12",
  send: "M12 19V5m-6 6 6-6 6 6",
  sending: "M12 7v5l3 2m6-2a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
  sent: "m5 13 4 4L19 7",
  delivered: read,
  read,
};

export type IconName = keyof typeof paths;

/** A line icon; `label` where nothing beside it says the same. */
export function Icon({ name, label }: { name: IconName; label?: string }) {
  return (
    <svg
      class={"icon icon-" + name}
      viewBox="0 0 24 24"
      role="img"
      aria-hidden={label ? undefined : "true"}
      aria-label={label}
    >
      <path d={paths[name]} />
    </svg>
  );
}
