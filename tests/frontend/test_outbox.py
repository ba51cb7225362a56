"""What waits to be sent: the shared code in node, with a clock that the test moves."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

OUTBOX: Final = (FRONTEND / "common" / "outbox.ts").as_uri()
ENTRIES: Final = (FRONTEND / "common" / "entries.ts").as_uri()
CODE: Final = f"""
    import {{ mock }} from "node:test";
    const {{ createOutbox, undoLeft }} = await import({json.dumps(OUTBOX)});
    const {{ newEntry }} = await import({json.dumps(ENTRIES)});
    let told = "";
    for await (const part of process.stdin) told += part;
    const given = JSON.parse(told);
    globalThis.window = globalThis;
    mock.timers.enable({{ apis: ["setTimeout", "Date"], now: 1e12 }});
    const kept = new Map();
    const storage = {{
      keys: (prefix) => [...kept.keys()].filter((key) => key.startsWith(prefix)).sort(),
      load: (key) => (kept.has(key) ? JSON.parse(kept.get(key)) : null),
      save: (key, value) => void kept.set(key, JSON.stringify(value)),
      decode: (value) => (value ? JSON.parse(value) : null),
      drop: (key) => void kept.delete(key),
    }};
    const open = (sent, heard) => createOutbox({{
      principal: "ada", storage, onChange() {{}},
      api: {{ get: async (path) => ({{ id: path }}) }},
      onConversation: (thread, {{ id }}) => void moved.push([thread, id]),
      listen: (_target, _types, listener) => (heard.tell = listener, () => undefined),
      connection: {{
        on: () => () => undefined,
        request: async ({{ body, conversation_id }}) => (sent.push(body), {{ conversation_id }}),
      }},
    }});
    const entry = (body, wait) => newEntry({{
      thread: "conv_1", conversation_id: "conv_1", body, not_before: Date.now() + wait,
    }});
    const settled = () => new Promise((resolve) => setImmediate(resolve)).then(
      () => new Promise((resolve) => setImmediate(resolve)));
    const pass = async (milliseconds) => {{
      await settled();
      mock.timers.tick(milliseconds);
      for (let turn = 0; turn < 10; turn++) await settled();
    }};
    const found = [], moved = [];
    {{
      const sent = [], outbox = open(sent, {{}});
      for (const [body, wait] of given.here) {{
        const one = entry(body, wait);
        found.push([undoLeft(one)]);
        outbox.add(one);
      }}
      for (const milliseconds of [0, 4999, 1]) {{
        await pass(milliseconds);
        found.push([...sent]);
      }}
      outbox.close();
    }}
    {{
      // Another tab wrote it, and was closed.
      const sent = [], heard = {{}}, outbox = open(sent, heard);
      const one = entry("left", 5000);
      const key = "campfire:outbox:ada:" + one.client_id;
      storage.save(key, one);
      heard.tell({{ key }});
      for (const milliseconds of [0, 5000, 1000]) {{
        await pass(milliseconds);
        found.push([...sent]);
      }}
      outbox.close();
    }}
    {{
      // Another tab sends it, too late for its conversation.
      const heard = {{}}, outbox = open([], heard);
      const before = entry("late", 0), key = "campfire:outbox:ada:" + before.client_id;
      const now = {{ ...before, thread: "conv_2", conversation_id: "conv_2" }};
      for (const [oldValue, newValue] of [[null, before], [before, now], [now, null]]) {{
        const told = [oldValue, newValue].map((value) => JSON.stringify(value));
        heard.tell({{ key, oldValue: told[0], newValue: told[1] }});
      }}
      await settled();
      found.push(moved);
      outbox.close();
    }}
    console.log(JSON.stringify(found));
    process.exit();
"""


def outcome(*here: tuple[str, int]) -> list[list[Any]]:
    """For each entry how long it can be undone, and what was sent at once, after 4,999 ms and after
    5 s; then what an open tab has sent of another one at once, after 5 s and after 6 s; then the
    threads that have gone on elsewhere, and where."""
    return evaluate(CODE, {"here": here})


def test_what_can_be_undone_waits_and_keeps_its_order() -> None:
    first, second, *sent = outcome(("one", 5000), ("two", -1))
    assert (first, second) == ([5000], [0])
    assert sent[:3] == [[], [], ["one", "two"]]


def test_a_clock_that_was_set_back_holds_nothing() -> None:
    [left], _, *sent = outcome(("one", 3_600_000), ("two", -1))
    assert left == 0
    assert sent[0] == ["one", "two"]


def test_an_open_tab_sends_what_a_closed_one_has_left() -> None:
    assert outcome()[3:6] == [[], [], ["left"]]


def test_a_tab_follows_what_another_one_sends_into_another_conversation() -> None:
    assert outcome()[6] == [["conv_1", "conversations/conv_2"]]
