"""Access labels: which agent sees what, and what the host app may answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from starlette.requests import HTTPConnection

from campfire_chat import Agent, Campfire, ConfigurationError, Visitor
from campfire_chat.access import labels
from campfire_chat.access.actor import Actor, actor_of_agent, actor_of_visitor, system_actor
from campfire_chat.access.identity import Credentials, HostSession, Tokens
from campfire_chat.access.policy import can, reaches, reaches_all
from campfire_chat.access.roles import Roles
from campfire_chat.core.errors import InvalidError
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.ledger import screening

NAMES = st.sampled_from(["vip", "emea", "beta", 'a"b', "ü"])
own_labels = st.frozensets(NAMES)
agents_labels = st.none() | own_labels


class Thing(NamedTuple):
    organization: str
    visitor_id: str | None
    access_labels: frozenset[str]


def agent(seen: frozenset[str] | None) -> Actor:
    return actor_of_agent(Agent(id="ada", name="Ada"), b"key", Roles(), seen)


@given(agents_labels, own_labels)
def test_an_agent_sees_what_shares_a_label_and_what_has_none(
    seen: frozenset[str] | None, own: frozenset[str]
) -> None:
    visible = seen is None or not own or any(label in seen for label in own)
    actor, thing = agent(seen), Thing("default", "vis_1", own)
    assert reaches(actor, thing) == visible
    assert can(actor, CONVERSATIONS_READ, thing) == visible
    assert reaches_all(actor) == (seen is None)
    # Labels are for agents alone.
    mia = actor_of_visitor(Visitor(id="mia"))
    assert reaches(mia, Thing("default", mia.principal.id, own))
    assert reaches(system_actor("default"), thing)
    assert not reaches(actor, Thing("other", "vis_1", own))


@given(own_labels)
def test_labels_are_stored_as_they_are(own: frozenset[str]) -> None:
    stored = labels.stored(own)
    assert (stored is None) == (not own)
    assert labels.from_stored(stored) == own


@given(agents_labels, agents_labels)
def test_a_digest_differs_where_labels_do(
    one: frozenset[str] | None, other: frozenset[str] | None
) -> None:
    assert (labels.digest(one) == labels.digest(other)) == (one == other)


def test_labels_are_lines() -> None:
    assert labels.check([" vip ", "vip", "emea"]) == {"vip", "emea"}
    assert labels.check([]) == frozenset()
    for wrong in (["", "vip"], ["x" * 65], ["a\nb"], [str(number) for number in range(21)]):
        with pytest.raises(InvalidError) as caught:
            labels.check(wrong)
        assert caught.value.field == "access_labels"
    assert len(labels.check([str(number) for number in range(20)])) == 20
    assert labels.check(["x" * 64]) == {"x" * 64}


@pytest.mark.parametrize("answer", ["vip", 7, {"vip": 1}, {7}, [None]])
def test_what_are_no_labels_lets_nobody_in(answer: Any) -> None:
    with pytest.raises(ConfigurationError, match="access_labels must return"):
        labels.of_host(answer)


@pytest.mark.parametrize("kind", [set, frozenset, list, tuple])
def test_any_collection_of_strings_will_do(kind: Any) -> None:
    assert labels.of_host(kind(["vip"])) == {"vip"}
    assert labels.of_host(kind()) == frozenset()
    assert labels.of_host(None) is None


def session(answer: Any) -> HostSession:
    def access_labels(asked: Agent) -> Any:
        assert asked.id == "ada"
        if isinstance(answer, Exception):
            raise answer
        return answer

    def authenticate(connection: HTTPConnection) -> Agent | Visitor:
        return Agent(id="ada", name="Ada")

    found = HostSession(authenticate, Roles(), access_labels)
    found.agent_key = b"key"
    return found


def named(found: HostSession) -> Actor | None:
    return asyncio.run(found.actor(HTTPConnection({"type": "http", "headers": []})))


async def later(value: Any) -> Any:
    return value


def test_the_host_is_asked_for_the_labels_of_an_agent() -> None:
    for answer, expected in (({"vip"}, {"vip"}), (None, None), (set(), set())):
        for given_answer in (answer, later(answer)):
            actor = named(session(given_answer))
            assert actor is not None
            assert actor.labels == expected
    with pytest.raises(ConfigurationError):
        named(session("vip"))
    with pytest.raises(LookupError):
        named(session(LookupError("no such team")))


def test_access_labels_is_a_function_of_one_agent() -> None:
    for wrong in ({"vip"}, lambda: {"vip"}):
        with pytest.raises(ConfigurationError) as caught:
            Campfire("sqlite:///x.db", secret_key="only this test knows", access_labels=wrong)  # pyright: ignore[reportArgumentType]
        assert caught.value.field == "access_labels"


@given(agents_labels, agents_labels)
def test_a_proof_is_of_the_same_labels(
    before: frozenset[str] | None, now: frozenset[str] | None
) -> None:
    """As for a role: what an agent may see changes with the next proof of the session."""
    tokens = Tokens("only this test knows it", lifetime=60)
    ticket, _ = tokens.issue_ticket(agent(now))
    assert tokens.read_ticket(ticket).names(agent(before)) == (before == now)
    assert Credentials(agent(before), ambient=True).vouched_by(agent(now)) == (before == now)


def event(data: Any) -> str:
    fields = {"type": "event", "stream": "inbox:acme", "seq": 7, "event": "x", "at": "now"}
    return json.dumps({**fields, "data": data})


@given(own_labels, own_labels)
def test_an_event_that_may_not_be_seen_is_its_seq_alone(
    seen: frozenset[str], own: frozenset[str]
) -> None:
    text = event({"id": "conv_1", "subject": "secret", "access_labels": sorted(own)})
    shown = screening.screened(text, seen)
    if not own or seen & own:
        assert shown == text
        return
    assert json.loads(shown) == {
        "type": "event",
        "stream": "inbox:acme",
        "seq": 7,
        "event": "hidden",
        "at": "now",
        "data": {},
    }


@pytest.mark.parametrize("data", [{}, {"id": "tag_1"}, {"name": "x", "access_labels": []}])
def test_what_has_no_labels_is_for_every_agent(data: Any) -> None:
    assert screening.screened(event(data), frozenset()) == event(data)


@pytest.mark.parametrize("data", [None, [], {"access_labels": "vip"}, {"id": 7}])
def test_what_is_not_understood_is_not_shown(data: Any) -> None:
    assert "hidden" in screening.screened(event(data), frozenset({"vip"}))
    assert screening.read(event(data)) is None


def test_an_actor_is_not_narrowed_by_default() -> None:
    assert structs.replace(agent(None)).labels is None
