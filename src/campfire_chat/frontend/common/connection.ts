import { ApiError, type Api } from "./api";
import { createChunk } from "./chunk";
import { createEmitter, type Emitter } from "./emitter";
import { encode } from "./json";
import { listen } from "./listen";
import type { Poller } from "./poll";
import { createRequests, type AnswerTo, type RequestFrame } from "./requests";
import { createStreams, type StreamEntry, type StreamHandlers } from "./streams";
import type {
  ClientFrame,
  PresenceNotice,
  PrincipalRecord,
  ReceiptNotice,
  ServerFrame,
  TicketCreated,
  Typing,
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
  /**
   * The token has expired, or the host's session has; true when the same person may try again.
   * Rejects when that cannot be found out now.
   */
  refreshToken?: () => Promise<boolean>;
  /** Whether the person is here by the host's session, which has to be proved again and again. */
  signedIn?: () => boolean;
  /** Whether the server's word for who this is suits; otherwise the connection ends. */
  accepts?: (principal: PrincipalRecord) => boolean;
  client: { name: string; version: string };
}

export interface Connection {
  readonly transport: "websocket" | "poll";
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
  readonly on: Emitter<ConnectionEvents>["on"];
  /**
   * Sends over the socket, or by REST while there is none. Rejects with an `ApiError`; when that
   * is not `final`, the same frame with the same id may be sent again.
   */
  request<F extends RequestFrame>(frame: F): Promise<AnswerTo<F>>;
  /**
   * Proves the host's session unless that was done in the last so many milliseconds; nothing for
   * who is here by a token alone. Rejects with what `POST /tickets` was refused with.
   */
  prove(age: number): Promise<void>;
  /** Sends when there is a socket, else forgets it. */
  signal(frame: Typing): void;
}

const socketless = createChunk(() => import("./socketless"));
const OPEN_TIMEOUT = 10_000;
const PROBE_TIMEOUT = 5_000;
const STABLE = 60_000;
/** When the browser says that something may have changed. */
const SIGNS = "online offline visibilitychange";
/** Milliseconds for which a proof is good enough to send; the server takes 30 s. */
const PROOF_FOR_SENDING = 20_000;
/** Failed opens in a row before the long poll is tried. */
const OPENS_BEFORE_POLL = 3;

