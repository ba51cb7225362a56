import { computed, signal } from "@preact/signals";
import { ApiError } from "../../../common/api";
import type {
  Scope,
  SettingRecord,
  SettingsChanged,
  SettingsRecord,
} from "../../../common/types";
import { announce, toast } from "../../shell/overlay";
import { applyPreferences } from "../../shell/preferences";
import { api, apiMatching, isMe, reason } from "../../shell/session";
import { text } from "./strings";
import { entryOf, inWords, read, Refused, same, type Entry } from "./values";

const PATHS: Record<Scope, string> = { organization: "settings", agent: "me/settings" };
const SCOPES: readonly Scope[] = ["organization", "agent"];
/** How often a save is tried while others change other settings. */
const TRIES = 4;

/** What somebody has entered and not saved. `base` is the value that they began with. */
interface Draft {
  readonly entry: Entry;
  readonly base: unknown;
}

type Named<T> = Readonly<Record<string, T>>;

const records = signal<Partial<Record<Scope, SettingsRecord>>>({});
export const problem = signal<string | null>(null);
/** They outlive the screen: who looks something up elsewhere finds them again. */
export const drafts = signal<Named<Draft>>({});
/** What is wrong with what was entered, by the names of the settings. */
export const errors = signal<Named<string>>({});
/** Why a section was not saved. */
export const failures = signal<Named<string>>({});
export const saving = signal<string | null>(null);
/** Who changed a setting last, as far as this page has heard. */
const authors = signal<Named<string>>({});

export const settings = computed<readonly SettingRecord[]>(() =>
  SCOPES.flatMap((scope) => records.value[scope]?.settings ?? []),
);
export const loaded = computed(() => SCOPES.every((scope) => records.value[scope]));
/** The names of the sections, in the order in which the settings are declared. */
export const sections = computed(() => [
  ...new Set(settings.value.map(({ edited_in }) => edited_in)),
]);

export const inSection = (section: string): SettingRecord[] =>
  settings.value.filter(({ edited_in }) => edited_in === section);

export const hasDrafts = (section: string): boolean =>
  inSection(section).some(({ name }) => name in drafts.value);

export const entry = (setting: SettingRecord): Entry =>
  drafts.value[setting.name]?.entry ?? entryOf(setting, setting.value);

/** The value as it would be saved; the stored one while what was entered makes no sense. */
export function shown(setting: SettingRecord): unknown {
  try {
    return read(setting, entry(setting));
  } catch {
    return setting.value;
  }
}

/** What a colleague made of a setting while it was being edited here. */
export function conflict(setting: SettingRecord): { who: string; value: string } | null {
  const draft = drafts.value[setting.name];
  if (!draft || same(draft.base, setting.value)) return null;
  return {
    who: authors.value[setting.name] ?? text.somebody,
    value: inWords(setting, setting.value),
  };
}

function without<T>(all: Named<T>, names: readonly string[]): Named<T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}

export function enter(setting: SettingRecord, next: Entry): void {
  const { name, value } = setting;
  errors.value = without(errors.peek(), [name]);
  const base = drafts.peek()[name]?.base ?? value;
  // Back to what is stored: there is nothing to save.
  drafts.value = same(next, entryOf(setting, value))
    ? without(drafts.peek(), [name])
    : { ...drafts.peek(), [name]: { entry: next, base } };
}

export const reset = (setting: SettingRecord): void =>
  enter(setting, entryOf(setting, setting.default));

export function discard(names: readonly string[]): void {
  drafts.value = without(drafts.peek(), names);
  errors.value = without(errors.peek(), names);
}

export function discardSection(section: string): void {
  discard(inSection(section).map(({ name }) => name));
  failures.value = without(failures.peek(), [section]);
}

/** Takes over what the server says. A draft that says the same is none any more. */
function take(scope: Scope, record: SettingsRecord): void {
  records.value = { ...records.peek(), [scope]: record };
  discard(
    record.settings
      .filter((setting) => {
        const draft = drafts.peek()[setting.name];
        return draft && same(draft.entry, entryOf(setting, setting.value));
      })
      .map(({ name }) => name),
  );
  if (scope === "agent") applyPreferences(record.values);
}

