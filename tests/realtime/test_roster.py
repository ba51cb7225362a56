"""What the database says of who is there reaches every screen, once, whoever wrote it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from campfire_chat.access.actor import Actor, anonymous
from campfire_chat.access.records import Agent, Availability, Participant, Role, SenderKind
from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.features.agents import roster as watches
from campfire_chat.features.agents.records import AgentRecord
from campfire_chat.features.agents.roster import Roster
from campfire_chat.realtime.hub import Hub
from tests.support.clocks import in_virtual_time
from tests.support.host import agent_actor

INTERVAL = 5.0
ADA = agent_actor(Agent(id="ada", name="Ada"))


def agent(id: str, availability: str = "online", name: str | None = None) -> AgentRecord:
    return AgentRecord(
        id=id,
        external_id=f"host-{id}",
        name=name or id.title(),
        avatar_url=f"/{id}.png",
        role=Role.AGENT,
        availability=Availability(availability),
        assignable=True,
    )


class Team:
    """What is in the database."""

    def __init__(self) -> None:
        self.agents: dict[str, list[AgentRecord]] = {}
        self.assigned: dict[tuple[str, str], list[str]] = {}
        self.present: dict[tuple[str, str], list[Participant]] = {}
        self.failing: set[str] = set()
        self.asked: list[int] = []

    async def of(self, organization: str) -> list[AgentRecord]:
        self._check(organization)
        return list(self.agents.get(organization, []))

    async def open_assigned_to(self, organization: str, agent_id: str) -> list[str]:
        return self.assigned.get((organization, agent_id), [])

    async def at(self, organization: str, places: list[str]) -> dict[str, list[Participant]]:
        self._check(organization)
        self.asked.append(len(places))
        found = {place: self.present.get((organization, place), []) for place in places}
        return {place: people for place, people in found.items() if people}

    def _check(self, organization: str) -> None:
        if organization in self.failing:
            raise StorageUnavailableError()


class Screen:
    def __init__(self, actor: Actor = ADA) -> None:
        self.actor = actor
        self.shown: list[dict[str, Any]] = []

    def push(self, text: str) -> None:
        raise AssertionError("presence may be dropped")

    def offer(self, text: str) -> None:
        self.shown.append(json.loads(text))

    def take(self) -> list[dict[str, Any]]:
        shown, self.shown = self.shown, []
        return shown


class Site:
    def __init__(self) -> None:
        self.team = Team()
        self.hub = Hub(poll_interval=1.0)
        self.hub.tell_visitors = self.tell
        self.announced: list[str] = []
        self.visitors: list[tuple[str, dict[str, Any]]] = []
        self.here = {"default"}
        bus: Any = SimpleNamespace(signal=lambda what, about: self.announced.append(about))
        team: Any = self.team
        self.roster = Roster(
            agents=team,
            presence=team,
            conversations=team,
            hub=self.hub,
            bus=bus,
            organizations=lambda: set(self.here),
            interval=INTERVAL,
        )

    def tell(self, organization: str, text: str) -> None:
        self.visitors.append((organization, json.loads(text)))

    def screen(self, organization: str, stream: str, actor: Actor = ADA) -> Screen:
        screen = Screen(actor)
        self.hub.attach(organization, stream, screen).admitted = True
        return screen

    def said_of_the_team(self) -> list[tuple[str, str]]:
        said, self.visitors = self.visitors, []
        for _, frame in said:
            assert (frame["type"], frame["participant"]["id"]) == ("presence", "team")
        return [(organization, frame["availability"]) for organization, frame in said]


def play(story: Callable[[Site], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        site = Site()
        await site.roster.start()
        await story(site)
        await site.roster.stop()

    in_virtual_time(run())


async def look() -> None:
    """Until the next regular look is over."""
    await asyncio.sleep(INTERVAL)


def test_who_becomes_available_is_told_to_colleagues_and_to_their_visitors() -> None:
    async def story(site: Site) -> None:
        inbox = site.screen("default", "inbox:default")
        hers = site.screen("default", "conversation:c1", anonymous("default"))
        others = site.screen("default", "conversation:c2", anonymous("default"))
        foreign = site.screen("other", "inbox:other")
        site.team.assigned["default", "ada"] = ["c1"]
        site.team.agents["default"] = [agent("ada"), agent("bob", "offline")]
        site.roster.look("default")
        await asyncio.sleep(0.1)
        told = {frame["participant"]["id"]: frame for frame in inbox.take()}
        assert set(told) == {"ada", "bob"}
        assert told["ada"]["availability"] == "online"
        assert told["ada"]["participant"]["name"] == "Ada"
        assert told["ada"]["participant"]["avatar_url"] == "/ada.png"
        assert told["bob"]["availability"] == "offline"
        (about,) = hers.take()
        assert (about["conversation_id"], about["availability"]) == ("c1", "online")
        assert about["participant"]["name"] == "Ada"
        assert others.take() == foreign.take() == []
        assert site.said_of_the_team() == [("default", "online")]
        # What is the same is not told again.
        await look()
        assert inbox.take() == hers.take() == site.said_of_the_team() == []
        site.team.agents["default"] = [agent("ada", "busy"), agent("bob", "offline")]
        await look()
        assert [frame["availability"] for frame in inbox.take()] == ["busy"]
        assert [frame["availability"] for frame in hers.take()] == ["busy"]
        # To visitors a team that is busy is away.
        assert site.said_of_the_team() == [("default", "away")]
        site.team.agents["default"] = [agent("ada", "away"), agent("bob", "offline")]
        await look()
        assert [frame["availability"] for frame in inbox.take()] == ["away"]
        assert site.said_of_the_team() == []

    play(story)


def test_a_change_here_is_looked_at_at_once_and_told_to_the_other_processes() -> None:
    async def story(site: Site) -> None:
        inbox = site.screen("default", "inbox:default")
        site.team.agents = {"default": [agent("ada")], "other": [agent("eve")]}
        site.roster.changed("default")
        await asyncio.sleep(0.1)
        assert site.announced == ["default"]
        assert len(inbox.take()) == 1
        # A look at the word of another process is not announced again.
        site.roster.look("other")
        await asyncio.sleep(0.1)
        assert site.announced == ["default"]
        assert ("other", "online") in site.said_of_the_team()

    play(story)


def test_changes_that_come_all_the_time_do_not_keep_off_the_regular_look() -> None:
    async def story(site: Site) -> None:
        site.here = {"default", "quiet"}
        site.team.agents["quiet"] = [agent("ada")]
        for _ in range(12):
            site.roster.look("default")
            await asyncio.sleep(INTERVAL / 10)
        assert ("quiet", "online") in site.said_of_the_team()

    play(story)


def test_an_organisation_that_cannot_be_read_stops_no_other() -> None:
    async def story(site: Site) -> None:
        site.here = {"a", "b", "c"}
        site.team.failing = {"b"}
        screens = {name: site.screen(name, "notes:c1") for name in "abc"}
        for name in "abc":
            site.team.agents[name] = [agent("ada")]
            site.team.present[name, "c1"] = [ADA.principal.participant]
        await look()
        await asyncio.sleep(0.1)
        assert sorted(site.said_of_the_team()) == [("a", "online"), ("c", "online")]
        assert [len(screens[name].take()) for name in "abc"] == [1, 0, 1]
        site.team.failing = set()
        await look()
        assert site.said_of_the_team() == [("b", "online")]
        assert [len(screens[name].take()) for name in "abc"] == [0, 1, 0]

    play(story)


def test_who_has_a_conversation_open_is_found_and_so_is_who_has_gone() -> None:
    """Whoever wrote it, and also if their process has died."""
    mia = Participant(SenderKind.VISITOR, "ada", "Mia")
    ada = ADA.principal.participant

    async def story(site: Site) -> None:
        one, two = (site.screen("default", f"notes:{id}") for id in ("c1", "c2"))
        outsider = site.screen("default", "conversation:c1", anonymous("default"))
        # The same id as the agent's, but another person.
        site.team.present["default", "c1"] = [ada, mia]
        await look()
        await asyncio.sleep(0.1)
        shown = one.take()
        assert {frame["participant"]["name"] for frame in shown} == {"Ada", "Mia"}
        assert {frame["conversation_id"] for frame in shown} == {"c1"}
        await look()
        assert one.take() == []
        site.team.present["default", "c1"] = [mia]
        site.team.present["default", "c2"] = [ada]
        await look()
        (gone,) = one.take()
        assert (gone["participant"]["name"], gone["viewing"]) == ("Ada", False)
        (came,) = two.take()
        assert (came["participant"]["name"], came["viewing"]) == ("Ada", True)
        assert outsider.take() == []

    play(story)


def test_nothing_is_kept_of_what_nobody_looks_at_any_more() -> None:
    async def story(site: Site) -> None:
        screen = Screen()
        subscription = site.hub.attach("default", "notes:c1", screen)
        subscription.admitted = True
        site.team.agents["default"] = [agent("ada")]
        site.team.present["default", "c1"] = [ADA.principal.participant]
        await look()
        await asyncio.sleep(0.1)
        assert len(screen.take()) == 1
        site.hub.detach(subscription)
        site.here = set()
        await look()
        assert not site.roster._viewing
        assert not site.roster._told
        # Who looks again sees it anew.
        site.hub.attach("default", "notes:c1", screen).admitted = True
        await look()
        assert len(screen.take()) == 1

    play(story)


def test_many_conversations_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "PLACES_PER_QUERY", 2)

    async def story(site: Site) -> None:
        screens = [site.screen("default", f"notes:c{n}") for n in range(5)]
        for n in range(5):
            site.team.present["default", f"c{n}"] = [ADA.principal.participant]
        await look()
        await asyncio.sleep(0.1)
        assert [len(screen.take()) for screen in screens] == [1] * 5
        assert site.team.asked == [2, 2, 1]

    play(story)
