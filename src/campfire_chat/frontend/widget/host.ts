/**
 * What launcher and panel know of each other. They are two bundles: only types cross here.
 */
import type { Availability, Message } from "../common/types";
import type { Words } from "./strings";

export type Theme = "light" | "dark" | "auto";

/**
 * A token that the host's server signed for its user, or a function that fetches a fresh one; null
 * when nobody is logged in.
 */
export type Identity = string | (() => string | null | Promise<string | null>);

export interface BootOptions {
  theme?: Theme;
  /** Start without the button; `show()` brings it. */
  hidden?: boolean;
  identity?: Identity;
  /** Where the desk is mounted, when the script cannot tell: code in a bundle, for example. */
  base?: string;
}

/** What a page may listen to, and what each listener is given. */
export interface CampfireEvents {
  ready: undefined;
  opened: undefined;
  closed: undefined;
  /** An agent wrote. */
  message: Message;
  /** How many messages of agents have not been read. */
  unread: number;
  /** The team's. */
  availability: Availability;
  /** The visitor opened a conversation. */
  conversation: { id: string };
}

/** The launcher, as the panel uses it. */
export interface Host {
  /** The mount path, absolute, with its trailing slash. */
  readonly base: string;
  /** The element in the shadow root that the panel renders into. */
  readonly place: HTMLElement;
  identity(): Identity | null;
  style(css: string): void;
  emit<K extends keyof CampfireEvents>(event: K, value: CampfireEvents[K]): void;
  close(): void;
  /** Words of the organisation in place of the panel's own; a text without any if it has none. */
  readonly words: Partial<Words> | string;
}

/** The panel, as the launcher uses it. */
export interface Panel {
  /** The person opened or closed it. */
  toggled(open: boolean): void;
  /** `host.identity()` has changed. */
  identified(): void;
  /** The element is in the document again, or in another place of it. */
  moved(): void;
  /** Stops; the launcher has the browser forget the visitor. */
  shutdown(): void;
}

export interface PanelModule {
  createPanel(host: Host): Panel;
}
