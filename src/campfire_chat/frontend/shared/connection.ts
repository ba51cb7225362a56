import { ApiError, type Api } from "./api";
import { createPoller } from "./poll";
import { createStreams, type StreamEntry, type StreamHandlers } from "./streams";
import type {
  Limits,
  Message,
  Ok,
  PresenceNotice,
  PrincipalRecord,
  ReceiptNotice,
  RequestFrame,
  ServerFrame,
  SignalFrame,
  TypingNotice,
  Welcome,
} from "./types";

export type { StreamHandlers } from "./streams";

/**
 * `connecting`: trying; `online`: events flow; `offline`: waiting for the next try;
 * `forbidden`: the server does not want this client, and only `start()` tries again.
 */
export type ConnectionState = "idle" | "connecting" | "online" | "offline" | "forbidden";

export interface ConnectionEvents {
  state: ConnectionState;
  welcome: Welcome;
  typing: TypingNotice;
  receipt: ReceiptNotice;
  presence: PresenceNotice;
}

export interface ConnectionOptions {
  api: Api;
  /** The visitor's token for `hello`; agents leave it out. */
  token?: () => string | null;
  /** The server renewed the token: keep this one instead. */
  onToken?: (token: string) => void;
  /** The token has expired; true when there is a new one to try. */
  refreshToken?: () => Promise<boolean>;
  client?: { name: string; version: string };
}

export interface Connection {
  readonly state: ConnectionState;
  readonly transport: "websocket" | "poll";
  readonly principal: PrincipalRecord | null;
  readonly limits: Limits | null;
  start(): void;
  /** Closes and forgets every subscription. */
  stop(): void;
  /**
   * Follows a stream from `after` (exclusive; left out: only what is new). A second call for the
   * same stream replaces the first. Survives reconnects.
   */
  subscribe(
    stream: string,
    position: { after?: number | null; epoch?: string | null },
    handlers: StreamHandlers,
  ): () => void;
  on<K extends keyof ConnectionEvents>(
    kind: K,
    listener: (value: ConnectionEvents[K]) => void,
  ): () => void;
  /**
   * Sends over the socket, or by REST while there is none. Rejects with an `ApiError`; when that
   * is not `final`, the same frame with the same id may be sent again.
   */
  request(frame: RequestFrame): Promise<Ok>;
  /** Sends when there is a socket, else forgets it. */
  signal(frame: SignalFrame): void;
}

const REQUEST_TIMEOUT = 15_000;
const OPEN_TIMEOUT = 10_000;
const PROBE_TIMEOUT = 5_000;
const STABLE = 60_000;
/** Failed opens in a row before the long poll is tried. */
const OPENS_BEFORE_POLL = 3;

interface Pending {
  resolve(ok: Ok): void;
  reject(error: ApiError): void;
  timer: number;
}

