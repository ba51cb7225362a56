import type {
  BootOptions,
  CampfireEvents,
  Identity,
  Panel,
  PanelModule,
  Theme,
} from "../widget/host";
import { folder, origin } from "./address";
import { drawIcons } from "./icons";
import { text } from "./strings";
import { createPlace, type Place } from "./place";
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
  q?: Iterable<unknown>[];
}

declare global {
  interface Window {
    campfire?: CampfireGlobal | undefined;
    Campfire?: CampfireGlobal | undefined;
    /** The chat of this document, also when the page has written over `campfire`. */
    [CHAT]?: CampfireGlobal;
  }
}

const CHAT = "campfire-chat";
const { base: found, dataset } = origin();
let base = found;
const early = window.campfire ?? window.Campfire;
const media = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Map<string, Set<Listener>>();

let frame: HTMLElement | null = null;
let place: Place;
let shadow: ShadowRoot;
let wrapper: HTMLElement;
let button: HTMLButtonElement;
let badge: HTMLElement;
let note: HTMLElement;
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

function emit<K extends EventName>(event: K, value?: CampfireEvents[K]): void {
  if (event === "unread") unread = value as number;
  paint();
  // A page's listener that throws must not stop the chat.
  listeners.get(event)?.forEach((listener) => queueMicrotask(() => listener(value as never)));
}

function paint(): void {
  if (!frame) return;
  wrapper.className = theme === "dark" || (theme === "auto" && media.matches) ? "dark" : "";
  // The body has the direction of the document too, unless it says one of its own. For a moment
  // there may be no body at all.
  wrapper.dir = getComputedStyle(document.body ?? frame).direction;
  // Each time: document.open() takes every listener away.
  addEventListener("storage", loadIfKnown);
  button.onclick = () => setOpen(!isOpen);
  // The panel's code comes while the pointer is on its way; it does nothing until opened.
  button.onpointerenter = button.onfocus = () => void load();
  button.ariaExpanded = isOpen + "";
  button.ariaLabel = isOpen ? text.close : unread ? text.unread(unread) : text.open;
  badge.hidden = isOpen || !unread;
  badge.textContent = unread > 99 ? "99+" : unread + "";
}

const importPanel = (name: string) =>
  import(/* @vite-ignore */ base + "static/" + name) as Promise<PanelModule>;

/** This script may come from a cache that is older than the last deployment: ask again. */
async function importAgain(): Promise<PanelModule> {
  const source = await (await fetch(base + "widget.js", { cache: "reload" })).text();
  // The query makes it a new address: browsers remember that the old one failed.
  return importPanel(/panel-[\w-]+\.js/.exec(source) + "?" + Date.now());
}

async function load(): Promise<void> {
  if (loading || !frame) return;
  loading = true;
  const owner = frame;
  try {
    const { createPanel } = await importPanel(__PANEL__).catch(importAgain);
    if (frame !== owner) return;
    panel = createPanel({
      base: base as string,
      place: element("div", "place", wrapper),
      identity: () => identity,
      style,
      emit,
      close: () => setOpen(false),
      // The server replaces this by the words of the organisation's branding.
      words: "@brand",
    });
    if (isOpen) panel.toggled(true);
  } catch {
    // Fetched ahead and failed: the click will try again, and tell.
    if (frame === owner && isOpen) note.textContent = text.failed;
    loading = isOpen = false;
    paint();
  }
}

function setOpen(next: boolean): void {
  if (next === isOpen) return;
  boot();
  if (!frame) return;
  isOpen = next;
  note.textContent = "";
  if (panel) panel.toggled(next);
  else void load();
  emit(next ? "opened" : "closed");
  if (shadow.activeElement) button.focus();
}

/** The keys of this mount's visitors in the browser's storage, which may be closed to us. */
function stored(): string[] {
  try {
    const ours = RegExp(`^campfire:\\w+:${new URL(base as string).pathname}(vis_|$)`);
    return Object.keys(localStorage).filter((key) => ours.test(key));
  } catch {
    return [];
  }
}

/** Somebody who has talked here before sees the unread badge move while the panel is closed. */
const loadIfKnown = () => stored()[0] && setTimeout(load, 500);

function boot(options: BootOptions = {}): void {
  theme = options.theme ?? theme;
  identity = options.identity ?? identity;
  if (options.base) base = folder(options.base);
  if (!base) return console.error(text.lost);
  if (!frame) {
    frame = document.createElement(CHAT);
    shadow = frame.attachShadow({ mode: "open" });
    style(css);
    wrapper = element("div", "campfire", shadow);
    note = element("div", "note", wrapper);
    note.role = "alert";
    button = element("button", "launcher", wrapper);
    drawIcons(button);
    badge = element("span", "badge", button);
    place = createPlace(frame, shadow, (moved) => {
      paint();
      if (moved) panel?.moved();
    });
    loadIfKnown();
    emit("ready");
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
    if (frame) place.leave();
    frame = panel = identity = null;
    isOpen = loading = false;
    removeEventListener("storage", loadIfKnown);
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
  replay(early);
  const { boot: when, theme: wanted } = dataset;
  if (when !== "manual" && !frame) boot({ theme: (wanted as Theme | undefined) ?? theme });
}

/** Makes the calls that the page has collected before this script came. */
function replay(collected: CampfireGlobal | undefined): void {
  for (const values of collected?.q ?? []) chat(...(values as Call));
}

// A page may include the script twice, or run it again with every visit; there is one chat.
const running = window[CHAT]?.boot && window[CHAT];
const chat = running ?? Object.assign(call, methods);
window.campfire = window.Campfire = window[CHAT] = chat;
if (running) {
  if (early !== running) replay(early);
} else {
  media.onchange = paint;
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}
