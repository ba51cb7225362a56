import { createConnection, type Connection } from "../shared/connection";
import { createOutbox, type Outbox } from "../shared/outbox";
import { drop, load, save } from "../shared/storage";
import type {
  Availability,
  Message,
  Page,
  Participant,
  StreamEvent,
  VisitorConversation,
} from "../shared/types";
import type { Host } from "./host";
import { createSession } from "./session";
import { mark, merge, newRoom, type Room, type State } from "./state";

const TYPING_SHOWN = 5000;
const TYPING_EVERY = 3000;
const RETRY_START = 10_000;
const TROUBLE_AFTER = 2500;

/** The panel's state and everything that a person can do to it. */
export interface Chat {
  readonly state: State;
  toggle(open: boolean): void;
  identify(): void;
  retry(): void;
  shutdown(): void;
  close(): void;
  show(view: State["view"]): void;
  enter(room: Room | null): void;
  older(): void;
  write(draft: string): void;
  send(): void;
  resend(clientId: string): void;
  edit(clientId: string): void;
  discard(clientId: string): void;
  /** Whether the end of the thread is in sight. */
  atEnd(value: boolean): void;
}

/** @param changed Called whenever the state may look different. */
export function createChat(host: Host, changed: () => void): Chat {
  const session = createSession(host, () => void restart());
  const { api } = session;
  const state: State = {
    open: false,
    phase: "starting",
    view: "room",
    me: "",
    availability: "offline",
    connection: "idle",
    troubled: false,
    rooms: [],
    room: newRoom(),
    outbox: [],
    draft: "",
    bodyLimit: null,
    below: false,
  };
  let connection: Connection | null = null;
  let outbox: Outbox | null = null;
  let generation = 0;
  let unread = 0;
  let retryTimer = 0;
  let end = true;
  let typedAt = 0;
  let typedTimer = 0;
  let typingTimer = 0;
  let ackTimer = 0;
  let troubleTimer = 0;
  /** Marks that the server has been told, by conversation. */
  let told = new Map<string, { delivered: number; read: number }>();

  const draftKey = () => `campfire:draft:${session.principal}:${state.room.info?.id ?? "new"}`;
  const mine = (participant: Participant) => participant.id === state.me;
  const roomOf = (id: string) => state.rooms.find((room) => room.key === id);

  // The visitor and their conversations.

  async function start(): Promise<void> {
    const turn = ++generation;
    clearTimeout(retryTimer);
    if (state.phase === "failed") state.phase = "starting";
    changed();
    try {
      const other = await session.begin();
      if (turn !== generation) return;
      if (other) reset();
      setAvailability(session.availability ?? "offline");
      state.me = session.visitor?.id ?? "";
      await loadRooms();
      if (turn !== generation) return;
    } catch {
      if (turn !== generation || state.phase === "ready") return;
      state.phase = "failed";
      retryTimer = setTimeout(() => state.open && void start(), RETRY_START);
      changed();
      return;
    }
    connect();
    if (state.phase !== "ready") {
      // A first message that never got through comes before everything else.
      const unsent = state.outbox.find((entry) => !entry.conversation_id);
      enter(
        unsent
          ? newRoom(unsent.thread)
          : (state.rooms.find((room) => room.info?.status !== "resolved") ?? null),
      );
      state.phase = "ready";
    }
    acknowledge();
    changed();
  }

  function reset(): void {
    connection?.stop();
    outbox?.close();
    connection = outbox = null;
    told = new Map();
    Object.assign(state, { rooms: [], outbox: [], room: newRoom(), phase: "starting", draft: "" });
    countUnread();
  }

  function restart(): Promise<void> {
    reset();
    return start();
  }

  async function loadRooms(): Promise<void> {
    const page = await api.get<Page<VisitorConversation>>("conversations", { limit: 20 });
    for (const info of page.items) {
      const room = roomOf(info.id);
      if (room) continue;
      follow(addRoom(newRoom(info.id), info), info.head);
    }
    countUnread();
  }

  function addRoom(room: Room, info: VisitorConversation): Room {
    room.key = info.id;
    room.info = info;
    state.rooms.push(room);
    sortRooms();
    return room;
  }

  function sortRooms(): void {
    const at = (room: Room) => room.info?.last_activity_at ?? "";
    state.rooms.sort((a, b) => (at(a) < at(b) ? 1 : -1));
  }

  function connect(): void {
    if (connection) return;
    const { principal } = session;
    const made = (connection = createConnection({
      api,
      token: session.token,
      onToken: session.keep,
      refreshToken: session.renew,
      client: { name: "widget", version: "1" },
    }));
    made.on("state", (next) => {
      state.connection = next;
      clearTimeout(troubleTimer);
      if (next === "online") {
        state.troubled = false;
        // What was told over a broken connection may not have arrived.
        told.clear();
        acknowledge();
      } else if (next !== "idle") {
        troubleTimer = setTimeout(() => {
          state.troubled = true;
          changed();
        }, TROUBLE_AFTER);
      }
      changed();
    });
    made.on("welcome", (frame) => (state.bodyLimit = frame.limits.body_characters));
    made.on("typing", ({ conversation_id, participant, active }) => {
      const room = roomOf(conversation_id);
      if (!room || mine(participant)) return;
      showTyping(room, active ? participant : null);
    });
    made.on("receipt", (notice) => {
      const room = roomOf(notice.conversation_id);
      if (!room?.info) return;
      if (!mine(notice.participant)) mark(room, notice);
      else if (notice.read >= room.info.head) room.info.unread = 0;
      countUnread();
    });
    made.on("presence", ({ conversation_id, participant, availability }) => {
      const info = conversation_id && roomOf(conversation_id)?.info;
      if (!info || !availability || info.assignee?.id !== participant.id) return;
      info.assignee_availability = availability;
      changed();
    });
    outbox = createOutbox({
      principal,
      api,
      connection: made,
      onChange: (entries) => {
        state.outbox = entries;
        changed();
      },
      onSent: (entry, ok) => {
        const room = entry.conversation_id && roomOf(entry.conversation_id);
        const { message_id: id, seq, at } = ok ?? {};
        // Shown as sent from now on; the stream brings the record itself a moment later.
        if (room && id && seq && at) merge(room, [ownMessage(entry, id, seq, at)], false);
      },
      onConversation: (thread, opened) => {
        const room = state.room.key === thread ? state.room : newRoom(thread);
        room.phase = "ready";
        follow(addRoom(room, opened as VisitorConversation), 0);
        if (room === state.room) {
          // What is being written already belongs to the conversation now.
          drop(`campfire:draft:${session.principal}:new`);
          keepDraft();
        }
        host.emit("conversation", { id: opened.id });
      },
    });
    state.outbox = outbox.entries();
    for (const room of state.rooms) if (room.info) follow(room, room.info.head);
    made.start();
    outbox.flush();
  }

  function ownMessage(
    entry: { client_id: string; conversation_id: string | null; body: string },
    id: string,
    seq: number,
    at: string,
  ): Message {
    return {
      id,
      conversation_id: entry.conversation_id ?? "",
      visibility: "public",
      seq,
      at,
      sender: { kind: "visitor", id: state.me, name: null, avatar_url: null },
      kind: "text",
      body: entry.body,
      client_id: entry.client_id,
      reply_to: null,
      edited_at: null,
      deleted_at: null,
    };
  }

  // One conversation.

  function follow(room: Room, after: number): void {
    connection?.subscribe(
      "conversation:" + room.key,
      { after },
      {
        onEvent: (event) => apply(room, event),
        onReset: () => {
          room.messages = [];
          void fill(room);
        },
      },
    );
  }

  async function fill(room: Room): Promise<void> {
    room.phase = "loading";
    changed();
    try {
      const [info, page] = await Promise.all([
        api.get<VisitorConversation>("conversations/" + room.key),
        api.get<Page<Message>>(`conversations/${room.key}/messages`, { limit: 30 }),
      ]);
      room.info = { ...info, head: Math.max(info.head, room.info?.head ?? 0) };
      for (const receipt of info.receipts) if (!mine(receipt.participant)) mark(room, receipt);
      merge(room, page.items, false);
      room.cursor = page.next_cursor;
      room.phase = "ready";
    } catch {
      room.phase = "failed";
    }
    countUnread();
    acknowledge();
  }

  function apply(room: Room, event: StreamEvent): void {
    const { info } = room;
    if (!info) return;
    info.head = event.seq;
    switch (event.event) {
      case "message.created": {
        const { data } = event;
        merge(room, [data], true);
        info.last_activity_at = data.at;
        info.last_message = { seq: data.seq, at: data.at, sender: data.sender, text: data.body };
        sortRooms();
        if (room.typing?.id === data.sender.id) showTyping(room, null);
        if (!mine(data.sender)) {
          info.unread++;
          if (room === state.room && !end) state.below = true;
          host.emit("message", data);
        }
        break;
      }
      case "message.updated":
      case "message.deleted":
        if (room.messages.some((message) => message.id === event.data.id)) {
          merge(room, [event.data], true);
        }
        break;
      case "conversation.status_changed":
        info.status = event.data.status;
        break;
      case "conversation.assignee_changed":
        info.assignee = event.data.assignee;
        info.assignee_availability = null;
        break;
      case "conversation.subject_changed":
        info.subject = event.data.subject;
    }
    countUnread();
    acknowledge();
  }

  function showTyping(room: Room, participant: Participant | null): void {
    room.typing = participant;
    clearTimeout(typingTimer);
    if (participant) typingTimer = setTimeout(() => showTyping(room, null), TYPING_SHOWN);
    changed();
  }

  // Unread counts and receipts.

  function countUnread(): void {
    const total = state.rooms.reduce((sum, room) => sum + (room.info?.unread ?? 0), 0);
    if (total !== unread) host.emit("unread", (unread = total));
    changed();
  }

  const seen = (room: Room) =>
    room === state.room &&
    room.phase === "ready" &&
    state.open &&
    state.view === "room" &&
    end &&
    document.visibilityState === "visible";

  /** Tells the server what has arrived and what has been read, a moment later and in one go. */
  function acknowledge(): void {
    clearTimeout(ackTimer);
    ackTimer = setTimeout(() => {
      for (const room of state.rooms) {
        const { key, info } = room;
        if (!info) continue;
        const before = told.get(key) ?? { delivered: 0, read: 0 };
        const read = seen(room) ? info.head : before.read;
        if (seen(room)) info.unread = 0;
        const after = { delivered: info.head, read };
        const unchanged = before.delivered === after.delivered && before.read === read;
        if (unchanged || state.connection !== "online") continue;
        told.set(key, after);
        connection
          ?.request({ type: "receipt", conversation_id: key, ...after })
          .catch(() => told.delete(key));
      }
      countUnread();
    }, 150);
  }

  function setAvailability(availability: Availability): void {
    if (state.availability === availability) return;
    state.availability = availability;
    host.emit("availability", availability);
  }

  // What a person does.

  function enter(room: Room | null): void {
    stopTyping();
    state.room = room ?? newRoom();
    state.view = "room";
    state.below = false;
    end = true;
    // What was typed while the panel was still starting is nobody else's.
    state.draft = load<string>(draftKey()) ?? (state.phase === "ready" ? "" : state.draft);
    if (room?.info && room.phase !== "ready") void fill(room);
    acknowledge();
    changed();
  }

  function stopTyping(): void {
    clearTimeout(typedTimer);
    if (!typedAt) return;
    typedAt = 0;
    signalTyping(false);
  }

  function signalTyping(active: boolean): void {
    const id = state.room.info?.id;
    if (id) connection?.signal({ type: "typing", conversation_id: id, active });
  }

  function keepDraft(): void {
    if (!state.me) return;
    if (state.draft) save(draftKey(), state.draft);
    else drop(draftKey());
  }

  function write(draft: string): void {
    state.draft = draft;
    keepDraft();
    clearTimeout(typedTimer);
    if (!draft.trim()) stopTyping();
    else {
      if (Date.now() - typedAt > TYPING_EVERY) {
        typedAt = Date.now();
        signalTyping(true);
      }
      typedTimer = setTimeout(stopTyping, TYPING_EVERY + 1000);
    }
    changed();
  }

  const visible = () => {
    if (document.visibilityState === "visible") acknowledge();
  };
  document.addEventListener("visibilitychange", visible);
  // Somebody who has been here before: keep the unread badge right while the panel is closed.
  if (session.token()) void start();

  return {
    state,
    toggle(open) {
      state.open = open;
      if (open) void start();
      else stopTyping();
      acknowledge();
      changed();
    },
    identify: () => void (state.phase === "ready" && start()),
    retry: () => void start(),
    shutdown() {
      generation++;
      document.removeEventListener("visibilitychange", visible);
      reset();
      session.forget();
    },
    close: () => host.close(),
    show(view) {
      state.view = view;
      changed();
    },
    enter,
    older() {
      const { room } = state;
      const { cursor } = room;
      if (!cursor) return;
      room.cursor = null;
      api
        .get<Page<Message>>(`conversations/${room.key}/messages`, { limit: 30, cursor })
        .then(
          (page) => {
            room.cursor = page.next_cursor;
            merge(room, page.items, false);
          },
          () => (room.cursor = cursor),
        )
        .finally(changed);
    },
    write,
    send() {
      const body = state.draft.trim();
      const { room } = state;
      const limit = state.bodyLimit;
      if (!body || !outbox || (limit && [...body].length > limit)) return;
      end = true;
      outbox.add({ thread: room.key, conversation_id: room.info?.id ?? null, body });
      stopTyping();
      write("");
    },
    resend: (clientId) => outbox?.retry(clientId),
    edit(clientId) {
      const entry = outbox?.remove(clientId);
      if (entry) write([entry.body, state.draft].filter(Boolean).join("\n"));
    },
    discard: (clientId) => void outbox?.remove(clientId),
    atEnd(value) {
      if (end === value) return;
      end = value;
      if (value) state.below = false;
      acknowledge();
      changed();
    },
  };
}
