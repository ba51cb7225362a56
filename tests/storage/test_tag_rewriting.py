"""What conversations say follows the tags, whatever happens in between: nothing runs here by
itself, so each test says what comes first."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from campfire_chat import Campfire, HostApi, testing
from campfire_chat.access.actor import system_actor
from campfire_chat.core.errors import CampfireError
from campfire_chat.features.tags import rewriting
from campfire_chat.features.tags.errors import TagNameTakenError
from campfire_chat.features.tags.rewriting import REWRITE, Rewriter, RewriteSome, Rewriting
from campfire_chat.jobs.job import Job
from campfire_chat.ledger.transaction import Transaction
from tests.support.host import campfire_for
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

NAMES = "abcde"


class Shop:
    """A desk with a boss and an agent, and its tables."""

    def __init__(self, campfire: Campfire, desk: testing.Desk, truth: Truth) -> None:
        self.campfire = campfire
        self.desk = desk
        self.truth = truth
        self.boss: HostApi[Any] = desk.agent("boss", role="admin")
        self.ada: HostApi[Any] = desk.agent("ada")
        self.mia: HostApi[Any] = desk.visitor("mia")

    async def begin(self, *tags: str) -> str:
        conversation = (await self.mia.conversations.open("Hello?")).id
        if tags:
            await self.say(conversation, *tags)
        return conversation

    async def say(self, conversation: str, *tags: str) -> list[str]:
        return (await self.ada.conversations.change(conversation, tags=list(tags))).tags

    async def said(self, conversation: str) -> list[str]:
        return (await self.ada.conversations.get(conversation)).tags

    async def tags(self) -> dict[str, str]:
        """The ids of the tags by their names."""
        return {item.name: item.id for item in (await self.ada.tags.list()).items}

    async def counts(self) -> dict[str, int]:
        return {item.name: item.conversations for item in (await self.ada.tags.list()).items}

    async def told(self, conversation: str) -> list[list[str]]:
        """What the events of a conversation say of its tags."""
        page = await self.ada.events(f"notes:{conversation}")
        frames = [msgspec.json.decode(msgspec.json.encode(item)) for item in page.events]
        return [item["data"]["tags"] for item in frames if "tags" in item["data"]]

    def links(self) -> set[tuple[str, str]]:
        rows = self.truth.query("SELECT conversation_id, tag_id FROM campfire_conversation_tags")
        return {(conversation, tag) for conversation, tag in rows}

    def reserved(self) -> dict[str, str | None]:
        """Former names, with the tag that each stands for."""
        return dict(self.truth.query("SELECT folded, tag_id FROM campfire_former_tag_names"))

    async def step(self, choose: random.Random) -> None:
        """One step of some job, as if the process were killed before the job was finished: so
        another one does it again."""
        kind = "SELECT arguments FROM campfire_jobs WHERE kind = 'tag.rewrite'"
        waiting = sorted(row[0] for row in self.truth.query(kind))
        if not waiting:
            return
        about = msgspec.json.decode(choose.choice(waiting), type=Rewriting)
        running = self.campfire._running
        assert running is not None
        actor = system_actor("default", *REWRITE.permissions)
        operation = await Rewriter(running.storage).step(Job("job_x", "default", about, 1, actor))
        await running.storage.submit(operation)


@pytest.fixture
async def shop(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr(rewriting, "STEP", 2)
    campfire = campfire_for(database_url)
    async with testing.desk(campfire, database_url=database_url) as desk:
        yield Shop(campfire, desk, Truth(database_url))


async def test_a_name_that_is_being_deleted(shop: Shop) -> None:
    old, other = await shop.begin("billing", "vip"), await shop.begin("vip")
    await shop.boss.tags.delete((await shop.tags())["billing"])
    assert await shop.said(old) == ["billing", "vip"]
    # A screen that does not know yet repeats what it shows, and adds a tag.
    assert await shop.say(old, "billing", "vip", "late") == ["vip", "late"]
    # It would be gone again in a moment.
    with pytest.raises(TagNameTakenError, match="is being deleted") as refused:
        await shop.say(other, "vip", "Billing")
    assert refused.value.field == "tags"
    with pytest.raises(TagNameTakenError):
        await shop.ada.tags.create("BILLING")
    with pytest.raises(TagNameTakenError):
        await shop.boss.tags.change((await shop.tags())["vip"], name="billing")
    await shop.desk.run_jobs()
    assert shop.reserved() == {}
    assert await shop.said(old) == ["vip", "late"]
    assert await shop.say(other, "vip", "Billing") == ["vip", "Billing"]
    assert await shop.counts() == {"Billing": 1, "late": 1, "vip": 2}


async def test_a_name_that_is_being_replaced(shop: Shop) -> None:
    old = await shop.begin("payment")
    tags = {name: (await shop.boss.tags.create(name)).id for name in ("billing", "late")}
    tags |= await shop.tags()
    await shop.boss.tags.merge(tags["payment"], into=tags["billing"])
    new = await shop.begin("late", "Payment")
    assert await shop.said(new) == ["late", "billing"]
    with pytest.raises(TagNameTakenError, match="is being replaced by billing"):
        await shop.boss.tags.change(tags["late"], name="payment")
    # The one that it stands for may have it.
    renamed = await shop.boss.tags.change(tags["billing"], name="payment")
    assert (renamed.id, renamed.name) == (tags["billing"], "payment")
    await shop.desk.run_jobs()
    assert (await shop.said(old), await shop.said(new)) == (["payment"], ["late", "payment"])
    assert shop.links() == {
        (old, tags["billing"]),
        (new, tags["billing"]),
        (new, tags["late"]),
    }
    assert shop.reserved() == {}


async def test_a_step_that_fails_is_done_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    conversations = [await shop.begin("billing") for _ in range(5)]
    await shop.boss.tags.change((await shop.tags())["billing"], name="invoices")
    steps = 0

    async def run(operation: RewriteSome, transaction: Transaction) -> None:
        nonlocal steps
        steps += 1
        await original(operation, transaction)
        if steps == 2:
            raise RuntimeError("a bug")

    original = RewriteSome.run
    monkeypatch.setattr(RewriteSome, "run", run)
    with pytest.raises(CampfireError):
        await shop.desk.run_jobs()
    assert [await shop.said(item) for item in conversations].count(["billing"]) == 3
    assert shop.reserved().keys() == {"billing"}
    await shop.desk.advance(minutes=5)
    for conversation in conversations:
        assert await shop.said(conversation) == ["invoices"]
        assert await shop.told(conversation) == [["billing"], ["invoices"]]
    assert shop.reserved() == {}


@pytest.mark.parametrize("seed", range(8))
async def test_it_ends_well_whatever_comes_in_between(shop: Shop, seed: int) -> None:
    """Tags are given, renamed, merged and deleted while jobs are half done or done twice."""
    choose = random.Random(seed)
    conversations = [await shop.begin() for _ in range(5)]
    #: The tags that each conversation is to have in the end.
    wanted: dict[str, set[str]] = {item: set() for item in conversations}
    for _ in range(60):
        tags = await shop.tags()
        name = choose.choice(NAMES)
        match choose.choice(["say", "say", "say", "rename", "merge", "delete", "step", "step"]):
            case "say":
                conversation = choose.choice(conversations)
                names = choose.sample(NAMES, choose.randint(0, 3))
                try:
                    await shop.say(conversation, *names)
                except TagNameTakenError:
                    assert None in {shop.reserved().get(each) for each in names}
                    continue
                # What it did not know by then was created; names that are leaving are left out.
                known = {**shop.reserved(), **await shop.tags()}
                wanted[conversation] = {tag for each in names if (tag := known[each]) is not None}
            case "rename" if name in tags:
                try:
                    await shop.boss.tags.change(tags[name], name=choose.choice(NAMES))
                except TagNameTakenError:
                    continue
            case "merge" if name in tags and len(tags) > 1:
                into = choose.choice([tag for each, tag in sorted(tags.items()) if each != name])
                await shop.boss.tags.merge(tags[name], into=into)
                for some in wanted.values():
                    if tags[name] in some:
                        some -= {tags[name]}
                        some |= {into}
            case "delete" if name in tags and choose.random() < 0.5:
                await shop.boss.tags.delete(tags[name])
                for some in wanted.values():
                    some -= {tags[name]}
            case _:
                await shop.step(choose)
    await shop.desk.run_jobs()
    names_of = {tag: name for name, tag in (await shop.tags()).items()}
    for conversation in conversations:
        said = await shop.said(conversation)
        assert sorted(said) == sorted(names_of[tag] for tag in wanted[conversation])
        assert (await shop.told(conversation) or [[]])[-1] == said
    assert shop.links() == {(item, tag) for item, some in wanted.items() for tag in some}
    assert shop.reserved() == {}
