/** What features tell the shell. The shell knows none of them: `features/registry.ts` lists them. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Chunk } from "../../common/chunk";
import type { EventOf } from "../../common/reducers";
import type { EventMap } from "../../common/types";
import type { IconName } from "../ui/Icon";

export interface Shortcut {
  readonly label: string;
  /** Each is one way; `Mod` is Command on a Mac and Control elsewhere. */
  readonly keys: readonly string[];
  /**
   * Does it, for one of its keys; false when there is nothing to do, and the key is the browser's.
   * Left out where a field or a list of its own handles the key: the help names it all the same.
   */
  readonly run?: (key: string, event: KeyboardEvent) => boolean;
  /** Also for as long as the key is held down. */
  readonly repeats?: boolean;
}

export interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

/** Something that the palette can do. */
export interface Command {
  readonly key: string;
  readonly label: string;
  readonly hint?: string;
  readonly run: () => void;
}

/** What the palette finds besides commands. */
export interface Finder {
  readonly title: string;
  /** The title of what the server finds besides, where what is found at once has its own group. */
  readonly more?: string;
  /** What is found at once. */
  find(typed: string): Command[];
  /** What the server finds. */
  search(typed: string, signal: AbortSignal): Promise<Command[]>;
  /** What else can be done with what is typed, below all that is found. */
  readonly offer?: (typed: string) => Command[];
}

/** A place to go to, in the rail. */
export interface RailEntry {
  readonly key: string;
  readonly label: string;
  readonly icon: IconName;
  readonly current: boolean;
  readonly count?: { readonly shown: string; readonly label: string; readonly quiet: boolean };
  go(): void;
}

/** What the address shows. */
export interface Screen {
  /** The first part of its address: `jobs` is `#/jobs`. What comes after it is the screen's own. */
  readonly path: string;
  title(): string;
  readonly icon: IconName;
  /** What the agent needs for it; null: nothing. */
  readonly permission: string | null;
  /** What it renders, which is a `main` with the id `screen`; a chunk unless it is always needed. */
  readonly component: ComponentType | Chunk<{ readonly Screen: ComponentType }>;
  /** Its places in the rail; one with its title and icon, unless said so. */
  readonly rail?: () => readonly RailEntry[];
  /** Whether it fills a phone, without the rail. */
  readonly fills?: () => boolean;
  /** Where the link for the keyboard leads that skips the rail: an id; `screen`, unless said so. */
  readonly skip?: { readonly label: string; readonly id: string };
  readonly shortcuts?: readonly ShortcutGroup[];
  /** What the palette can do while it is shown. */
  readonly commands?: () => readonly Command[];
}

/** What a menu is called and what it shows; `subject` is what it was opened for. */
export interface Menu {
  readonly title: string;
  /** Without a line that says its title. */
  readonly untitled?: boolean;
  readonly Content: ComponentType<{ subject: string | null }>;
}

/** Helps whoever writes a message: its menu calls `insert` of the composer. */
export interface ComposerTool {
  readonly label: string;
  readonly icon: IconName;
  /** The name of its menu. */
  readonly menu: string;
  /** What the agent needs for it; null: nothing. */
  readonly permission: string | null;
  /** Where it helps; in replies and in notes, unless said so. */
  readonly mode?: "reply" | "note";
  /** The character that opens it where a word begins. */
  readonly trigger?: string;
}

/** Told of each event of the inbox and of what is the agent's own; a type without a listener only
 * moves on. */
export type Listeners = { readonly [K in keyof EventMap]?: (event: EventOf<K>) => void };

/** What a feature does that no screen shows. */
export interface Background {
  readonly events?: Listeners;
  /** How many things wait for this agent, for the title of the tab. */
  readonly waiting?: () => number;
  /** The agent is known, and no event has come yet. */
  readonly prepare?: () => void;
  /** Events flow. */
  readonly begin?: () => void;
  /** The position in the inbox was lost: what was loaded has to be loaded anew. */
  readonly reload?: () => void;
}

/** A noun of the console. */
export interface Feature extends Background {
  readonly name: string;
  readonly screens?: readonly Screen[];
  /** What the palette can do on every screen. */
  readonly commands?: () => readonly Command[];
  /** On every screen, beside the palette's and the help's. */
  readonly shortcuts?: readonly Shortcut[];
  readonly finder?: Finder;
  /** Beside the field of the composer. */
  readonly composerTools?: readonly ComposerTool[];
  /** By the names that `openMenu` is given. */
  readonly menus?: Readonly<Record<string, Menu>>;
  /** By the names that `openDialog` is given. */
  readonly dialogs?: Readonly<Record<string, ComponentType<{ subject: string }>>>;
  /** At the end of the rail. */
  readonly RailEnd?: ComponentType;
}

const installed = signal<readonly Feature[]>([]);

export const features = (): readonly Feature[] => installed.value;

export function install(list: readonly Feature[]): void {
  installed.value = list;
}
