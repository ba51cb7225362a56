// The browser's repair of gaps in node, against a server and a wire that are played here. A line on
// stdin is a list of steps; the answer is what went wrong, null when nothing did.
//
//   node --experimental-transform-types gaps.mjs <sources>

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [sources] = process.argv.slice(2);
// A second is over when the steps say so.
let timers = [];
globalThis.setTimeout = (callback) => timers.push(callback);
const { createStreams } = await import(pathToFileURL(`${sources}/common/streams.ts`).href);

/** Events of one page of a replay; few, so that short lists of steps make several pages. */
const PAGE = 2;

function play(steps) {
  timers = [];
  const server = { heads: { a: 2, b: 2 }, epoch: 1, subscribed: new Set() };
  const applied = { a: [], b: [] };
  const begin = { a: 0, b: null };
  const wire = [];
  const wrong = [];
  const send = (kind, fields) => wire.push({ kind, ...fields });
  const frame = (stream, seq) => ({ stream, seq, event: "message.created", data: {} });

  // The server answers a subscription with its head, then what came after, page by page.
  let asked = 0;
  const streams = createStreams((entry) => {
    asked++;
    const { stream, last } = entry;
    const head = server.heads[stream];
    send("ok", { stream, entry, head });
    const epoch = String(server.epoch);
    const reason = entry.epoch !== epoch ? "epoch" : (last ?? head) > head ? "ahead" : null;
    if (reason) {
      server.subscribed.delete(stream);
      return send("reset", { reset: { stream, epoch, head, reason } });
    }
    server.subscribed.add(stream);
    const missing = [];
    for (let seq = (last ?? head) + 1; seq <= head; seq++) missing.push(frame(stream, seq));
    do {
      const events = missing.splice(0, PAGE);
      send("events", { page: { stream, events, more: missing.length > 0 } });
    } while (missing.length);
  });
  const entries = {};
  function follow(stream, after, epoch) {
    let entry;
    const left = () => {
      if (entries[stream] === entry) return;
      wrong.push(`${stream}: who has left is told of it`);
    };
    entry = entries[stream] = streams.add(stream, after, epoch, {
      onEvent: ({ seq }) => {
        left();
        const last = applied[stream].at(-1) ?? begin[stream];
        if (seq !== last + 1) wrong.push(`${stream}: ${seq} after ${last}`);
        applied[stream].push(seq);
      },
      // The page shows a snapshot from here on, which has everything up to the head.
      onReset: ({ head }) => {
        left();
        begin[stream] = head;
        applied[stream] = [];
      },
      onHead: (head) => {
        left();
        begin[stream] ??= head;
      },
    });
    streams.repair(entry);
  }
  for (const stream of ["a", "b"]) follow(stream, begin[stream], String(server.epoch));

  function deliver(index) {
    const [message] = wire.splice(index % wire.length, 1);
    const { kind, stream } = message;
    if (kind === "ok") streams.confirmed(message.entry, message.head);
    if (kind === "event") streams.event(message.event);
    if (kind === "events") streams.events(message.page);
    if (kind === "heads") streams.heads(message.heads);
    if (kind === "reset") streams.reset(message.reset);
  }

  const elapse = () => timers.splice(0).forEach((callback) => callback());
  // A heartbeat tells only of what the client is subscribed to.
  const heads = () => {
    const some = [...server.subscribed].map((stream) => [stream, server.heads[stream]]);
    send("heads", { heads: Object.fromEntries(some) });
  };
  const lossy = (index) => {
    // An answer that is lost ends its request, and with it the connection: that is "lose".
    const some = wire.filter(({ kind }) => kind !== "ok" && kind !== "reset");
    return some.length ? wire.indexOf(some[index % some.length]) : -1;
  };

  const doing = {
    write(stream) {
      const seq = ++server.heads[stream];
      if (server.subscribed.has(stream)) send("event", { event: frame(stream, seq) });
    },
    deliver: (index) => wire.length && deliver(index),
    drop(index) {
      const at = lossy(index);
      if (at >= 0) wire.splice(at, 1);
    },
    double(index) {
      const at = lossy(index);
      if (at >= 0) wire.push(wire[at]);
    },
    heads,
    elapse,
    lose() {
      wire.length = 0;
      server.subscribed.clear();
      streams.lost();
      for (const entry of streams.all()) streams.repair(entry);
    },
    // A page that leaves a conversation and comes back, while answers are on their way.
    leave(stream) {
      const { last, epoch } = entries[stream];
      if (!streams.remove(entries[stream])) wrong.push(`${stream} could not be left`);
      if (streams.remove(entries[stream])) wrong.push(`${stream} was left twice`);
      server.subscribed.delete(stream);
      streams.repair(entries[stream]);
      if (server.subscribed.has(stream)) wrong.push(`${stream} is asked for after it was left`);
      follow(stream, last, epoch);
    },
    reset(stream) {
      const reset = {
        stream,
        epoch: String(server.epoch),
        head: server.heads[stream],
        reason: "pruned",
      };
      server.subscribed.delete(stream);
      send("reset", { reset });
    },
    // An older copy of the database is in its place: there are fewer events, and another epoch.
    restore() {
      server.epoch++;
      for (const stream of ["a", "b"]) server.heads[stream] = Math.max(1, server.heads[stream] - 2);
      doing.lose();
    },
  };
  // What arrives is enough: no heartbeat is needed to notice what is missing.
  doing.complete = (stream) => {
    while (wire.length) deliver(0);
    if (entries[stream].last !== server.heads[stream]) wrong.push(`${stream} waits for heads`);
  };
  // Events go on coming while the gap before them is being filled.
  doing.flood = (most) => {
    const before = asked;
    let at;
    while ((at = wire.findIndex(({ kind }) => kind === "event")) >= 0) deliver(at);
    if (asked - before > most) wrong.push(`it asked ${asked - before} times for one gap`);
  };
  // Whatever is on its way arrives, with a heartbeat after each, and nobody is asked more often.
  doing.calm = (most) => {
    const before = asked;
    for (let n = 0; n < 200 && (wire.length || timers.length); n++) {
      if (wire.length) {
        deliver(0);
        heads();
        deliver(wire.length - 1);
      } else elapse();
    }
    if (asked - before > most) wrong.push(`it asked ${asked - before} times`);
  };
  // The server cannot fill a gap, and every heartbeat tells of it.
  doing.hopeless = (count) => {
    const before = asked;
    for (let n = 0; n < count; n++) {
      heads();
      while (wire.length) {
        if (wire[0].kind === "events") wire.shift();
        else deliver(0);
      }
    }
    if (asked - before > 5) wrong.push(`it was asked ${asked - before} times`);
  };
  for (const [what, parameter] of steps) doing[what](parameter);

  // From here on nothing is lost any more, and heartbeats come.
  const done = () =>
    ["a", "b"].every(
      (stream) =>
        begin[stream] !== null &&
        (applied[stream].at(-1) ?? begin[stream]) === server.heads[stream] &&
        entries[stream].last === server.heads[stream],
    );
  let delivered = 0;
  for (let round = 0; round < 100 && !(done() && !wire.length); round++) {
    if (wire.length) while (wire.length && delivered++ < 10_000) deliver(0);
    else if (timers.length) elapse();
    else heads();
  }
  if (!done()) {
    wrong.push(`stale: ${JSON.stringify({ heads: server.heads, applied, begin })}`);
  }
  if (delivered >= 10_000) wrong.push("it asks without end");
  return wrong.length ? wrong : null;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(play(JSON.parse(line))));
}
