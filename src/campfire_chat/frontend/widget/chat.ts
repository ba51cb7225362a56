import type { ApiError } from "../shared/api";
import { createChannel, type Channel } from "../shared/channel";
import { createConnection, type Connection } from "../shared/connection";
import { createCurtain } from "../shared/curtain";
import { createOutbox, newClientId, newEntry, type NewEntry, type Outbox } from "../shared/outbox";
import { createSight, isAttentive, onAttention, unreadAfter } from "../shared/reading";
import { drop, load, save } from "../shared/storage";
import { characters, isBlank } from "../shared/text";
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
import { merge, newRoom, newState, received, type Room, type State } from "./state";
import { createTyping } from "./typing";

const TYPING_SHOWN = 5000;
const PAGE = 30;
/** Pages of a hundred that are loaded at once to reach the first unread message. */
const BACK = 5;
/** Milliseconds between proofs while one types; the first letter is always one's own to prove. */
const PROOF_WHILE_TYPING = 5000;
/** Milliseconds between two times that this tab gives way to another one by itself. */
const GIVE_WAY = 10_000;
/** Milliseconds without a connection before anything is said of it. */
const CALM = 2500;
/** The longest pause between two tries to begin, in milliseconds. */
const PAUSE = 30_000;

/** The panel's state and everything that a person can do to it. */
export interface Chat {
  readonly state: State;
  toggle(open: boolean): void;
  /** The page says who the person is, or that it is nobody. */
  identified(): void;
  /** The panel is in the document again. */
  moved(): void;
  /** Asks the server again who the visitor is. */
  start(): void;
  shutdown(): void;
  close(): void;
  /** Changes what is shown. */
  show(change: Partial<State>): void;
  enter(room: Room | null): void;
  older(): void;
  /** Messages of the room that this person has not read. */
  unread(): Message[];
  /** Looks at what is in sight, and marks it. */
  look(): void;
  /** To the end, where everything is read. */
  jump(): void;
  write(draft: string): void;
  send(): void;
  resend(clientId: string): void;
  edit(clientId: string): void;
  discard(clientId: string): void;
}

