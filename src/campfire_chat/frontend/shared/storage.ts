/**
 * localStorage that never throws: where the browser refuses it (blocked, full, private) the
 * values live in memory and are lost with the page.
 */

const memory = new Map<string, string>();

function attempt<T>(use: (storage: Storage) => T, otherwise: () => T): T {
  try {
    return use(localStorage);
  } catch {
    return otherwise();
  }
}

export function load<T>(key: string): T | null {
  const text = memory.get(key) ?? attempt((storage) => storage.getItem(key), () => null);
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

export function save(key: string, value: unknown): void {
  const text = JSON.stringify(value);
  attempt(
    (storage) => {
      storage.setItem(key, text);
      memory.delete(key);
    },
    () => void memory.set(key, text),
  );
}

export function drop(key: string): void {
  memory.delete(key);
  attempt((storage) => storage.removeItem(key), () => undefined);
}

/** Every stored key that begins with `prefix`, in order. */
export function keys(prefix: string): string[] {
  const stored = attempt((storage) => Object.keys(storage), () => []);
  return [...new Set([...stored, ...memory.keys()])]
    .filter((key) => key.startsWith(prefix))
    .sort();
}
