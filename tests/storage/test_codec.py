"""Rows to records and back, by the names of columns and fields."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

import campfire_chat
from campfire_chat.core import clock
from campfire_chat.core.projection import projection
from campfire_chat.core.scalars import Timestamp
from campfire_chat.database import schema
from campfire_chat.database.codec import Codec, Joined, Part, Stored
from campfire_chat.database.engines import engine_of
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.messages.codec import MESSAGE_ROWS
from tests.support.servers import ROOT

metadata = MetaData()
ENGINE = engine_of("sqlite:///x.db")


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Owner(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    admin: bool


class Place(Struct, frozen=True):
    street: str
    number: int | None = None


class Extra(Struct, frozen=True):
    words: list[str]


class House(Struct, frozen=True, kw_only=True):
    id: str
    size: Size
    second_size: Size | None
    built_at: Timestamp
    sold_at: Timestamp | None
    tags: list[str]
    extra: Extra | None
    letters: frozenset[str]
    at: Place
    owner: Owner
    tenant: Owner | None
    distance: int


owners = Table(
    "owners",
    metadata,
    Column("org_id", String, nullable=False),
    Column("owner_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("admin", Boolean, nullable=False),
    PrimaryKeyConstraint("org_id", "owner_id"),
)
houses = Table(
    "houses",
    metadata,
    Column("org_id", String, nullable=False),
    Column("house_id", String, nullable=False),
    Column("size", String, nullable=False),
    Column("second_size", String),
    Column("built_at", BigInteger, nullable=False),
    Column("sold_at", BigInteger),
    Column("tags", Text, nullable=False),
    Column("extra", Text),
    Column("letters", String, nullable=False),
    Column("at_street", String, nullable=False),
    Column("at_number", Integer),
    Column("owner_id", String, nullable=False),
    Column("tenant_id", String),
    Column("secret", String),
    PrimaryKeyConstraint("org_id", "house_id"),
)
OWNER_ROWS = Codec(owners, Owner, names={"id": "owner_id"})
HOUSE_ROWS = Codec(
    houses,
    House,
    names={"id": "house_id"},
    stored={"letters": Stored(frozenset, lambda letters: "".join(sorted(letters)))},
    inner={
        "at": Part("at_"),
        "owner": Joined(OWNER_ROWS, "owner_id"),
        "tenant": Joined(OWNER_ROWS, "tenant_id"),
    },
    added=("distance",),
    given=("org_id", "secret"),
)

words = st.text(max_size=5)
times = st.integers(0, 2**51).map(clock.rfc3339)
people = st.builds(Owner, id=words, name=words, admin=st.booleans())


def joined(house: House) -> dict[str, Any]:
    """What a query finds for a house in the other table."""
    found: dict[str, Any] = {}
    for name, owner in (("owner", house.owner), ("tenant", house.tenant)):
        found[f"{name}_name"] = None if owner is None else owner.name
        # As SQLite has it.
        found[f"{name}_admin"] = None if owner is None else int(owner.admin)
    return found


@given(
    st.builds(
        House,
        id=words,
        size=st.sampled_from(Size),
        second_size=st.none() | st.sampled_from(Size),
        built_at=times,
        sold_at=st.none() | times,
        tags=st.lists(words),
        extra=st.none() | st.builds(Extra, words=st.lists(words)),
        letters=st.frozensets(st.sampled_from("abc")),
        at=st.builds(Place, words, st.none() | st.integers(0, 99)),
        owner=people,
        tenant=st.none() | people,
        distance=st.integers(),
    )
)
def test_what_is_written_is_read_again(house: House) -> None:
    row = dict(zip(houses.columns.keys(), HOUSE_ROWS.write(house, "acme", None), strict=True))
    row |= joined(house)
    assert row["org_id"] == "acme"
    chosen = HOUSE_ROWS.select().selected_columns
    found = HOUSE_ROWS.read([row[column.name] for column in chosen], distance=house.distance)
    assert found == house
    assert type(found.owner.admin) is bool


def test_columns_are_those_of_the_fields() -> None:
    names = [column.name for column in HOUSE_ROWS.select().selected_columns]
    assert "secret" not in names, "what the record does not have is not read"
    assert "org_id" not in names
    assert len(set(names)) == len(names)
    assert HOUSE_ROWS.position("house_id") == names.index("house_id")
    text = str(HOUSE_ROWS.select().compile(dialect=ENGINE.core))
    # A house has an owner, and perhaps a tenant.
    assert text.count(" JOIN ") == 2
    assert text.count("LEFT OUTER JOIN") == 1


@pytest.mark.parametrize(
    ("owner_name", "tenant_id", "tenant_name", "complete"),
    [
        ("Ada", None, None, True),
        ("Ada", "own_2", "Bob", True),
        ("Ada", "own_2", None, False),
        (None, None, None, False),
        (None, "own_2", "Bob", False),
    ],
)
def test_a_row_says_whether_all_was_found(
    owner_name: str | None, tenant_id: str | None, tenant_name: str | None, complete: bool
) -> None:
    values = {
        "owner_id": "own_1",
        "owner_name": owner_name,
        "tenant_id": tenant_id,
        "tenant_name": tenant_name,
    }
    chosen = HOUSE_ROWS.select(complete=False).selected_columns
    assert HOUSE_ROWS.is_complete([values.get(column.name) for column in chosen]) is complete
    assert OWNER_ROWS.is_complete(["own_1", None, None]) is True, "nothing is joined"


def test_an_unknown_member_names_itself() -> None:
    class Sized(Struct):
        size: Size

    with pytest.raises(ValueError, match="huge"):
        Codec(houses, Sized).read(["huge"])


def _record(kind: Any) -> type[Struct]:
    """A record with the field ``house_id`` of a type."""
    return type("Made", (Struct,), {"__annotations__": {"house_id": kind}, "__module__": __name__})


def test_what_belongs_nowhere_is_an_error_at_once() -> None:
    class Nowhere(Struct):
        colour: str

    with pytest.raises(AssertionError, match=r"houses has no column colour for Nowhere\.colour"):
        Codec(houses, Nowhere)

    class Sold(Struct):
        sold_at: Timestamp

    with pytest.raises(AssertionError, match=r"sold_at may be NULL, which Sold\.sold_at"):
        Codec(houses, Sold)
    for kind in (int, list[str], float):
        with pytest.raises(AssertionError, match="house_id cannot hold"):
            Codec(houses, _record(kind))

    with pytest.raises(AssertionError, match="nobody gives org_id; Owner has no such field"):
        _ = OWNER_ROWS.write


def test_hot_rows_have_every_column() -> None:
    """They are written as a whole, so a codec of them knows all columns."""
    for codec, record in ((CONVERSATION_ROWS, "Conversation"), (MESSAGE_ROWS, "Message")):
        assert codec.write.__name__ == "write", record


# What the wire shows of a state.


class Shown(Struct, frozen=True, kw_only=True):
    id: str
    built_at: Timestamp
    letters: list[str]
    price: int
    note: str | None = None


class Kept(Struct):
    id: str
    built_at: int
    letters: frozenset[str]
    hidden: str


def test_a_projection_shows_fields_of_the_same_name() -> None:
    show = projection(Kept, Shown, added=("price",))
    kept = Kept("1", 5, frozenset("ba"), "secret")
    assert show(kept, price=7) == Shown(
        id="1", built_at="1970-01-01T00:00:00.000005Z", letters=["a", "b"], price=7
    )


def test_a_projection_that_lacks_something_is_an_error_at_once() -> None:
    with pytest.raises(AssertionError, match="Kept has no price"):
        projection(Kept, Shown)

    class Other(Struct):
        hidden: int

    with pytest.raises(AssertionError, match="hidden cannot be converted"):
        projection(Kept, Other)

    class Sometimes(Struct):
        hidden: str | None

    with pytest.raises(AssertionError, match="hidden may be None"):
        projection(Sometimes, Kept, added=("id", "built_at", "letters"))


# The promise: a new column is named in its table, its record and its migration.


_MIGRATION = '''
"""Made up: a conversation has a mood."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = {head!r}
branch_labels = None
depends_on = None
oldest = {head!r}