/** @param changed Called whenever the state may look different. */
export function createChat(host: Host, changed: () => void): Chat {
  const session = createSession(host, doubt);
  const { api } = session;
  const state = newState();
  const typing = createTyping((active) => {
    const id = state.room.info?.id;
    if (id) connection?.signal({ type: "typing", conversation_id: id, active });
  });
  let connection: Connection | null = null;
  let outbox: Outbox | null = null;
  let channel: Channel<null> | null = null;
  // Written before the server has said who the visitor is.
  let early: NewEntry[] = [];
  let turn = 0;
  let failures = 0;
  let troubleTimer = 0;
  let unread = 0;
  let ackTimer = 0;
  const sight = createSight(look);
  // Another tab has taken the visitor away: nothing is begun before the person comes back here.
  let asleep = false;
  let wrote = false;
  let gaveWayAt = -Infinity;

  const draftKey = () => `campfire:draft:${session.principal}:${state.room.info?.id}`;
  const mine = (participant: Participant) => participant.id === state.me;
  const roomOf = (id?: string) => state.rooms.find((room) => room.key === id);

  // The visitor and their conversations.

  function team(availability: Availability): void {
    if (availability !== state.availability) host.emit("availability", availability);
    state.availability = availability;
  }

  async function start(): Promise<void> {
    asleep = false;
    const mark = ++turn;
    changed();
    try {
      if (await session.begin()) reset();
      if (mark !== turn) return;
      // At once: the next notice is newer.
      team(session.availability);
      const page = await conversations();
      if (mark !== turn) return;
      state.me = session.visitor?.id ?? "";
      if (!connection) connect();
      learnOf(page);
    } catch (error) {
      if (mark !== turn) return;
      if ((error as ApiError).status === 401) return end();
      failed(error as ApiError, mark);
      return;
    }
    failures = 0;
    if (state.phase !== "ready") {
      const open = state.rooms.find((room) => room.info?.status !== "resolved");
      sendEarly(open);
      // A first message that never got through comes before everything else.
      const unsent = state.outbox.find((entry) => !entry.conversation_id);
      enter(unsent ? newRoom(unsent.thread) : (open ?? null));
      state.phase = "ready";
    }
    settle();
  }

  /** Tries again by itself, unless the server has refused for good. */
  function failed(error: ApiError, mark: number): void {
    const { final, message } = error;
    if (state.phase === "starting") show({ phase: "failed", refusal: final ? message : "" });
    again(error, () => mark === turn && start());
  }

  /** Repeats what has failed, after a pause that grows with every failure. */
  function again({ final, retryAfter }: ApiError, what: () => unknown): void {
    if (final) return;
    const pause = Math.min(PAUSE, 1000 * 2 ** failures++);
    setTimeout(what, 1000 * (retryAfter || 0) + pause * (0.5 + Math.random() / 2));
  }

  const conversations = () =>
    api.get<Page<VisitorConversation>>("conversations", { limit: 20 });

  /** Follows the conversations that are new to this tab. */
  function learnOf({ items }: Page<VisitorConversation>): void {
    for (const info of items) {
      if (!roomOf(info.id)) follow(newRoom(info.id, info), info.head);
    }
  }

  /** Another tab may have begun a conversation. */
  async function discover(): Promise<void> {
    const mark = turn;
    if (state.phase === "failed") return start();
    if (state.phase !== "ready") return;
    try {
      const page = await conversations();
      if (mark !== turn) return;
      learnOf(page);
    } catch {
      return; // The next look, or the next start, finds the same.
    }
    const { room, draft, outbox } = state;
    const newest = state.rooms.find(({ info }) => info?.status !== "resolved");
    // Nothing was begun here: this is where the talk goes on.
    const blank = !room.info && !draft && !outbox.some(({ thread }) => thread === room.key);
    if (newest && blank && state.view === "room") enter(newest);
    settle();
  }

  /** Shows it on its way, as everything else that has been sent. */
  function keepEarly(entry: NewEntry): void {
    early.push(entry);
    state.outbox = [...state.outbox, newEntry(entry)];
  }

  /** Sends what was written before it was known to whom it belongs. */
  function sendEarly(open: Room | undefined): void {
    for (const { thread, body } of early.splice(0)) {
      outbox?.add({ thread: open?.key ?? thread, conversation_id: open?.key ?? null, body });
    }
  }

  function reset(): void {
    connection?.stop();
    outbox?.close();
    channel?.close();
    connection = outbox = channel = null;
    early = [];
    clearTimeout(troubleTimer);
    troubleTimer = 0;
    const { open, focus, covered } = state;
    show({ ...newState(), open, focus, covered });
    // The badge is theirs as well.
    if (unread) host.emit("unread", (unread = 0));
  }

  function end(): void {
    turn++;
    reset();
    show({ phase: "ended" });
    curtain.lift();
  }

  // Who is in front of the page.

  function cover(covered: boolean): void {
    // What is hidden loses the focus; whoever was writing goes on.
    const root = host.place.getRootNode() as ShadowRoot;
    if (covered && !state.covered) wrote = root.activeElement instanceof HTMLTextAreaElement;
    show({ covered, focus: state.focus || (!covered && state.covered && wrote) });
    settle();
  }

  /** The same person as before? Another one finds nothing of theirs. */
  async function ask(): Promise<boolean> {
    const other = await session.begin();
    if (other) restart();
    return !other;
  }

  /** Perhaps the visitor is somebody else now: nothing is shown until that is known. */
  async function doubt(): Promise<boolean> {
    cover(true);
    try {
      const same = await ask();
      curtain.lift();
      return same;
    } catch (error) {
      // What the page says of who this is counts no longer: nothing but another page can.
      if ((error as ApiError).status === 401) end();
      else curtain.later();
      throw error;
    }
  }

  const curtain = createCurtain({
    cover,
    async prove() {
      if (state.phase !== "ready") return wake();
      if (session.bySession) return connection?.prove(0);
      // Of a stranger there is nothing to prove, only that nobody has logged in since.
      await ask().catch((error: ApiError) => {
        if (error.status === 401) end();
        else if (session.visitor?.verified) throw error;
      });
    },
  });

  function wake(): void {
    if (asleep) void start();
  }

  /** Another tab has logged out, or logged somebody else in. */
  function stored(): void {
    if (!session.replaced || asleep) return;
    turn++;
    reset();
    asleep = true;
    // Two tabs that say different things of who is there must not take turns for ever.
    const now = performance.now();
    if (!session.token() || !document.hasFocus() || now - gaveWayAt < GIVE_WAY) return;
    gaveWayAt = now;
    wake();
  }

  function restart(): void {
    reset();
    void start();
  }

  function connect(): void {
    let missed = false;
    const made = (connection = createConnection({
      api,
      token: session.token,
      onToken: session.keep,
      refreshToken: doubt,
      signedIn: () => session.bySession,
      client: { name: "widget", version: "1" },
    }));
    made.on("state", (next) => {
      // What was told over a broken connection may not have arrived.
      for (const room of state.rooms) room.told = "";
      missed ||= next === "offline";
      show({ connection: next });
      notice(next === "connecting" || next === "offline");
      settle();
    });
    channel = createChannel("campfire:" + session.principal, () => void discover());
    made.on("welcome", ({ limits }) => {
      state.bodyLimit = limits.body_characters;
      // Meanwhile the team may have gone home, and another tab may have begun a conversation.
      if (missed && state.open) void start();
      missed = false;
    });
    made.on("typing", ({ conversation_id, participant, active }) => {
      const room = roomOf(conversation_id);
      if (room && !mine(participant)) showTyping(room, active ? participant : null);
    });
    made.on("receipt", (receipt) => {
      const room = roomOf(receipt.conversation_id);
      if (!room?.info) return;
      if (!mine(receipt.participant)) received(room, receipt);
      // Read in another tab.
      else markTo(room, receipt.read);
      settle();
    });
    made.on("presence", ({ conversation_id, participant, availability }) => {
      if (!availability) return;
      const info = roomOf(conversation_id)?.info;
      if (participant.id === "team" && participant.kind === "system") team(availability);
      else if (info?.assignee?.id === participant.id) info.assignee_availability = availability;
      changed();
    });
    outbox = createOutbox({
      principal: session.principal,
      api,
      connection: made,
      onChange: (entries) => show({ outbox: entries }),
      onSent: (entry) => void state.sent.push(entry),
      onConversation: (thread, opened) => {
        const room = state.room.key === thread ? state.room : newRoom(thread);
        drop(draftKey());
        room.key = opened.id;
        room.info = opened as VisitorConversation;
        room.phase = "ready";
        room.mark = 0;
        // Listed before its answer came.
        state.rooms = state.rooms.filter(({ key }) => key !== opened.id);
        write(state.draft);
        follow(room, 0);
        channel?.post(null);
        host.emit("conversation", { id: opened.id });
      },
    });
    state.outbox = outbox.entries();
    made.start();
    outbox.flush();
  }

  /** Says that there is no connection once that has lasted; a moment of it is nobody's concern. */
  function notice(broken: boolean): void {
    if (broken) {
      troubleTimer ||= setTimeout(() => show({ trouble: true }), CALM);
      return;
    }
    clearTimeout(troubleTimer);
    troubleTimer = 0;
    show({ trouble: false });
  }

  // One conversation.

  function follow(room: Room, after: number): void {
    state.rooms.push(room);
    connection?.subscribe(
      "conversation:" + room.key,
      { after },
      {
        onEvent: (event) => apply(room, event),
        onHead: () => void catchUp(room),
        onReset: () => {
          room.messages = [];
          room.delivered = room.read = 0;
          room.mark = null;
          void fill(room);
        },
      },
    );
  }

  async function fill(room: Room): Promise<void> {
    const path = "conversations/" + room.key;
    room.phase = "loading";
    changed();
    try {
      const [info, { items, next_cursor }] = await Promise.all([
        api.get<VisitorConversation>(path),
        api.get<Page<Message>>(path + "/messages", { limit: PAGE }),
      ]);
      info.head = Math.max(info.head, room.info?.head ?? 0);
      room.info = info;
      learn(room, info);
      merge(room, [...items, ...room.messages]);
      room.cursor = next_cursor;
      // Back to the first unread message, which is where the thread opens.
      for (let turn = 0; turn < BACK && room.cursor && hasGap(room); turn++) {
        const page = await api.get<Page<Message>>(path + "/messages", {
          limit: 100,
          cursor: room.cursor,
        });
        merge(room, [...page.items, ...room.messages]);
        room.cursor = page.next_cursor;
      }
      room.phase = "ready";
      failures = 0;
      begin(room);
    } catch (error) {
      room.phase = "failed";
      again(error as ApiError, () => room === state.room && room.phase === "failed" && fill(room));
    }
    settle();
  }

  /**
   * Receipts and presence are not replayed: they are asked for when the stream begins, and when
   * the room comes on the screen.
   */
  async function catchUp(room: Room): Promise<void> {
    if (room !== state.room || !room.info || !state.open) return;
    try {
      learn(room, await api.get<VisitorConversation>("conversations/" + room.key));
    } catch {
      return; // The messages go on, and the next receipt says the same and more.
    }
    changed();
  }

  function learn(room: Room, { receipts, assignee, assignee_availability }: VisitorConversation) {
    room.mark ??= 0;
    for (const receipt of receipts) {
      if (!mine(receipt.participant)) received(room, receipt);
      else room.mark = Math.max(room.mark, receipt.read);
    }
    const { info } = room;
    if (info && info.assignee?.id === assignee?.id) {
      info.assignee_availability = assignee_availability;
    }
  }

  function apply(room: Room, { event, data, seq }: StreamEvent): void {
    const { info } = room;
    if (!info) return;
    info.head = seq;
    switch (event) {
      case "message.created": {
        const { id, at, sender, body: text } = data;
        merge(room, [...room.messages, data]);
        info.last_activity_at = at;
        info.last_message = { id, seq, at, sender, text };
        state.sent = state.sent.filter(({ client_id }) => client_id !== data.client_id);
        if (mine(sender)) break;
        info.unread++;
        showTyping(room, null);
        // What comes while nobody looks is new when somebody looks again.
        if (!isShown(room) && unreadIn(room).length === 1) room.newFrom = id;
        host.emit("message", data);
        break;
      }
      case "message.updated":
      case "message.deleted":
        room.messages = room.messages.map((message) => (message.id === data.id ? data : message));
        if (info.last_message?.id === data.id) info.last_message.text = data.body;
        break;
      case "conversation.status_changed":
        info.status = data.status;
        break;
      case "conversation.assignee_changed":
        info.assignee = data.assignee;
        break;
      case "conversation.subject_changed":
        info.subject = data.subject;
      // Others are of a newer server: they only move the position on.
    }
    settle();
  }

  function showTyping(room: Room, participant: Participant | null): void {
    room.typing = participant;
    clearTimeout(room.typingTimer);
    if (participant) room.typingTimer = setTimeout(() => showTyping(room, null), TYPING_SHOWN);
    changed();
  }

  // Unread counts and receipts.

  const isOwn = ({ sender }: Message) => mine(sender);
  const unreadIn = ({ messages, mark }: Room) => unreadAfter(messages, mark ?? 0, isOwn);

  /** Whether somebody can be reading the room now. */
  const isShown = (room: Room) =>
    room === state.room &&
    room.phase === "ready" &&
    state.open &&
    state.view === "room" &&
    !state.covered &&
    isAttentive();

  /** Whether unread messages may be missing above what is loaded. */
  const hasGap = ({ messages: [first], cursor, mark }: Room) =>
    cursor !== null && first !== undefined && first.seq > (mark ?? 0) + 1;

  /** The room comes on the screen. */
  function begin(room: Room): void {
    room.newFrom = unreadIn(room)[0]?.id ?? null;
    state.atEnd = state.opening = true;
  }

  function markTo(room: Room, seq: number): void {
    const { info, messages } = room;
    const newest = messages.at(-1)?.seq ?? 0;
    room.mark = Math.max(room.mark ?? 0, seq);
    if (!info) return;
    // Everything is read: up to the head, which costs the server no counting.
    if (!unreadIn(room).length && newest >= (info.last_message?.seq ?? 0)) {
      room.mark = Math.max(room.mark, info.head);
    }
    if (room.mark >= info.head) info.unread = 0;
    else if (room.phase === "ready" && !hasGap(room)) info.unread = unreadIn(room).length;
  }

  /** Marks the unbroken run of messages that is in sight. */
  function look(): void {
    const { room } = state;
    const box = host.place.querySelector(".log");
    if (!box || !isShown(room) || room.mark === null || hasGap(room)) return;
    const last = sight(box, unreadIn(room));
    if (!last) return;
    markTo(room, last.seq);
    settle();
  }

  /** After a change: sorts, counts, and tells the server what has arrived and been read. */
  function settle(): void {
    const activity = ({ info }: Room) => Date.parse(info?.last_activity_at ?? "");
    state.rooms.sort((a, b) => activity(b) - activity(a));
    clearTimeout(ackTimer);
    // A moment later: several things tend to happen at once.
    ackTimer = setTimeout(() => {
      let total = 0;
      for (const room of state.rooms) {
        const { key, info } = room;
        if (!info) continue;
        total += info.unread;
        const marks = { delivered: info.head, ...(room.mark && { read: room.mark }) };
        const told = JSON.stringify(marks);
        if (room.told === told || state.connection !== "online") continue;
        room.told = told;
        connection
          ?.request({ type: "receipt", conversation_id: key, ...marks })
          .catch(() => (room.told = ""));
      }
      if (total !== unread) host.emit("unread", (unread = total));
      changed();
    }, 100);
    changed();
  }

  function show(change: Partial<State>): void {
    Object.assign(state, change);
    changed();
  }

  function enter(room: Room | null): void {
    typing.stop();
    show({ room: room ?? newRoom(newClientId()), view: "room", atEnd: true });
    if (room?.phase === "ready") begin(room);
    // What was typed while the panel was still starting is kept.
    const typed = state.phase === "ready" ? "" : state.draft;
    write([load<string>(draftKey()), typed].filter(Boolean).join("\n"));
    show({ focus: state.open });
    if (room?.info) void (room.phase === "ready" ? catchUp(room) : fill(room));
    settle();
  }

  function write(draft: string): void {
    show({ draft });
    if (state.me) draft ? save(draftKey(), draft) : drop(draftKey());
  }

  function shown(): void {
    if (!document.hidden) void discover();
    look();
    settle();
  }

  let attention = onAttention(shown);
  // Somebody who has been here before: keep the unread badge right while the panel is closed.
  if (session.known) void start();
  addEventListener("storage", stored);
  document.addEventListener("pointerdown", wake, true);

  return {
    state,
    toggle(open) {
      show({ open, focus: open });
      if (open) {
        begin(state.room);
        if (state.phase === "ready" && session.bySession) curtain.check();
        void start();
        void catchUp(state.room);
      } else typing.stop();
      settle();
    },
    moved() {
      // document.open() takes every listener away.
      attention();
      attention = onAttention(shown);
      show({ moved: true });
      settle();
    },
    start: () => void start(),
    identified() {
      if (state.phase === "ready") doubt().catch(() => undefined);
      else if (session.known) void start();
    },
    shutdown() {
      turn++;
      attention();
      curtain.stop();
      removeEventListener("storage", stored);
      document.removeEventListener("pointerdown", wake, true);
      reset();
      session.forget();
    },
    close: () => host.close(),
    show(change) {
      show(change);
      settle();
    },
    enter,
    older() {
      const { room } = state;
      const { cursor, key } = room;
      if (!cursor) return;
      room.cursor = null;
      api.get<Page<Message>>(`conversations/${key}/messages`, { limit: PAGE, cursor }).then(
        ({ items, next_cursor }) => {
          room.cursor = next_cursor;
          merge(room, [...items, ...room.messages]);
          changed();
        },
        () => (room.cursor = cursor),
      );
    },
    unread: () => unreadIn(state.room),
    look,
    jump() {
      markTo(state.room, state.room.info?.head ?? 0);
      // The line has served.
      state.room.newFrom = null;
      show({ atEnd: true });
      settle();
    },
    write(draft) {
      // Done while one types, so that nobody waits for it when sending; the send minds a refusal.
      if (draft) connection?.prove(state.draft ? PROOF_WHILE_TYPING : 0).catch(() => undefined);
      write(draft);
      typing.typed(draft);
    },
    send() {
      const body = state.draft.trim();
      const { key, info } = state.room;
      if (isBlank(body) || characters(body) > state.bodyLimit || state.phase === "ended") return;
      state.atEnd = true;
      const entry = { thread: key, conversation_id: info ? key : null, body };
      if (outbox && state.phase === "ready") outbox.add(entry);
      else keepEarly(entry);
      typing.stop();
      write("");
    },
    resend: (clientId) => outbox?.retry(clientId),
    edit(clientId) {
      const entry = outbox?.remove(clientId);
      if (entry) write([entry.body, state.draft].join("\n").trim());
      show({ focus: true });
    },
    discard: (clientId) => void outbox?.remove(clientId),
  };
}