export function createConnection(options: ConnectionOptions): Connection {
  const { api, client } = options;
  const streams = createStreams(ask);
  const poller = createPoller(api, streams, (alive) => polling && setState(online(alive)));
  const listeners = new Map<string, Set<(value: never) => void>>();
  const pending = new Map<string, Pending>();

  let state: ConnectionState = "idle";
  let running = false;
  let polling = false;
  let socket: WebSocket | null = null;
  let welcome: Welcome | null = null;
  let attempts = 0;
  let failedOpens = 0;
  let refreshed = false;
  let drainWindow = 0;
  let heard = 0;
  let requests = 0;
  let retryTimer = 0;
  let openTimer = 0;
  let stableTimer = 0;
  let probeTimer = 0;
  let beat = 0;

  const online = (alive: boolean): ConnectionState => (alive ? "online" : "offline");

  function emit<K extends keyof ConnectionEvents>(kind: K, value: ConnectionEvents[K]): void {
    for (const listener of listeners.get(kind) ?? []) listener(value as never);
  }

  function setState(next: ConnectionState): void {
    if (next === state) return;
    state = next;
    emit("state", next);
  }

  // Opening and closing.

  function open(): void {
    clearTimeout(retryTimer);
    if (!running || socket) return;
    // While the poll carries the events, trying a socket again is nobody's business.
    if (!polling) setState("connecting");
    const url = new URL("ws", api.base);
    url.protocol = url.protocol.replace("http", "ws");
    let opened: WebSocket;
    try {
      opened = new WebSocket(url, "campfire.v1");
    } catch {
      closed(1006);
      return;
    }
    socket = opened;
    openTimer = setTimeout(() => abandon(1006), OPEN_TIMEOUT);
    opened.onopen = () => {
      const resume = streams
        .all()
        .filter((entry) => entry.last !== null)
        .slice(0, 256)
        .map(({ stream, last, epoch }) => ({ stream, after: last, epoch }));
      send({ type: "hello", token: options.token?.() ?? null, resume, client });
    };
    opened.onmessage = (message: MessageEvent<string>) => {
      heard = Date.now();
      receive(JSON.parse(message.data) as ServerFrame);
    };
    opened.onclose = (event) => {
      if (socket === opened) abandon(event.code);
    };
  }

  /** Lets go of the socket, dead or alive, and decides what comes next. */
  function abandon(code: number): void {
    const old = socket;
    socket = null;
    if (old) {
      old.onopen = old.onmessage = old.onclose = null;
      old.close();
    }
    closed(code);
  }

  function closed(code: number): void {
    const opened = welcome !== null;
    welcome = null;
    for (const timer of [openTimer, stableTimer, probeTimer]) clearTimeout(timer);
    clearInterval(beat);
    if (!polling) streams.lost();
    for (const request of [...pending.values()]) {
      request.reject(new ApiError("disconnected", 0, "The connection was lost.", false));
    }
    if (!running) return;
    failedOpens = opened ? 0 : failedOpens + 1;

    if (code === 4403 || code === 4404 || code === 4480) return forbid();
    if (code === 4401) return void refresh();
    const jitter = Math.random() * Math.min(30_000, 500 * 2 ** attempts);
    attempts++;
    if (polling) return tryAgainBesidePoll();
    setState("offline");
    if (opened && drainWindow) schedule(Math.random() * drainWindow * 1000);
    else if (opened && code === 4470) schedule(0);
    else schedule(jitter);
    drainWindow = 0;
    if (failedOpens >= OPENS_BEFORE_POLL && code < 4000) void fallBack();
  }

  function schedule(delay: number): void {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(open, delay);
  }

  function forbid(): void {
    running = false;
    stopPolling();
    setState("forbidden");
  }

  async function refresh(): Promise<void> {
    setState("offline");
    // A new token that is refused as well means that asking again leads nowhere.
    const again = !refreshed && ((await options.refreshToken?.().catch(() => false)) ?? false);
    refreshed = true;
    if (!running) return;
    if (again) open();
    else forbid();
  }

  // The long poll, while sockets do not open but HTTP works.

  async function fallBack(): Promise<void> {
    try {
      await api.get("me");
    } catch {
      return;
    }
    if (!running || welcome || polling) return;
    polling = true;
    setState("online");
    poller.run();
    if (!socket) tryAgainBesidePoll();
  }

  /** Soon at first, in case it was only a restart; then once a minute. */
  function tryAgainBesidePoll(): void {
    schedule(Math.min(60_000, 5000 * 2 ** Math.max(0, failedOpens - OPENS_BEFORE_POLL)));
  }

  function stopPolling(): void {
    polling = false;
    poller.stop();
  }

  async function requestByRest(frame: RequestFrame): Promise<Ok> {
    if (frame.type === "message.send") {
      const { id, conversation_id, body, visibility, reply_to } = frame;
      const message = await api.post<Message>(`conversations/${conversation_id}/messages`, {
        client_id: id,
        body,
        visibility,
        reply_to,
      });
      return { type: "ok", id, message_id: message.id, seq: message.seq, at: message.at };
    }
    if (frame.type === "receipt") {
      const { conversation_id, delivered, read } = frame;
      await api.post(`conversations/${conversation_id}/receipts`, { delivered, read });
    }
    return { type: "ok", id: "" };
  }

  // Frames.

  function send(frame: object): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  function ask(entry: StreamEntry): void {
    if (!welcome) return;
    const { stream, last, epoch } = entry;
    request({
      type: "subscribe",
      stream,
      ...(last !== null && { after: last }),
      ...(epoch && { epoch }),
    }).then(
      (ok) => streams.confirmed(entry, ok.head ?? 0),
      (error: ApiError) => refused(entry, error),
    );
  }

  function refused(entry: StreamEntry, error: ApiError): void {
    entry.asking = false;
    if (!streams.has(entry)) return;
    if (error.final) {
      streams.remove(entry);
      entry.handlers.onError?.(error);
    } else if (error.code !== "disconnected") {
      setTimeout(() => streams.repair(entry), 1000 * (error.retryAfter ?? 1 + Math.random()));
    }
  }

  function request(frame: RequestFrame): Promise<Ok> {
    if (!welcome) return requestByRest(frame);
    const id = "id" in frame ? frame.id : "r" + ++requests;
    return new Promise<Ok>((resolve, reject) => {
      const settle = <T>(then: (value: T) => void) => (value: T) => {
        clearTimeout(timer);
        if (pending.get(id) === entry) pending.delete(id);
        then(value);
      };
      const timer = setTimeout(
        () => entry.reject(new ApiError("timeout", 0, "No answer came in time.", false)),
        REQUEST_TIMEOUT,
      );
      const entry: Pending = { resolve: settle(resolve), reject: settle(reject), timer };
      pending.set(id, entry);
      send({ ...frame, id });
    });
  }

  function receive(frame: ServerFrame): void {
    clearTimeout(probeTimer);
    switch (frame.type) {
      case "welcome":
        return greeted(frame);
      case "ok":
        return pending.get(frame.id)?.resolve(frame);
      case "error": {
        const { code, message, final, field, retry_after } = frame;
        const error = new ApiError(code, 0, message, final, field ?? null, retry_after ?? null);
        return frame.id ? pending.get(frame.id)?.reject(error) : undefined;
      }
      case "event":
        return streams.event(frame);
      case "events":
        return streams.events(frame);
      case "head":
        return streams.heads(frame.heads);
      case "reset":
        return streams.reset(frame);
      case "typing":
        return emit("typing", frame);
      case "receipt":
        return emit("receipt", frame);
      case "presence":
        return emit("presence", frame);
      case "drain":
        drainWindow = frame.window;
        setTimeout(() => {
          if (!drainWindow) return;
          drainWindow = 0;
          abandon(1012);
        }, Math.random() * frame.window * 1000);
    }
  }

  function greeted(frame: Welcome): void {
    welcome = frame;
    clearTimeout(openTimer);
    stopPolling();
    failedOpens = drainWindow = 0;
    refreshed = false;
    if (frame.token) options.onToken?.(frame.token);
    stableTimer = setTimeout(() => (attempts = 0), STABLE);
    const period = frame.heartbeat * 1000;
    beat = setInterval(() => {
      if (Date.now() - heard > 2 * period) abandon(1006);
      else send({ type: "ping", n: ++requests });
    }, period);

    const resumed = new Map(frame.streams.map(({ stream, head }) => [stream, head]));
    for (const entry of streams.all()) {
      const head = resumed.get(entry.stream);
      entry.epoch ??= frame.epoch;
      if (head === undefined || entry.last === null) streams.repair(entry);
      else streams.confirmed(entry, head);
    }
    emit("welcome", frame);
    setState("online");
  }

  // The browser says that something changed: find out at once instead of at the next beat.

  function probe(): void {
    if (!running || document.visibilityState === "hidden") return;
    if (!socket) return open();
    if (!welcome) return;
    send({ type: "ping", n: ++requests });
    clearTimeout(probeTimer);
    probeTimer = setTimeout(() => abandon(1006), PROBE_TIMEOUT);
  }

  const browserEvents: [EventTarget, string][] = [
    [window, "online"],
    [window, "offline"],
    [window, "pageshow"],
    [document, "visibilitychange"],
  ];

  return {
    get state() {
      return state;
    },
    get transport() {
      return polling ? "poll" : "websocket";
    },
    get principal() {
      return welcome?.principal ?? null;
    },
    get limits() {
      return welcome?.limits ?? null;
    },
    start() {
      if (running) return;
      running = true;
      attempts = failedOpens = 0;
      refreshed = false;
      for (const [target, name] of browserEvents) target.addEventListener(name, probe);
      open();
    },
    stop() {
      running = false;
      clearTimeout(retryTimer);
      for (const [target, name] of browserEvents) target.removeEventListener(name, probe);
      for (const entry of streams.all()) streams.remove(entry);
      stopPolling();
      abandon(1000);
      setState("idle");
    },
    subscribe(stream, { after, epoch }, handlers) {
      const entry = streams.add(stream, after ?? null, epoch ?? welcome?.epoch ?? null, handlers);
      if (welcome) streams.repair(entry);
      else if (polling) poller.run();
      return () => {
        if (!streams.remove(entry) || !welcome) return;
        request({ type: "unsubscribe", stream }).catch(() => undefined);
      };
    },
    on(kind, listener) {
      const set = listeners.get(kind) ?? new Set();
      listeners.set(kind, set);
      set.add(listener as (value: never) => void);
      return () => set.delete(listener as (value: never) => void);
    },
    request,
    signal: send,
  };
}
