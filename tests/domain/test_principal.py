"""What the host says of a person becomes who they are here."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat import Agent, ConfigurationError, Visitor
from campfire_chat.access.actor import (
    NAMELESS,
    Actor,
    actor_of_agent,
    actor_of_visitor,
    anonymous,
    system_actor,
)
from campfire_chat.access.records import Participant, PrincipalRecord, Role, SenderKind
from campfire_chat.access.roles import Roles
from campfire_chat.core import clock, ids
from campfire_chat.features.conversations.permissions import NOTES_READ

KEY = b"the installation's key"


def agent(**fields: Any) -> Actor:
    return actor_of_agent(Agent(**{"id": "ada", "name": "Ada", **fields}), KEY, Roles())


def visitor(**fields: Any) -> Actor:
    return actor_of_visitor(Visitor(**{"id": "mia", **fields}))


def test_an_agent_is_what_the_host_says() -> None:
    actor = agent(
        email="ada@shop.example",
        avatar_url="/ada.png",
        role=Role.ADMIN,
        organization="acme",
    )
    person = actor.principal
    assert (actor.organization, person.kind, person.name) == ("acme", SenderKind.AGENT, "Ada")
    assert (person.email, person.avatar_url) == ("ada@shop.example", "/ada.png")
    assert (person.role, person.external_id) == (Role.ADMIN, "ada")
    # Not the host's own id, and another one in another organisation.
    assert person.id == ids.agent_of(KEY, "acme", "ada")
    assert actor.is_agent
    assert actor.sender_key == f"agent:{person.id}"
    assert actor.record == PrincipalRecord(
        kind=SenderKind.AGENT,
        id=person.id,
        name="Ada",
        avatar_url="/ada.png",
        email="ada@shop.example",
        organization="acme",
        role="admin",
        permissions=sorted(one.name for one in actor.permissions),
        verified=True,
    )
    assert person.participant == Participant(SenderKind.AGENT, person.id, "Ada", "/ada.png")


@pytest.mark.parametrize("name", ["", "  ", "\u2800", "\ud800"])
def test_visitors_see_a_name_even_of_an_agent_without_one(name: str) -> None:
    assert agent(name=name).principal.name == NAMELESS


@pytest.mark.parametrize("make", [agent, visitor])
def test_what_is_too_long_is_cut_where_it_is_only_shown(make: Any) -> None:
    person = make(name="n" * 300, email="e" * 300, avatar_url="/" + "u" * 3000).principal
    assert (person.name, person.email) == ("n" * 256, "e" * 256)
    assert len(person.avatar_url) == 2048


@pytest.mark.parametrize(
    "fields",
    [
        {"id": ""},
        {"id": "x" * 129},
        {"id": "a\nb"},
        {"id": 7},
        {"organization": ""},
        {"organization": "x" * 65},
        {"organization": None},
    ],
)
@pytest.mark.parametrize("make", [agent, visitor])
def test_who_somebody_is_has_to_be_exact(make: Any, fields: dict[str, Any]) -> None:
    """An id that was cut could be another person's."""
    with pytest.raises(ConfigurationError):
        make(**fields)


@pytest.mark.parametrize("fields", [{"name": 7}, {"email": b"m@x.example"}, {"avatar_url": 7}])
@pytest.mark.parametrize("make", [agent, visitor])
def test_what_is_shown_of_somebody_is_text_or_nothing(make: Any, fields: dict[str, Any]) -> None:
    (name,) = fields
    with pytest.raises(ConfigurationError, match=rf"\.{name} must be a string or None, not "):
        make(**fields)
    make(**dict.fromkeys(fields))


@pytest.mark.parametrize("make", [agent, visitor])
def test_the_longest_ids_are_kept(make: Any) -> None:
    actor = make(id="x" * 128, organization="o" * 64)
    assert (actor.principal.external_id, actor.organization) == ("x" * 128, "o" * 64)


@pytest.mark.parametrize("role", ["captain", "", None, 7, ["admin"]])
def test_a_role_has_to_exist(role: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"role.*owner, admin, agent, viewer.*roles="):
        agent(role=role)
    assert agent(role="viewer").principal.role == Role.VIEWER


def test_a_visitor_of_the_host_is_the_same_one_every_time() -> None:
    actor = visitor(name="Mia", email="m@x.example", avatar_url="/m.png", organization="acme")
    person = actor.principal
    assert (actor.organization, person.kind) == ("acme", SenderKind.VISITOR)
    assert (person.name, person.email, person.avatar_url) == ("Mia", "m@x.example", "/m.png")
    assert person.id == ids.visitor_of("acme", "mia")
    assert person.external_id == "mia"
    assert person.role is None
    assert not person.by_session
    assert actor_of_visitor(Visitor(id="mia"), by_session=True).principal.by_session
    assert actor.record.verified
    assert not actor.is_agent


def test_an_anonymous_visitor_is_somebody_new() -> None:
    one, two = anonymous("acme"), anonymous("acme")
    assert one.principal.id != two.principal.id
    assert one.organization == "acme"
    assert not one.record.verified
    assert anonymous("acme", one.principal.id) == one


def test_the_system_may_do_what_its_work_needs_and_nothing_else() -> None:
    actor = system_actor("acme", NOTES_READ)
    assert (actor.principal.kind, actor.organization) == (SenderKind.SYSTEM, "acme")
    assert not actor.is_agent
    assert not actor.is_visitor
    assert actor.permissions == {NOTES_READ}
    assert system_actor("acme").permissions == frozenset()


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_agent_ids_differ_where_people_do(org: str, who: str, org2: str, who2: str) -> None:
    same = ids.agent_of(KEY, org, who) == ids.agent_of(KEY, org2, who2)
    assert same == ((org, who) == (org2, who2))
    assert ids.agent_of(b"another", org, who) != ids.agent_of(KEY, org, who)


def test_a_time_as_clients_read_it() -> None:
    assert clock.rfc3339(1_700_000_000_123_456) == "2023-11-14T22:13:20.123456Z"
    assert clock.rfc3339(0) == "1970-01-01T00:00:00.000000Z"
    assert clock.rfc3339_or_none(None) is None
    assert clock.rfc3339_or_none(0) == "1970-01-01T00:00:00.000000Z"
    assert clock.parse_rfc3339("2023-11-15T00:13:20.5+02:00") == 1_700_000_000_500_000
    assert clock.parse_rfc3339("1969-12-31T23:59:59Z") == -1_000_000
    with pytest.raises(ValueError, match="offset"):
        clock.parse_rfc3339("2023-11-14T22:13:20")
