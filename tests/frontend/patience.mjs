// The browser's shared modules in node, with what they need of a browser: one visitor's outbox and
// connection, told what to do line by line on stdin, and telling what it does on stdout.
//
//   node --experimental-transform-types patience.mjs <base> <token> <sources>

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [base, token, sources] = process.argv.slice(2);
const told = (what, fields = {}) => console.log(JSON.stringify({ what, ...fields }));

/** Seconds by this process's own clock, which no load of the machine makes earlier. */
const now = () => performance.now() / 1000;

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

// How long it means to wait is what counts; how long a busy machine then takes is not.
const realTimeout = globalThis.setTimeout;
// Nor is the time that it gives an answer a pause.
const FOR_AN_ANSWER = 15_000;
globalThis.setTimeout = (callback, delay = 0, ...rest) => {
  if (delay >= 100 && delay !== FOR_AN_ANSWER) told("wait", { ms: Math.round(delay) });
  return realTimeout(callback, delay, ...rest);
};

const events = new EventTarget();
const RealSocket = globalThis.WebSocket;
const realFetch = globalThis.fetch;
Object.assign(globalThis, {
  window: globalThis,
  document: { hidden: false },
  addEventListener: events.addEventListener.bind(events),
  removeEventListener: events.removeEventListener.bind(events),
  localStorage: new Storage(),
  WebSocket: class extends RealSocket {
    constructor(...parameters) {
      super(...parameters);
      told("connect");
      this.addEventListener("close", ({ code }) => told("close", { code }));
      this.addEventListener("message", ({ data }) => {
        const { type, id, retry_after } = JSON.parse(data);
        if (type === "error" && id) told("refused", { seconds: retry_after, at: now() });
      });
    }
    send(text) {
      const { type, id } = JSON.parse(text);
      if (type === "message.send") told("try", { id, at: now() });
      super.send(text);
    }
  },
  fetch: (url, options) => {
    if (options.method === "POST") told("post", { path: new URL(url).pathname });
    return realFetch(url, options);
  },
});

const load = (name) => import(pathToFileURL(`${sources}/common/${name}.ts`).href);
const { createApi } = await load("api");
const { createConnection } = await load("connection");
const { createOutbox } = await load("outbox");
const { newEntry } = await load("entries");
const { listen } = await load("listen");
const storage = await load("storage");

const api = createApi({ base, token: () => token });
const connection = createConnection({ api, token: () => token });
connection.on("state", (state) => told("state", { state }));
const outbox = createOutbox({
  principal: "somebody",
  storage,
  listen,
  api,
  connection,
  onChange: () => {},
  onSent: ({ client_id, body }) => told("sent", { id: client_id, body }),
});

told("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...rest] = JSON.parse(line);
  if (command === "start") connection.start();
  // What a browser says when the tab is looked at again, or the network has changed.
  if (command === "look") events.dispatchEvent(new Event("visibilitychange"));
  if (command === "say") {
    const [conversation_id, body] = rest;
    outbox.add(newEntry({ thread: conversation_id, conversation_id, body }));
  }
}
process.exit(0);
