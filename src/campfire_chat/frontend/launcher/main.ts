import type {
  BootOptions,
  CampfireEvents,
  Host,
  Identity,
  Panel,
  PanelModule,
  Theme,
} from "../widget/host";
import { visitorKey } from "../widget/host";
import { text } from "./messages";
import css from "./style.css?inline";

declare const __PANEL__: string;

type EventName = keyof CampfireEvents;
type Listener = (value: never) => void;
type Call = [name: string, ...values: unknown[]];

/** `window.Campfire`: what a page may call. */
export interface CampfireApi {
  /** Shows the button; happens by itself unless the script tag has `data-boot="manual"`. */
  boot(options?: BootOptions): void;
  /** Says who the person is, by a token that the host's server signed. */
  identify(identity: Identity): void;
  /** Forgets the visitor on this browser and removes the button. */
  shutdown(): void;
  open(): void;
  close(): void;
  toggle(): void;
  /** Hides the button; an open panel stays. */
  hide(): void;
  show(): void;
  setTheme(theme: Theme): void;
  on<K extends EventName>(event: K, listener: (value: CampfireEvents[K]) => void): () => void;
  /** Takes calls from before the script has loaded: `Campfire.q.push(["open"])`. */
  q: { push(...calls: Call[]): void };
}

const script = document.currentScript as HTMLScriptElement;
const base = new URL(".", script.src).href;
const early = (window as { Campfire?: { q?: Call[] } }).Campfire;
const media = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Map<string, Set<Listener>>();

const ICONS =
  `<svg width="30" height="30" viewBox="0 0 30 30" aria-hidden="true"><path fill="currentColor" ` +
  `d="M15 3C8 3 2.5 7.7 2.5 13.7c0 3.4 1.7 6.3 4.5 8.3l-.8 4.3c-.1.6.5 1 1 .8l5-2.3` +
  `c.9.2 1.8.2 2.8.2 7 0 12.5-4.9 12.5-11.2S22 3 15 3z"/><path fill="var(--accent)" ` +
  `d="M15.6 7.2c.4 2.5 3.9 4.4 3.9 7.9 0 2.5-2 4.2-4.4 4.2s-4.6-1.6-4.6-4.2c0-1.7.9-3 ` +
  `1.9-4.2.3 1 .8 1.6 1.5 2 .1-2.1.5-4.3 1.7-5.7z"/></svg>` +
  `<svg width="28" height="28" viewBox="0 0 28 28" fill="none" stroke="currentColor" ` +
  `stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">` +
  `<path d="m7 11 7 7 7-7"/></svg>`;

let frame: HTMLElement | null = null;
let shadow: ShadowRoot;
let wrapper: HTMLElement;
let button: HTMLButtonElement;
let badge: HTMLElement;
let panel: Panel | null = null;
let loading: Promise<void> | null = null;
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
  if (event === "unread") {
    unread = value as number;
    paint();
  }
  for (const listener of listeners.get(event) ?? []) {
    // A page's listener that throws must not stop the chat.
    queueMicrotask(() => listener(value as never));
  }
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

async function importPanel(): Promise<PanelModule> {
  try {
    return (await import(/* @vite-ignore */ base + "static/" + __PANEL__)) as PanelModule;
  } catch (error) {
    // This script may come from a cache that is older than the last deployment.
    const source = await (await fetch(base + "widget.js", { cache: "reload" })).text();
    const name = /panel-[\w-]+\.js/.exec(source)?.[0];
    if (!name) throw error;
    // The query makes it a new address: a failed import is remembered for the old one.
    return (await import(/* @vite-ignore */ `${base}static/${name}?again=${Date.now()}`)) as PanelModule;
  }
}

function load(): Promise<void> {
  const owner = frame;
  loading ??= importPanel().then(
    (module) => {
      if (frame !== owner || panel) return;
      const host: Host = {
        base,
        place: element("div", "place", wrapper),
        get identity() {
          return identity;
        },
        style,
        emit,
        close: () => setOpen(false),
      };
      panel = module.createPanel(host);
      if (isOpen) panel.toggled(true);
    },
    () => {
      loading = null;
      if (frame !== owner || !isOpen) return;
      isOpen = false;
      paint();
      button.ariaLabel = button.title = text.failed;
    },
  );
  return loading;
}

function setOpen(next: boolean): void {
  boot();
  if (next === isOpen) return;
  isOpen = next;
  button.title = "";
  paint();
  if (panel) panel.toggled(next);
  else if (next) void load();
  if (!next && shadow.activeElement !== button) button.focus();
  emit(next ? "opened" : "closed", undefined);
}

function returning(): boolean {
  try {
    return localStorage.getItem(visitorKey(base)) !== null;
  } catch {
    return false;
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
    // The panel's code comes while the pointer is on its way.
    button.onpointerenter = button.onfocus = () => {
      const hint = document.createElement("link");
      hint.rel = "modulepreload";
      hint.href = base + "static/" + __PANEL__;
      document.head.append(hint);
      button.onpointerenter = button.onfocus = null;
    };
    document.body.append(frame);
    // Somebody who has talked here before sees the unread badge move while it is closed.
    if (returning()) (window.requestIdleCallback ?? setTimeout)(() => void load());
    emit("ready", undefined);
  }
  if (options.hidden !== undefined) button.hidden = options.hidden;
  paint();
}

const api: CampfireApi = {
  boot,
  identify(next) {
    identity = next;
    panel?.identified();
  },
  shutdown() {
    identity = null;
    if (!frame) return;
    try {
      localStorage.removeItem(visitorKey(base));
    } catch {
      // Nothing could be stored either.
    }
    panel?.shutdown();
    frame.remove();
    frame = panel = loading = null;
    isOpen = false;
    emit("unread", 0);
  },
  open: () => setOpen(true),
  close: () => setOpen(false),
  toggle: () => setOpen(!isOpen),
  hide: () => boot({ hidden: true }),
  show: () => boot({ hidden: false }),
  setTheme: (next) => boot({ theme: next }),
  on(event, listener) {
    const set = listeners.get(event) ?? new Set();
    listeners.set(event, set);
    set.add(listener as Listener);
    return () => void set.delete(listener as Listener);
  },
  q: {
    push(...calls) {
      for (const [name, ...values] of calls) {
        (api as unknown as Record<string, (...values: unknown[]) => void>)[name]?.(...values);
      }
    },
  },
};

function begin(): void {
  api.q.push(...(early?.q ?? []));
  if (script.dataset["boot"] !== "manual") {
    boot({ theme: (script.dataset["theme"] as Theme | undefined) ?? theme });
  }
}

// A page may include the script twice; there is one chat.
if (!early || !("boot" in early)) {
  (window as { Campfire?: unknown }).Campfire = api;
  media.addEventListener("change", paint);
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}
