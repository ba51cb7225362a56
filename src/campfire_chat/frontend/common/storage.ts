import { encode } from "./json";

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

/** Null for what is no JSON: others can write there as well. */
export function decode<T>(text: string | null): T | null {
  try {
    return text ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}

export const load = <T>(key: string): T | null =>
  decode(memory.get(key) ?? attempt((storage) => storage.getItem(key), () => null));

export function save(key: string, value: unknown): void {
  const text = encode(value);
  attempt(
    (storage) => {
      storage.setItem(key, text);
      // Some blockers put a storage there that keeps nothing.
      if (storage.getItem(key) !== text) throw null;
      memory.delete(key);
    },
    () => void memory.set(key, text),
  );
}

export function drop(key: string): void {
  memory.delete(key);
  attempt((storage) => storage.removeItem(key), () => undefined);
}

/** Whether what is saved outlives the page, as far as has been seen. */
export const kept = () => !memory.size;

/** Every stored key that begins with `prefix`, in order. */
export function keys(prefix: string): string[] {
  const stored = attempt((storage) => Object.keys(storage), () => []);
  return [...new Set([...stored, ...memory.keys()])]
    .filter((key) => key.startsWith(prefix))
    .sort();
}
