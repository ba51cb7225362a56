import { listen } from "./listen";

/**
 * Hides what a page shows of a person's conversations while it is not known whether that person is
 * still the one in front of it.
 *
 * A hidden tab cannot be relied upon to notice that somebody has logged out in another one: its
 * timers sleep. So it is covered when it is hidden, and uncovered when it is shown and the person
 * has been found to be the same. A window that only gains the focus was in sight all the time: it
 * finds out without being covered.
 */
export interface Curtain {
  /** Finds out whether it is the same person, and covers until that is known. */
  check(): void;
  /** It could not be found out: tries again soon. */
  later(): void;
  /** It is known. */
  lift(): void;
  stop(): void;
}

/** Milliseconds until the next try, when nobody can say who is there. */
const RETRY = 3000;
/** Milliseconds for which a focused window needs no new proof. */
const RECENT = 1000;

export interface CurtainOptions {
  cover(covered: boolean): void;
  /**
   * Resolves once what the page would show is right for whoever is there, be it the same person or
   * another one; rejects when that cannot be found out now.
   */
  prove(): Promise<unknown>;
}

export function createCurtain({ cover, prove }: CurtainOptions): Curtain {
  let turn = 0;
  let timer = 0;
  let provedAt = 0;

  async function look(): Promise<void> {
    clearTimeout(timer);
    const mine = ++turn;
    try {
      await prove();
      if (mine === turn) lift();
    } catch {
      if (mine === turn) later();
    }
  }

  function check(): void {
    cover(true);
    void look();
  }

  function later(): void {
    clearTimeout(timer);
    timer = setTimeout(check, RETRY);
  }

  function lift(): void {
    turn++;
    clearTimeout(timer);
    provedAt = Date.now();
    if (!document.hidden) cover(false);
  }

  const shown = () => {
    if (!document.hidden) return check();
    turn++;
    clearTimeout(timer);
    cover(true);
  };
  const focused = () => {
    if (!document.hidden && Date.now() - provedAt > RECENT) void look();
  };
  const restored = (event: PageTransitionEvent) => event.persisted && check();

  const deaf = [
    listen(document, "visibilitychange", shown),
    listen(window, "focus", focused),
    listen(window, "pageshow", restored),
  ];
  return {
    check,
    later,
    lift,
    stop() {
      turn++;
      clearTimeout(timer);
      for (const stop of deaf) stop();
    },
  };
}
