import { signal, type ReadonlySignal } from "@preact/signals";
import { load, save } from "../../common/storage";
import type { SettingsRecord } from "../../common/types";
import { toast } from "./overlay";
import { may } from "./permissions";
import { api, reason } from "./session";
import { text } from "./strings";

/** One of the agent's own settings, where the console reads it. */
export interface Preference<T> {
  readonly value: ReadonlySignal<T>;
  /** Counts at once, and on the agent's other devices as soon as the server knows. */
  choose(next: T): void;
}

type Reader = (value: unknown) => void;

/** Who is told of the server's values, by the names of the settings. */
const readers = new Map<string, Reader>();
/** Choices that the server does not know yet: its values of before must not undo them. */
const underWay = new Map<string, number>();

/**
 * Declares that the console reads a setting. A copy in this browser is painted first, so that nothing
 * flashes while the server is asked.
 *
 * @param valid Whether a value is one that this version of the console knows.
 */
export function preference<T>(
  name: string,
  fallback: T,
  valid: (value: unknown) => value is T,
): Preference<T> {
  const key = `campfire:console:${name}`;
  const kept = load<unknown>(key);
  const value = signal<T>(valid(kept) ? kept : fallback);
  const set = (next: T) => {
    if (value.peek() === next) return;
    value.value = next;
    save(key, next);
  };
  readers.set(name, (next) => {
    if (!underWay.has(name)) set(valid(next) ? next : fallback);
  });
  return {
    value,
    choose(next) {
      set(next);
      if (may("own_settings.edit")) void store(name, next);
    },
  };
}

async function store(name: string, value: unknown): Promise<void> {
  underWay.set(name, (underWay.get(name) ?? 0) + 1);
  try {
    await api.request<SettingsRecord>("PATCH", "me/settings", { body: { [name]: value } });
  } catch (error) {
    toast(text.preferenceFailed(reason(error)), { urgent: true });
  } finally {
    const left = (underWay.get(name) ?? 1) - 1;
    if (left) underWay.set(name, left);
    else underWay.delete(name);
  }
}

/** Takes over what the server says. */
export function applyPreferences(values: Readonly<Record<string, unknown>>): void {
  for (const [name, read] of readers) if (name in values) read(values[name]);
}

/** Asks the server. Whoever may not change their settings there has them in this browser alone. */
export async function loadPreferences(): Promise<void> {
  if (!may("settings.read") || !may("own_settings.edit")) return;
  try {
    applyPreferences((await api.get<SettingsRecord>("me/settings")).values);
  } catch {
    // What is painted goes on to count; the next connection asks again.
  }
}
