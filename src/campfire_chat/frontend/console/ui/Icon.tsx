/** Outlines on a 20 × 20 grid, drawn for this console. */
const PATHS = {
  mine: "M10 10.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3.5 17c.6-3 3.2-4.5 6.5-4.5s5.9 1.5 6.5 4.5",
  unassigned: "M3 11.5 5 4h10l2 7.5V16H3v-4.5Zm0 0h4c0 1.7 1.2 2.7 3 2.7s3-1 3-2.7h4",
  all: "M3 5h14M3 10h14M3 15h14",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12Zm4.3-1.7L17 17",
  close: "m5 5 10 10M15 5 5 15",
  back: "m12 4-6 6 6 6",
  down: "m5 8 5 5 5-5",
  arrowDown: "M10 4v12m-5-5 5 5 5-5",
  arrowUp: "M10 16V4M5 9l5-5 5 5",
  check: "m4 10.5 4 4 8-9",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-11v4l2.7 1.7",
  snooze: "M10 17a6.2 6.2 0 1 0 0-12.4A6.2 6.2 0 0 0 10 17ZM8 8.7h4l-4 4h4M3 5l2.3-2M17 5l-2.3-2",
  lock: "M5 9h10v8H5V9Zm2 0V6.5a3 3 0 0 1 6 0V9",
  send: "M17 3 9 11M17 3l-5 14-3-6-6-3 14-5Z",
  tag: "M3.5 3.5h6l7 7-6 6-7-7v-6Zm3.2 3.2h.1",
  flag: "M5 17V3.5h9.5L12.5 7l2 3.5H5",
  info: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-7.5V14M10 6.5v.1",
  panel: "M3 4h14v12H3V4Zm9 0v12",
  more: "M4.5 10h.1M10 10h.1M15.5 10h.1",
  edit: "m4 16 .7-3.3L13 4.4a1.5 1.5 0 0 1 2.1 0l.5.5a1.5 1.5 0 0 1 0 2.1L7.3 15.3 4 16Z",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6",
  copy: "M7 7h9v9H7V7Zm-3 6V4h9",
  quote: "M8 5 3.5 9.5 8 14M4 9.5h7.5a5 5 0 0 1 5 5V16",
  reply: "M3.5 4h13v9.5H9L5.5 17v-3.5h-2V4Z",
  note: "M4 3.5h12V12l-4.5 4.5H4v-13Zm7.5 13V12H16",
  eye:
    "M2.5 10S5 4.8 10 4.8 17.5 10 17.5 10 15 15.2 10 15.2 2.5 10 2.5 10ZM10 12" +
    "a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  verified:
    "m10 2.5 2 1.5 2.5-.1.7 2.4 2 1.5-.9 2.3.9 2.3-2 1.5-.7 2.4-2.5-.1-2 1.5-2-1.5-2.5.1-.7-2.4" +
    "-2-1.5.9-2.3-.9-2.3 2-1.5.7-2.4L8 4l2-1.5Zm-2.7 7.7 1.9 1.9 3.6-4",
  sun:
    "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM10 2.5v1.7m0 11.6v1.7M2.5 10h1.7" +
    "m11.6 0h1.7M4.7 4.7l1.2 1.2m8.2 8.2 1.2 1.2m0-10.6-1.2 1.2m-8.2 8.2-1.2 1.2",
  moon: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3Z",
  system: "M3 4h14v9.5H3V4Zm4 13h6m-3-3.5V17",
  keyboard: "M2.5 5.5h15v9h-15v-9Zm3 3h.1m2.9 0h.1m2.9 0h.1m2.9 0h.1M7 11.8h6",
  alert: "M10 3 2.5 16.5h15L10 3Zm0 5v4m0 2.2v.1",
  user: "M10 10.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3.5 17c.6-3 3.2-4.5 6.5-4.5s5.9 1.5 6.5 4.5",
  team:
    "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 16c.4-2.9 2.6-4.3 5.5-4.3S12.6 13.1 13 16M12.5 3.8" +
    "a3 3 0 0 1 0 5.5M14.6 12.2c1.9.5 3.1 1.8 3.4 3.8",
  at: "M13 10a3 3 0 1 0-6 0 3 3 0 0 0 6 0Zm0-3v4.3c0 2.4 4 2.2 4-1.3a7 7 0 1 0-3 5.7",
  open: "M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z",
  pending: "M5 3.5h10M5 16.5h10M6 3.5c0 4 8 5 8 13M14 3.5c0 4-8 5-8 13",
  resolved: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm-3-6.8 2.2 2.2 4-4.6",
  snoozed: "M10 17a6.2 6.2 0 1 0 0-12.4A6.2 6.2 0 0 0 10 17ZM8 8.7h4l-4 4h4M3 5l2.3-2M17 5l-2.3-2",
  plus: "M10 4v12M4 10h12",
  refresh: "M16 10a6 6 0 1 1-1.8-4.3L16 7.5M16 3.5v4h-4",
  sliders: "M3 6h7m4 0h3M3 14h3m4 0h7M12 4v4M8 12v4",
  command:
    "M7.5 7.5h5v5h-5v-5Zm0 0V5.7a1.8 1.8 0 1 0-1.8 1.8h1.8Zm5 0V5.7a1.8 1.8 0 1 1 1.8 1.8" +
    "h-1.8Zm-5 5v1.8a1.8 1.8 0 1 1-1.8-1.8h1.8Zm5 0v1.8a1.8 1.8 0 1 0 1.8-1.8h-1.8Z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
