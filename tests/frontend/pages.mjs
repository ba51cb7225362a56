// A widget or a console without its screen: the browser's own code, with REST over the network and
// events that come when they are told to. Reads a command per line: [what, ...parameters].
// node --experimental-transform-types pages.mjs <widget|console> <sources>

import { registerHooks } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [kind, sources] = process.argv.slice(2);
const root = pathToFileURL(sources).href;

/** Each page has modules of its own, as each tab of a browser. */
let generation = 0;
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const own = found.url.startsWith(root) && !found.url.includes("node_modules");
    const [page] = /\?page=\d+$/.exec(specifier) ?? /\?page=\d+$/.exec(context.parentURL) ?? [];
    return own ? { ...found, url: found.url.split("?")[0] + page } : found;
  },
});

// Its keys are those of the object, as in a browser.
class Storage {
  getItem(key) {
    return this[key] ?? null;
  }
  setItem(key, value) {
    this[key] = value;
  }
  removeItem(key) {
    delete this[key];
  }
}

let page = null;
let busy = 0;
const realFetch = globalThis.fetch;
const nobody = new EventTarget();

/** A socket that answers by REST, and brings events when the test says so. */
class Socket {
  readyState = 1;

  constructor() {
    this.page = page;
    page.socket = this;
    queueMicrotask(() => this.onopen?.());
  }

  receive(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  send(text) {
    const frame = JSON.parse(text);
    busy++;
    this.answer(frame).finally(() => busy--);
  }

  async answer(frame) {
    const { type, id, stream, after } = frame;
    const ok = (more = {}) => this.receive({ type: "ok", id, ...more });
    if (type === "hello") {
      const principal = await this.page.get("me");
      const limits = { frame_bytes: 65536, body_characters: 5000, subscriptions: 256 };
      const head = { version: 1, session: "s", epoch: this.page.epoch, heartbeat: 3600 };
      this.receive({ type: "welcome", ...head, limits, principal, streams: [], token: null });
    } else if (type === "subscribe") {
      const { head } = await this.page.events(stream, 0, 1);
      this.page.positions.set(stream, after ?? head);
      ok({ stream, head });
    } else if (type === "unsubscribe") {
      this.page.positions.delete(stream);
      ok();
    } else if (type === "receipt") {
      const { conversation_id, delivered, read } = frame;
      await this.page.api("POST", `conversations/${conversation_id}/receipts`, { delivered, read });
      ok();
    }
  }

  close() {}
}

class Page {
  positions = new Map();
  socket = null;
  location = { href: "", hash: "#/" };

  constructor({ base, headers, identity, epoch }) {
    Object.assign(this, { base, headers, identity, epoch, number: ++generation });
  }

