const EVERY = 3000;

/** Tells the other side that the person is typing: at most every three seconds, and at the end. */
export function createTyping(signal: (active: boolean) => void) {
  let since = 0;
  let timer = 0;

  function stop(): void {
    clearTimeout(timer);
    if (since) signal(false);
    since = 0;
  }

  return {
    stop,
    typed(draft: string): void {
      clearTimeout(timer);
      if (!draft.trim()) return stop();
      timer = setTimeout(stop, EVERY + 1000);
      if (Date.now() - since < EVERY) return;
      since = Date.now();
      signal(true);
    },
  };
}