/** Grows with each question: only the last answer counts. */
const turns: Record<Scope, number> = { organization: 0, agent: 0 };

async function load(scope: Scope): Promise<void> {
  const turn = ++turns[scope];
  const record = await api.get<SettingsRecord>(PATHS[scope]);
  if (turn === turns[scope]) take(scope, record);
}

export async function reload(): Promise<void> {
  try {
    await Promise.all(SCOPES.map(load));
    problem.value = null;
  } catch (error) {
    problem.value = reason(error);
  }
}

/** A colleague, or another tab, has changed settings of the organisation. */
export async function heard({ changes, actor }: SettingsChanged): Promise<void> {
  const who = isMe(actor) ? text.yourself : (actor.name ?? text.somebody);
  const names = Object.keys(changes);
  authors.value = { ...authors.peek(), ...Object.fromEntries(names.map((name) => [name, who])) };
  // The answer to what is being saved here says the same.
  if (saving.peek() && isMe(actor)) return;
  await reload();
  for (const setting of settings.peek()) {
    const met = names.includes(setting.name) ? conflict(setting) : null;
    if (met) announce(text.conflict(met.who, met.value));
  }
}

/** Puts the cursor into the first field of these. */
function focusField(name: string): void {
  requestAnimationFrame(() => document.getElementById(`setting-${name}`)?.focus());
}

/** Saves what was entered in a section: all of it, or nothing of it. */
export async function save(section: string): Promise<void> {
  if (saving.peek()) return;
  saving.value = section;
  failures.value = without(failures.peek(), [section]);
  try {
    for (const scope of SCOPES) if (!(await saveScope(section, scope))) return;
    toast(text.saved);
  } finally {
    saving.value = null;
  }
}

async function saveScope(section: string, scope: Scope): Promise<boolean> {
  const sent = drafts.peek();
  const edited = inSection(section).filter((item) => item.scope === scope && item.name in sent);
  if (!edited.length) return true;
  const body: Record<string, unknown> = {};
  for (const setting of edited) {
    try {
      const value = read(setting, sent[setting.name]?.entry ?? null);
      // The default is no choice: null takes the choice back.
      body[setting.name] = same(value, setting.default) ? null : value;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refuse(section, setting.name, error.message);
      return false;
    }
  }
  return send(section, scope, body, sent, edited);
}

async function send(
  section: string,
  scope: Scope,
  body: Record<string, unknown>,
  sent: Named<Draft>,
  edited: readonly SettingRecord[],
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const before = records.peek()[scope];
    try {
      const answer = await apiMatching(before?.etag ?? "*").request<SettingsRecord>(
        "PATCH",
        PATHS[scope],
        { body },
      );
      turns[scope]++;
      // What was typed meanwhile is not saved yet.
      discard(edited.map(({ name }) => name).filter((name) => drafts.peek()[name] === sent[name]));
      take(scope, answer);
      return true;
    } catch (error) {
      const stale = error instanceof ApiError && error.code === "settings_stale";
      if (!stale || attempt === TRIES) return fail(section, error, edited);
      try {
        await load(scope);
      } catch (cause) {
        return fail(section, cause, edited);
      }
      const now = records.peek()[scope];
      const moved = edited.find(({ name }) => !same(before?.values[name], now?.values[name]));
      if (moved) {
        failures.value = { ...failures.peek(), [section]: text.failed.stale };
        focusField(moved.name);
        return false;
      }
      // Other settings have changed: these are still as they were read.
    }
  }
}

function refuse(section: string, name: string, why: string): void {
  errors.value = { ...errors.peek(), [name]: why };
  failures.value = { ...failures.peek(), [section]: text.failed.field };
  focusField(name);
}

function fail(section: string, error: unknown, edited: readonly SettingRecord[]): false {
  const found = error instanceof ApiError ? error : null;
  const field = edited.find(({ name }) => name === found?.field);
  if (field && found) {
    const said = found.message.replace(`${field.name}: `, "");
    refuse(section, field.name, said);
  } else {
    const why =
      found?.code === "network" ? text.failed.network : text.failed.other(reason(error));
    failures.value = { ...failures.peek(), [section]: why };
  }
  return false;
}