  async api(method, path, body) {
    const headers = { ...this.headers, ...(body && { "Content-Type": "application/json" }) };
    const token = this.token?.();
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await realFetch(`${this.base}api/v1/${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  }

  get = (path) => this.api("GET", path);

  events = (stream, after, limit = 100) =>
    this.get(`streams/${encodeURIComponent(stream)}/events?after=${after}&limit=${limit}`);

  load = (name) => import(`${root}/${kind}/${name}.ts?page=${this.number}`);

  /** Brings what the streams have, in the order that `picks` gives between the streams. */
  async deliver(picks) {
    const waiting = new Map();
    for (const [stream, after] of this.positions) {
      const { events } = await this.events(stream, after);
      if (events.length) waiting.set(stream, events);
    }
    for (let turn = 0; waiting.size; turn++) {
      const names = [...waiting.keys()];
      const stream = names[(picks[turn] ?? 0) % names.length];
      const [event, ...rest] = waiting.get(stream);
      if (rest.length) waiting.set(stream, rest);
      else waiting.delete(stream);
      // Left meanwhile: the server would send no more of it.
      if (!this.positions.has(stream)) continue;
      this.positions.set(stream, event.seq);
      this.socket.receive(event);
    }
  }
}

Object.assign(globalThis, {
  window: globalThis,
  document: Object.assign(nobody, {
    hidden: false,
    visibilityState: "visible",
    activeElement: null,
    body: null,
    documentElement: { dataset: {} },
    hasFocus: () => false,
    querySelector: () => null,
    querySelectorAll: () => [],
    getElementById: () => null,
  }),
  addEventListener: nobody.addEventListener.bind(nobody),
  removeEventListener: nobody.removeEventListener.bind(nobody),
  matchMedia: () => Object.assign(new EventTarget(), { matches: false }),
  requestAnimationFrame: (callback) => setTimeout(callback),
  BroadcastChannel: undefined,
  history: {
    pushState: (state, title, hash) => (location.hash = hash),
    replaceState: (state, title, hash) => (location.hash = hash),
  },
  HTMLElement: class {},
  HTMLTextAreaElement: class {},
  localStorage: new Storage(),
  WebSocket: Socket,
  async fetch(url, options) {
    busy++;
    try {
      const headers = { ...page.headers, ...options.headers };
      const response = await realFetch(url, { ...options, headers });
      // All of it, so that nothing is under way any more.
      const text = await response.text();
      return new Response(text, { status: response.status, headers: response.headers });
    } finally {
      // What waits for the answer goes on first.
      setTimeout(() => busy--);
    }
  },
});

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Until nothing has been asked that was not answered. */
async function rest() {
  for (let calm = 0; calm < 3; calm = busy ? 0 : calm + 1) await turn();
}

const plain = (map) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));

const WIDGET = {
  async open() {
    const { beginChat } = await page.load("panel");
    const host = {
      base: page.base,
      place: { querySelector: () => null, getRootNode: () => ({ activeElement: null }) },
      identity: () => page.identity,
      style() {},
      emit() {},
      close() {},
    };
    page.panel = beginChat(host, () => {});
    const chat = await page.load("chat");
    page.token = () => chat.session.token();
    page.panel.toggled(true);
  },
  async enter(id) {
    const { enter } = await page.load("rooms");
    const { state } = await page.load("chat");
    enter(state.rooms.find(({ key }) => key === id) ?? null);
  },
  async dump() {
    const { state } = await page.load("chat");
    const room = ({ info, messages, phase, key }) => ({ info, messages, phase, key });
    const { key } = state.room;
    return {
      room: room(state.room),
      rooms: plain(state.rooms.map(({ key, info }) => [key, info])),
      order: state.rooms.map((found) => found.key),
      listed: state.rooms.some((found) => found.key === key),
    };
  },
  async break(noun, event) {
    const { REDUCERS } = await page.load("rooms");
    delete REDUCERS[event];
  },
  async close() {
    page.panel.shutdown();
  },
};

const CONSOLE = {
  async open() {
    const { install } = await page.load("shell/registry");
    const load = async (name) => (await page.load(`features/${name}/background`)).BACKGROUND;
    const features = [await load("messages"), await load("conversations")];
    // What they show is left out: it is made of components.
    install(features);
    const { start } = await page.load("shell/start");
    await start();
    await rest();
    const { choose, loadMore, progress, STATUSES, VIEWS } = await page.load("features/conversations/lists");
    for (const view of VIEWS) {
      for (const status of STATUSES) {
        choose(view, status);
        for (await rest(); !progress.peek().whole; await rest()) loadMore();
      }
    }
  },
  async enter(id) {
    const { go } = await page.load("features/conversations/route");
    go(id);
  },
  async dump() {
    const { choose, matching, STATUSES, VIEWS } = await page.load("features/conversations/lists");
    const { rows, unreadOf } = await page.load("features/conversations/inbox");
    const { thread } = await page.load("features/messages/thread");
    const { timeline } = await page.load("features/messages/timeline");
    const lists = {};
    for (const view of VIEWS) {
      for (const status of STATUSES) {
        choose(view, status);
        lists[`${view}:${status}`] = matching.peek().map(({ summary }) => summary.id);
      }
    }
    const opened = thread.peek();
    const unread = [...rows.peek()].map(([id, row]) => [id, unreadOf(row)]);
    return {
      lists,
      rows: plain([...rows.peek()].map(([id, { summary }]) => [id, summary])),
      unread: plain(unread),
      thread: opened && {
        id: opened.id,
        phase: `${opened.phase.peek()} ${opened.error.peek()}`,
        messages: plain(opened.messages.peek()),
        activities: plain(opened.activities.peek()),
        timeline: timeline.peek().map(({ kind, key }) => `${kind} ${key}`),
      },
    };
  },
  async break(noun, event) {
    const tables = await page.load(`features/${noun}/reducers`);
    for (const table of Object.values(tables)) delete table[event];
  },
  async close() {
    const { connection } = await page.load("shell/session");
    const { go } = await page.load("features/conversations/route");
    go(null);
    connection.stop();
  },
};

const doing = {
  look: () => document.dispatchEvent(new Event("visibilitychange")),
  ...(kind === "widget" ? WIDGET : CONSOLE),
  deliver: (picks) => page.deliver(picks),
};

const pages = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const [name, what, ...parameters] = JSON.parse(line);
  let answer = null;
  try {
    if (what === "open") {
      page = new Page(parameters[0]);
      pages.set(name, page);
      for (const key of Object.keys(localStorage)) delete localStorage[key];
      page.location.href = `${page.base}console/`;
    } else page = pages.get(name);
    globalThis.location = page.location;
    answer = (await doing[what](...parameters)) ?? null;
    await rest();
  } catch (error) {
    answer = { failed: String(error.stack) };
  }
  console.log(JSON.stringify(answer));
}
process.exit(0);
