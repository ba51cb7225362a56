import { signal } from "@preact/signals";

/** The time now, in milliseconds, fine enough for waiting times and day names. */
export const now = signal(Date.now());

setInterval(() => {
  if (document.visibilityState === "visible") now.value = Date.now();
}, 15_000);

document.addEventListener("visibilitychange", () => (now.value = Date.now()));