export function createConnection(options: ConnectionOptions): Connection {
  const { api, client } = options;
  const streams = createStreams(ask);
  const { on, emit } = createEmitter<ConnectionEvents>();
  const requests = createRequests(send);

  let state: ConnectionState = "idle";
  let running = false;
  let deaf: (() => void) | null = null;
  let poller: Poller | null = null;
  let socket: WebSocket | null = null;
  let welcome: Welcome | null = null;
  let attempts = 0;
  let failedOpens = 0;
  let refreshed = false;
  // Seconds over which the server wants its clients to come back, and after which at the earliest.
  let [spread, hold] = [0, 0];
  // Before that moment nothing opens a socket but the timer.
  let heldUntil = 0;
  let pings = 0;
  let retryTimer = 0;
  let watch = 0;
  // When the host's session was last known to be there, and the proof that is under way.
  let provedAt = 0;
  let proving: Promise<void> | null = null;
  // When the socket is dead unless something is heard; when to ping; when it was welcomed.
  let [deadline, nextPing, since] = [0, 0, 0];

  function setState(next: ConnectionState): void {
    if (next === state) return;
    state = next;
    emit("state", next);
  }

  function open(): void {
    if (!running || socket || performance.now() < heldUntil) return;
    clearTimeout(retryTimer);
    // While the poll carries the events, trying a socket again is nobody's business.
    if (!poller) setState("connecting");
    let opened: WebSocket;
    try {
      opened = new WebSocket(new URL("ws", api.base.replace("http", "ws")), "campfire.v1");
    } catch {
      // The page's policy forbids sockets, or a blocker took them away: HTTP is left.
      return closed(1006);
    }
    socket = opened;
    const asked = Date.now();
    deadline = Date.now() + OPEN_TIMEOUT;
    watch = setInterval(tick, 1000);
    opened.onopen = () =>
      send({
        type: "hello",
        token: options.token?.() ?? null,
        resume: streams
          .all()
          .flatMap(({ stream, last, epoch }) =>
            last === null ? [] : { stream, after: last, epoch },
          )
          .slice(0, 256),
        client,
      });
    opened.onmessage = ({ data }: MessageEvent<string>) => {
      if (welcome) deadline = Date.now() + 2000 * welcome.heartbeat;
      const frame = JSON.parse(data) as ServerFrame;
      // The handshake was a request with the cookies of that moment.
      if (frame.type === "welcome") provedAt = asked;
      receive(frame);
    };
    opened.onclose = ({ code }) => closed(code);
  }

  /** One timer for everything that a silent socket can miss. */
  function tick(): void {
    const now = Date.now();
    if (now > deadline) closed(1006);
    else if (welcome && now > nextPing) ping(now);
  }

  function ping(now: number): void {
    nextPing = now + 1000 * (welcome?.heartbeat ?? 0);
    send({ type: "ping", n: ++pings });
  }

  /** Lets go of the socket, dead or alive, and decides what comes next. */
  function closed(code: number): void {
    const opened = welcome;
    clearInterval(watch);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    socket = welcome = null;
    if (!poller) streams.lost();
    requests.lost();
    if (!running) return;

    const lasted = opened ? Date.now() - since : 0;
    if (lasted > STABLE) attempts = 0;
    failedOpens = opened ? 0 : failedOpens + 1;
    const backoff = Math.min(30_000, 500 * 2 ** attempts++);
    // Too slow once is resumed at once; too slow again and again is not.
    const prompt = code === 4470 && lasted > 1000;
    const wait = 1000 * hold;
    const delay = wait + (prompt ? 0 : Math.random() * Math.max(backoff, spread * 1000));
    heldUntil = performance.now() + wait;
    spread = hold = 0;
    if ([4403, 4404, 4480].includes(code)) return forbid();
    if (poller) {
      // Soon at first, in case it was only a restart; then once a minute.
      return schedule(wait + Math.min(60_000, 5000 * 2 ** (failedOpens - OPENS_BEFORE_POLL)));
    }
    setState("offline");
    if (code === 4401) return void refresh(delay);
    schedule(delay);
    // 1012 and up: the server has answered, so sockets do get through.
    if (failedOpens >= OPENS_BEFORE_POLL && code < 1012) void fallBack();
  }

  function schedule(delay: number): void {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => {
      heldUntil = 0;
      open();
    }, delay);
  }

  function forbid(): void {
    running = false;
    stopPolling();
    setState("forbidden");
  }

  /** @param delay Milliseconds until the next try where nobody can say who this is. */
  async function refresh(delay: number): Promise<void> {
    try {
      // A new token that is refused as well means that asking again leads nowhere.
      const again = !refreshed && (await options.refreshToken?.());
      refreshed = true;
      if (again) open();
      else if (running) forbid();
    } catch {
      if (running) schedule(delay);
    }
  }

  // The host's session.

  const prove = (age: number): Promise<void> =>
    !options.signedIn?.() || (!proving && Date.now() - provedAt < age)
      ? Promise.resolve()
      : (proving ??= show().finally(() => (proving = null)));

  async function show(): Promise<void> {
    const asked = Date.now();
    const { ticket } = await api.post<TicketCreated>("tickets");
    provedAt = asked;
    send({ type: "renew", ticket });
  }

  /** The server has asked: again and again, until it is told, or the session has ended. */
  function answer(): void {
    const before = socket;
    prove(0).catch(({ status }: ApiError) => {
      if (status !== 401) setTimeout(() => socket && socket === before && answer(), 2000);
    });
  }

  /** The long poll, while sockets do not open but HTTP works. */
  async function fallBack(): Promise<void> {
    try {
      await api.get("me");
      const { createPoller } = await socketless.attempt();
      if (!running || welcome || poller) return;
      poller = createPoller(api, streams, (alive) => {
        if (poller) setState(alive ? "online" : "offline");
      });
    } catch {
      return;
    }
    setState("online");
    poller.run();
  }

  function stopPolling(): void {
    poller?.stop();
    poller = null;
  }

  function send(frame: ClientFrame): void {
    if (socket?.readyState === 1) socket.send(encode(frame));
  }

  function ask(entry: StreamEntry): void {
    if (!welcome) return;
    const { stream, last, epoch } = entry;
    request({ type: "subscribe", stream, after: last, epoch }).then(
      ({ head }) => streams.confirmed(entry, head),
      (error: ApiError) => {
        entry.asking = false;
        if (error.code === "disconnected" || !streams.has(entry)) return;
        if (error.final) {
          streams.remove(entry);
          entry.handlers.onError?.(error);
        } else setTimeout(() => streams.repair(entry), 1000 * (error.retryAfter || 1));
      },
    );
  }

  async function request<F extends RequestFrame>(frame: F): Promise<AnswerTo<F>> {
    if (frame.type === "message.send") await prove(PROOF_FOR_SENDING);
    if (welcome) {
      return requests.send(frame).catch(async (error: ApiError) => {
        if (error.code !== "renewal_needed") throw error;
        await prove(0);
        return requests.send(frame);
      });
    }
    const { requestByRest } = await socketless.attempt().catch(() => {
      throw new ApiError("network", 0, "", false);
    });
    const ok = await requestByRest(api, frame);
    if (!poller) open(); // The server is back: no reason to sit out the rest of the wait.
    return ok;
  }

  function receive(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        return greeted(frame);
      case "error":
        // Before a close: it says when to come back.
        if (!frame.id) hold = frame.retry_after ?? 0;
      // falls through
      case "ok":
        return requests.answered(frame);
      case "event":
        return streams.event(frame);
      case "events":
        return streams.events(frame);
      case "head":
        return streams.heads(frame.heads);
      case "reset":
        return streams.reset(frame);
      case "typing":
      case "receipt":
      case "presence":
        return emit(frame.type, frame as never);
      case "renew_due":
        return answer();
      case "drain": {
        const drained = socket;
        spread = frame.window;
        setTimeout(() => {
          if (socket !== drained) return;
          spread = 0;
          closed(1012);
        }, Math.random() * spread * 1000);
      }
    }
  }

  function greeted(frame: Welcome): void {
    if (options.accepts && !options.accepts(frame.principal)) return closed(4401);
    welcome = frame;
    stopPolling();
    refreshed = false;
    since = Date.now();
    deadline = since + 2000 * frame.heartbeat;
    nextPing = since + 1000 * frame.heartbeat;
    if (frame.token) options.onToken?.(frame.token);

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

  /** Finds out at once, instead of at the next beat, whether the server is there. */
  function probe(): void {
    if (document.hidden) return;
    open();
    if (!welcome) return;
    const now = Date.now();
    ping(now);
    deadline = Math.min(deadline, now + PROBE_TIMEOUT);
  }

  return {
    get transport() {
      return poller ? "poll" : "websocket";
    },
    start() {
      if (running) return;
      running = true;
      attempts = failedOpens = heldUntil = 0;
      refreshed = false;
      deaf = listen(window, SIGNS, probe);
      open();
    },
    stop() {
      running = false;
      clearTimeout(retryTimer);
      deaf?.();
      for (const entry of streams.all()) streams.remove(entry);
      stopPolling();
      closed(1000);
      setState("idle");
    },
    subscribe(stream, { after, epoch }, handlers) {
      const entry = streams.add(stream, after ?? null, epoch ?? welcome?.epoch ?? null, handlers);
      if (welcome) streams.repair(entry);
      else poller?.run();
      return () => {
        if (streams.remove(entry)) send({ type: "unsubscribe", stream, id: "unsubscribe" });
      };
    },
    on,
    prove,
    request,
    signal: send,
  };
}