def upgrade() -> None:
    op.add_column("campfire_conversations", sa.Column("mood", sa.String(), nullable=True))
'''

_SCRIPT = """
import asyncio, json, sys
from msgspec import structs
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.core import clock
from campfire_chat.features.conversations import events
from campfire_chat.features.conversations.aggregate import CONVERSATIONS, append_changes
from campfire_chat.features.conversations.listing import ANYONE
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Change
from campfire_chat.ledger.operation import Operation
from campfire_chat.settings import Settings
from campfire_chat.access.actor import actor_of_visitor
from tests.support.host import agent_actor
from tests.support.store import Store

ADA, MIA = agent_actor(Agent(id="ada", name="Ada")), actor_of_visitor(Visitor(id="mia"))


class CheerUp(Operation[None]):
    kind = CONVERSATIONS

    async def run(self, transaction):
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self.aggregate_ids[0])
        assert conversation.mood is None
        conversation.mood = "cheerful"
        data = events.TagsChanged(
            conversation_id=conversation.id, tags=[], actor=self.actor.principal.participant
        )
        changes = [Change(events.TAGS_CHANGED, data, internal=True)]
        append_changes(transaction, conversation, changes)


async def main(url):
    def opened():
        return Store(url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)

    store = opened()
    await store.start()
    view, _ = await store.conversations.open(MIA, client_id="1", body="Hello")
    await store.storage.submit(CheerUp(ADA, (view.id,)))
    await store.stop()

    # Another process, which has nothing in memory: it reads, locks, writes.
    store = opened()
    await store.start()
    assert (await store.conversations.get(ADA, view.id)).mood == "cheerful"
    for number in range(3):
        await store.messages.send(MIA, view.id, client_id=f"m{number}", body="More")
    listed, _ = await store.conversations.page(
        ADA, statuses=[Status.OPEN], assignee_id=ANYONE, before=None, limit=9
    )
    assert [item.mood for item in listed] == ["cheerful"]
    mine = await store.conversations.get(MIA, view.id)
    assert not hasattr(mine, "mood"), "visitors see what their record names"
    page = await store.storage.stream_page("default", "inbox:default", 0)
    told = [json.loads(text)["data"]["mood"] for _, text in page.events]
    assert told[0] is None and set(told[1:]) == {"cheerful"}, told
    await store.stop()


asyncio.run(main(sys.argv[1]))
print("done")
"""


def _insert_after(path: Path, line: str, added: str) -> None:
    text = path.read_text("utf-8")
    assert len(re.findall(re.escape(line), text)) == 1, f"{path.name}: {line!r}"
    path.write_text(text.replace(line, f"{line}\n{added}"), "utf-8")


def test_a_new_column_is_named_three_times(database_url: str, tmp_path: Path) -> None:
    """In its table, in its record and in its migration. A second record shows it to agents."""
    source = Path(campfire_chat.__file__).parent
    package = tmp_path / "campfire_chat"
    ignored = shutil.ignore_patterns("__pycache__", "frontend", "static")
    shutil.copytree(source, package, ignore=ignored)
    conversations = package / "features" / "conversations"
    _insert_after(
        conversations / "tables.py",
        '    Column("subject", String),',
        '    Column("mood", String),',
    )
    _insert_after(
        conversations / "rules.py",
        "    access_labels: frozenset[str] = frozenset()",
        "    mood: str | None = None",
    )
    _insert_after(
        conversations / "records.py",
        "    access_labels: list[str]",
        "    mood: str | None = None",
    )
    head = schema.head()
    (package / "database" / "migrations" / "versions" / "r9001_mood.py").write_text(
        _MIGRATION.format(head=head).lstrip(), "utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SCRIPT, database_url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
