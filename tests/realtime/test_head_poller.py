"""What the bus has not told is found by looking, and looking costs little while nothing happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.ledger.event_log import PAGE_EVENTS
from campfire_chat.realtime import head_poller
from campfire_chat.realtime.channels import Channel, Key
from campfire_chat.realtime.head_poller import FULL_LOOK, HeadPoller
from tests.support.clocks import in_virtual_time

POLL = 2.0


class Log:
    """What is stored, and what was asked of it."""

    def __init__(self) -> None:
        self.heads: dict[Key, int] = {}
        #: The stream to which each commit has appended beside the inbox.
        self.inbox: dict[str, list[str]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.failing = False
        self.seconds = 0.0
        self.oldest = 1

    def change(self, organization: str, conversation_id: str) -> None:
        """An event of a conversation, and that of the inbox in the same commit."""
        self.append(organization, f"conversation:{conversation_id}")

    def append(self, organization: str, name: str) -> None:
        key = (organization, name)
        self.heads[key] = self.heads.get(key, 0) + 1
        inbox = self.inbox.setdefault(organization, [])
        inbox.append(name)
        self.heads[organization, f"inbox:{organization}"] = len(inbox)

    async def _ask(self, what: str, about: Any) -> None:
        self.asked.append((what, about))
        await asyncio.sleep(self.seconds)
        if self.failing:
            raise StorageUnavailableError()

    async def inbox_heads(self, organizations: list[str]) -> dict[str, int]:
        await self._ask("inboxes", list(organizations))
        return {name: len(self.inbox[name]) for name in organizations if name in self.inbox}

    async def stream_heads(self, organization: str, names: list[str]) -> dict[str, int]:
        await self._ask("heads", (organization, sorted(names)))
        heads = {name: self.heads.get((organization, name), 0) for name in names}
        return {name: head for name, head in heads.items() if head}

    async def appended(self, organization: str, after: int, head: int) -> set[str] | None:
        await self._ask("appended", (organization, after, head))
        if self.oldest > after + 1:
            return None
        return {f"inbox:{organization}", *self.inbox.get(organization, [])[after:head]}


class Site:
    def __init__(self, *keys: Key) -> None:
        self.log = Log()
        self.bus = SimpleNamespace(well=True)
        self.channels = {key: Channel(key) for key in keys}
        #: The latest head of each stream that was heard of, and how often.
        self.heard: dict[Key, int] = {}
        self.times = 0

    def hear(self, organization: str, name: str, head: int) -> None:
        self.heard[organization, name] = head
        self.times += 1

    def asked(self) -> list[tuple[str, Any]]:
        asked, self.log.asked = self.log.asked, []
        return asked


def looking(site: Site, play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def story() -> None:
        looks = HeadPoller(site.channels, site.hear, poll_interval=POLL)
        task = asyncio.create_task(looks.run(site.log, site.bus))  # type: ignore[arg-type]
        await play()
        assert not task.done()
        task.cancel()

    in_virtual_time(story())


def conversation(number: int, organization: str = "default") -> Key:
    return (organization, f"conversation:c{number}")


NOTES = ("default", "notes:c1")
INBOX = ("default", "inbox:default")


def test_a_change_is_found_with_the_next_look_and_only_what_it_names_is_read() -> None:
    site = Site(conversation(1), conversation(2), NOTES, INBOX, conversation(1, "other"))
    names = sorted(name for organization, name in site.channels if organization == "default")

    async def play() -> None:
        await asyncio.sleep(POLL + 0.1)
        # The first look is at everything, since nothing is known yet.
        assert site.asked() == [
            ("inboxes", ["default", "other"]),
            ("heads", ("default", names)),
            ("heads", ("other", ["conversation:c1"])),
        ]
        await asyncio.sleep(2 * POLL)
        assert site.asked() == [("inboxes", ["default", "other"])] * 2
        site.log.change("default", "c1")
        site.log.change("default", "c9")
        await asyncio.sleep(POLL)
        assert site.heard == {conversation(1): 1, INBOX: 2}
        assert site.asked() == [
            ("inboxes", ["default", "other"]),
            ("appended", ("default", 0, 2)),
            ("heads", ("default", ["conversation:c1", "inbox:default"])),
        ]
        # And no further back the next time.
        site.log.change("default", "c2")
        await asyncio.sleep(POLL)
        assert site.asked()[1] == ("appended", ("default", 2, 3))
        assert site.heard == {conversation(1): 1, conversation(2): 1, INBOX: 3}

    looking(site, play)


def test_a_stream_of_any_kind_is_found() -> None:
    """Also one that belongs to no aggregate, and one that only a newer version appends to."""
    keys: list[Key] = [("default", "visitor:v1"), ("default", "ticket:t1"), ("default", "agent:a1")]
    site = Site(*keys, INBOX)

    async def play() -> None:
        await asyncio.sleep(POLL + 0.1)
        for _, name in keys[:2]:
            site.log.append("default", name)
        await asyncio.sleep(POLL)
        assert site.heard == {keys[0]: 1, keys[1]: 1, INBOX: 2}

    looking(site, play)


@pytest.mark.parametrize("changes", [PAGE_EVENTS - 1, PAGE_EVENTS, PAGE_EVENTS + 1])
def test_however_many_changes_there_were_nothing_is_missed(changes: int) -> None:
    site = Site(conversation(1), conversation(2), INBOX)

    async def play() -> None:
        await asyncio.sleep(POLL + 0.1)
        site.asked()
        for _ in range(changes - 1):
            site.log.change("default", "c9")
        site.log.change("default", "c2")
        await asyncio.sleep(POLL)
        assert site.heard[conversation(2)] == 1
        # More than a page is not read: all heads cost less.
        pages = [about for what, about in site.asked() if what == "appended"]
        assert len(pages) == (changes <= PAGE_EVENTS)

    looking(site, play)


def test_what_the_inbox_no_longer_stores_is_looked_for_everywhere() -> None:
    site = Site(conversation(1), conversation(2), INBOX)

    async def play() -> None:
        await asyncio.sleep(POLL + 0.1)
        site.log.change("default", "c1")
        site.log.change("default", "c2")
        site.log.oldest = 2
        await asyncio.sleep(POLL)
        assert site.heard[conversation(1)] == site.heard[conversation(2)] == 1

    looking(site, play)


def test_an_inbox_that_was_set_back_is_looked_at_as_a_whole() -> None:
    """As after a restore of an older copy."""
    site = Site(conversation(1), INBOX)

    async def play() -> None:
        for _ in range(5):
            site.log.change("default", "c1")
        await asyncio.sleep(POLL + 0.1)
        site.log.inbox["default"] = site.log.inbox["default"][:2]
        site.log.heads |= {INBOX: 2, conversation(1): 2}
        await asyncio.sleep(POLL)
        assert site.heard[conversation(1)] == 2
        site.log.change("default", "c1")
        await asyncio.sleep(POLL)
        assert site.heard[conversation(1)] == 3

    looking(site, play)


def test_now_and_then_it_looks_at_everything() -> None:
    """Whatever an inbox does not say."""
    site = Site(conversation(1), INBOX)

    async def play() -> None:
        await asyncio.sleep(POLL + 0.1)
        site.log.heads[conversation(1)] = 7
        await asyncio.sleep(FULL_LOOK - POLL)
        assert site.heard == {}
        await asyncio.sleep(2 * POLL)
        assert site.heard == {conversation(1): 7}
        whole = [what for what, _ in site.asked()].count("heads")
        await asyncio.sleep(3 * FULL_LOOK)
        assert 2 <= [what for what, _ in site.asked()].count("heads") <= 3 <= whole + 2

    looking(site, play)


def test_a_new_organisation_is_looked_at_at_once_and_one_that_left_is_forgotten() -> None:
    site = Site(conversation(1))

    async def play() -> None:
        await asyncio.sleep(POLL + 0.1)
        site.log.change("late", "c1")
        key = conversation(1, "late")
        site.channels[key] = Channel(key)
        await asyncio.sleep(POLL)
        assert site.heard == {key: 1}
        del site.channels[key]
        await asyncio.sleep(POLL)
        assert site.asked()[-1] == ("inboxes", ["default"])
        site.channels[key] = Channel(key)
        await asyncio.sleep(POLL)
        assert site.times == 2

    looking(site, play)


def test_a_database_that_refuses_is_looked_at_again() -> None:
    site = Site(conversation(1), INBOX)

    async def play() -> None:
        await asyncio.sleep(POLL + 0.1)
        site.log.failing = True
        site.log.change("default", "c1")
        await asyncio.sleep(3 * POLL)
        assert site.heard == {}
        site.log.failing = False
        await asyncio.sleep(POLL)
        assert site.heard == {conversation(1): 1, INBOX: 1}

    looking(site, play)


def test_many_streams_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_poller, "HEADS_PER_QUERY", 2)
    site = Site(*[conversation(n) for n in range(5)], *[conversation(0, f"o{n}") for n in range(2)])
    for organization, name in site.channels:
        site.log.change(organization, name.partition(":")[2])

    async def play() -> None:
        await asyncio.sleep(POLL + 0.1)
        assert set(site.heard) == set(site.channels)
        asked = site.asked()
        assert [about for what, about in asked if what == "inboxes"] == [["default", "o0"], ["o1"]]
        assert [len(about[1]) for what, about in asked if what == "heads"] == [2, 2, 1, 1, 1]

    looking(site, play)


def test_it_looks_more_often_while_the_bus_is_ill() -> None:
    site = Site(conversation(1))

    async def looks(seconds: float) -> int:
        site.asked()
        await asyncio.sleep(seconds)
        return [what for what, _ in site.asked()].count("inboxes")

    async def play() -> None:
        assert await looks(10 * POLL) in (9, 10)
        site.bus.well = False
        # Also when it falls ill in the middle of a pause.
        assert await looks(10.0) in range(38, 42)
        # But it rests three times as long as a look takes, and no longer than a second.
        site.log.seconds = 0.2
        assert await looks(16.0) in range(17, 22)
        site.log.seconds = 1.0
        assert await looks(16.0) in range(7, 9)

    looking(site, play)
