/** A part of the bundle that is loaded when it is needed. */
export interface Chunk<T> {
  /** Null until it has arrived. */
  readonly ready: T | null;
  /** Tries once; rejects when the part cannot be loaded now. */
  attempt(): Promise<T>;
  /** Tries until it has arrived. */
  load(): Promise<T>;
}

/** The longest pause between two tries, in milliseconds. */
const PAUSE = 10_000;

/**
 * @param bring Imports the part; a function with nothing in it but the import of a literal name.
 * @param failed Told after each try that came to nothing.
 */
export function createChunk<T>(bring: () => Promise<T>, failed?: () => void): Chunk<T> {
  let tries = 0;
  let attempting: Promise<T> | null = null;
  let loading: Promise<T> | null = null;
  let ready: T | null = null;

  // Browsers remember that an address failed, so each further try is under a new one.
  const bringAnew = () =>
    tries++ ? (import(/* @vite-ignore */ `${addressIn(bring)}?${tries}`) as Promise<T>) : bring();

  const attempt = () =>
    (attempting ??= bringAnew().then(
      (part) => (ready = part),
      (error) => {
        attempting = null;
        failed?.();
        throw error;
      },
    ));

  async function load(): Promise<T> {
    for (let pause = 1000; ; pause = Math.min(PAUSE, 2 * pause)) {
      try {
        return await attempt();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  return {
    get ready() {
      return ready;
    },
    attempt,
    load: () => (loading ??= load()),
  };
}

/** The hashed name, which only the bundled function knows. All parts of a bundle lie in one folder. */
const addressIn = (bring: () => unknown) => /\.\/[\w./-]+/.exec(String(bring))?.[0];
