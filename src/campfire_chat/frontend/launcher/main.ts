import type {
  BootOptions,
  CampfireEvents,
  Identity,
  Panel,
  PanelModule,
  Theme,
} from "../widget/host";
import { text } from "./messages";
import css from "./style.css?inline";

declare const __PANEL__: string;

type EventName = keyof CampfireEvents;
type Listener = (value: never) => void;

/** What a page may call, as `campfire.open()` or, before this has loaded, `campfire("open")`. */
export interface CampfireMethods {
  /** Shows the button; happens by itself unless the script tag has `data-boot="manual"`. */
  boot(options?: BootOptions): void;
  /** Says who the person is, by a token that the host's server signed; null: nobody is logged in. */
  identify(identity: Identity | null): void;
  /** Forgets the visitor on this browser, at once, and removes the button. */
  shutdown(): void;
  open(): void;
  close(): void;
  toggle(): void;
  /** Hides the button; an open panel stays. */
  hide(): void;
  show(): void;
  setTheme(theme: Theme): void;
  on<K extends EventName>(event: K, listener: (value: CampfireEvents[K]) => void): () => void;
}

type Call = [name: keyof CampfireMethods, ...values: unknown[]];

/** `window.campfire`; before it has loaded, a function of the page's own that collects calls. */
export interface CampfireGlobal extends CampfireMethods {
  (...call: Call): unknown;
  q?: ArrayLike<unknown>[];
}

const script = document.currentScript as HTMLScriptElement;
const base = new URL(".", script.src).href;
const page = window as { campfire?: CampfireGlobal; Campfire?: CampfireGlobal };
const early = page.campfire ?? page.Campfire;
const media = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Map<string, Set<Listener>>();

const ICONS =
  `<svg viewBox="0 0 24 24">` +
  `<path d="M12 2C6 2 2 6 2 11c0 3 2 6 4 7v4l4-2c7 1 12-3 12-9 0-5-4-9-10-9z"/>` +
  `<path class="flame" d="M12.5 5c.5 3 3.5 4 3.5 7.5a4 4 0 0 1-8 0q0-2 1.5-3.5.5 1.5 1.5 2` +
  `c0-2 0-4.5 1.5-6z"/></svg>` +
  `<svg viewBox="0 0 24 24"><path class="line" d="m6 9 6 6 6-6"/></svg>`;

let frame: HTMLElement | null = null;
let shadow: ShadowRoot;
let wrapper: HTMLElement;
let button: HTMLButtonElement;
let badge: HTMLElement;
let panel: Panel | null = null;
let loading = false;
let theme: Theme = "auto";
let identity: Identity | null = null;
let isOpen = false;
let unread = 0;

function element<K extends keyof HTMLElementTagNameMap>(tag: K, id: string, parent: Node) {
  const made = document.createElement(tag);
  made.id = id;
  parent.appendChild(made);
  return made;
}

function style(rules: string): void {
  try {
    // Not subject to the page's Content-Security-Policy, unlike a <style> element.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  } catch {
    element("style", "", shadow).textContent = rules;
  }
}

function emit<K extends EventName>(event: K, value: CampfireEvents[K]): void {
  if (event === "unread") unread = value as number;
  paint();
  // A page's listener that throws must not stop the chat.
  listeners.get(event)?.forEach((listener) => queueMicrotask(() => listener(value as never)));
}

function paint(): void {
  if (!frame) return;
  wrapper.className = theme === "dark" || (theme === "auto" && media.matches) ? "dark" : "";
  wrapper.dir = getComputedStyle(document.documentElement).direction;
  button.ariaExpanded = String(isOpen);
  button.ariaLabel = isOpen ? text.close : unread ? text.unread(unread) : text.open;
  badge.hidden = isOpen || !unread;
  badge.textContent = unread > 99 ? "99+" : String(unread);
}

const importPanel = (name: string) =>
  import(/* @vite-ignore */ base + "static/" + name) as Promise<PanelModule>;

/** This script may come from a cache that is older than the last deployment: ask again. */
async function importAgain(): Promise<PanelModule> {
  const source = await (await fetch(script.src, { cache: "reload" })).text();
  // The query makes it a new address: browsers remember that the old one failed.
  return importPanel(/panel-[\w-]+\.js/.exec(source) + "?" + Date.now());
}

async function load(): Promise<void> {
  if (loading) return;
  loading = true;
  const owner = frame;
  try {
    const { createPanel } = await importPanel(__PANEL__).catch(importAgain);
    if (frame !== owner) return;
    panel = createPanel({
      base,
      place: element("div", "place", wrapper),
      identity: () => identity,
      style,
      emit,
      close: () => setOpen(false),
    });
    if (isOpen) panel.toggled(true);
  } catch {
    loading = isOpen = false;
    paint();
    button.ariaLabel = button.title = text.failed;
  }
}

function setOpen(next: boolean): void {
  if (next === isOpen) return;
  boot();
  isOpen = next;
  button.title = "";
  if (panel) panel.toggled(next);
  else void load();
  emit(next ? "opened" : "closed", undefined);
  if (shadow.activeElement) button.focus();
}

/** The keys of this mount's visitors in the browser's storage, which may be closed to us. */
function stored(): string[] {
  try {
    const ours = RegExp(`^campfire:\\w+:${new URL(base).pathname}(vis_|$)`);
    return Object.keys(localStorage).filter((key) => ours.test(key));
  } catch {
    return [];
  }
}

function boot(options: BootOptions = {}): void {
  theme = options.theme ?? theme;
  identity = options.identity ?? identity;
  if (!frame) {
    frame = document.createElement("campfire-chat");
    shadow = frame.attachShadow({ mode: "open" });
    style(css);
    wrapper = element("div", "campfire", shadow);
    button = element("button", "launcher", wrapper);
    button.innerHTML = ICONS;
    badge = element("span", "badge", button);
    button.onclick = () => setOpen(!isOpen);
    // The panel's code comes while the pointer is on its way; it does nothing until opened.
    button.onpointerenter = button.onfocus = () => void load();
    document.body.append(frame);
    // Somebody who has talked here before sees the unread badge move while it is closed.
    if (stored()[0]) setTimeout(load, 500);
    emit("ready", undefined);
  }
  button.hidden = options.hidden ?? button.hidden;
  paint();
}

const methods: CampfireMethods = {
  boot,
  identify(next) {
    identity = next;
    panel?.identified();
  },
  shutdown() {
    panel?.shutdown();
    for (const key of stored()) localStorage.removeItem(key);
    frame?.remove();
    frame = panel = identity = null;
    isOpen = loading = false;
    emit("unread", 0);
  },
  open: () => setOpen(true),
  close: () => setOpen(false),
  toggle: () => setOpen(!isOpen),
  hide: () => boot({ hidden: true }),
  show: () => boot({ hidden: false }),
  setTheme: (next) => boot({ theme: next }),
  on(event, listener) {
    const set = listeners.get(event) ?? new Set<Listener>();
    listeners.set(event, set.add(listener as Listener));
    return () => void set.delete(listener as Listener);
  },
};

const call = (name: string, ...values: unknown[]) =>
  (methods as unknown as Record<string, (...values: unknown[]) => unknown>)[name]?.(...values);

function begin(): void {
  for (const values of early?.q ?? []) call(...(Array.from(values) as [string]));
  const { boot: when, theme: wanted } = script.dataset;
  if (when !== "manual") boot({ theme: (wanted as Theme | undefined) ?? theme });
}

// A page may include the script twice; there is one chat.
if (!early?.boot) {
  page.campfire = page.Campfire = Object.assign(call, methods);
  media.onchange = paint;
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}
