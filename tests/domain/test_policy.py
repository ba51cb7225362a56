"""Who may do what: roles, permissions, and whose a thing is."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat import Agent, Campfire, ConfigurationError, Visitor
from campfire_chat.access import permissions as permissions_module
from campfire_chat.access.actor import (
    Actor,
    actor_of_agent,
    actor_of_visitor,
    anonymous,
    system_actor,
)
from campfire_chat.access.permissions import (
    LADDER,
    Access,
    Permission,
    all_permissions,
    in_words,
    known_permission,
    needed,
    of_visitors,
)
from campfire_chat.access.policy import can, meets, reaches_all, require
from campfire_chat.access.records import Role
from campfire_chat.access.roles import Roles
from campfire_chat.core.errors import ForbiddenError

NAMES = [one.name for one in all_permissions()]
permissions = st.sampled_from(all_permissions())
some_names = st.sets(st.sampled_from(NAMES))


class Thing(NamedTuple):
    organization: str
    visitor_id: str | None
    access_labels: frozenset[str] = frozenset()


def named(name: str) -> Permission:
    found = known_permission(name)
    assert found is not None
    return found


def agent(role: str, roles: Roles | None = None, organization: str = "acme") -> Actor:
    person = Agent(id="ada", name="Ada", role=role, organization=organization)
    return actor_of_agent(person, b"key", roles or Roles())


MIA = actor_of_visitor(Visitor(id="mia", organization="acme"))
TOM = anonymous("acme")

#: The whole table once more, as the documentation has it: who may do what.
TABLE = {
    "viewer": {
        *("conversations.read", "inbox.read", "notes.read", "message_versions.read"),
        *("agents.read", "availability.write", "settings.read", "own_settings.edit"),
        *("saved_replies.read", "contacts.read", "history.read", "teams.read", "tags.read"),
        "notifications.read",
    },
    "agent": {
        *("conversations.create", "conversations.manage", "conversations.reply", "notes.write"),
        *("saved_replies.write", "tags.create", "drafts.write"),
        *("contacts.edit", "contacts.block"),
    },
    "admin": {
        *("conversations.restrict", "messages.delete", "agents.manage", "jobs.manage"),
        *("settings.edit", "saved_replies.share", "contacts.write", "api_keys.manage"),
        *("agents.impersonate", "webhooks.manage", "tags.write", "teams.manage"),
        "messages.redact",
    },
    "owner": set[str](),
}
VISITORS = {"conversations.read", "conversations.create", "conversations.reply"}


def test_the_built_in_roles_are_a_ladder() -> None:
    expected: set[str] = set()
    assert [role.value for role in LADDER] == list(TABLE)
    for role, more in TABLE.items():
        expected |= more
        assert {one.name for one in Roles().permissions_of(role)} == expected, role
    assert expected == set(NAMES)
    assert {one.name for one in of_visitors()} == VISITORS


@pytest.mark.parametrize("permission", all_permissions(), ids=lambda one: one.name)
def test_a_permission_explains_itself(permission: Permission) -> None:
    noun, _, verb = permission.name.partition(".")
    assert noun
    assert verb
    assert permission.name == permission.name.lower()
    assert permission.allows.endswith(".")
    assert permission.allows[0].isupper()
    assert known_permission(permission.name) is permission


def test_no_two_permissions_have_one_name() -> None:
    with pytest.raises(AssertionError, match=r"notes\.read"):
        Permission("notes.read", "Again.", least=Role.VIEWER)
    assert [one.name for one in all_permissions()] == NAMES


def test_visitors_have_what_is_declared_for_them_whenever_that_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = of_visitors()
    with monkeypatch.context() as patch:
        patch.setattr(permissions_module, "_declared", dict(permissions_module._declared))
        theirs = Permission("test.theirs", "Test.", least=Role.VIEWER, visitors=True)
        Permission("test.agents", "Test.", least=Role.VIEWER)
        assert of_visitors() == before | {theirs}
    of_visitors.cache_clear()
    assert of_visitors() == before


@given(some_names, permissions)
def test_a_role_of_the_host_is_what_it_names(names: set[str], permission: Permission) -> None:
    roles = Roles({"tier1": names})
    actor = agent("tier1", roles)
    assert can(actor, permission) == (permission.name in names)
    assert ("tier1" in roles.with_permission(permission)) == (permission.name in names)
    assert actor.record.permissions == sorted(names)
    assert actor.record.role == "tier1"
    # The built-in ones stay as they are.
    assert agent("agent", roles).permissions == agent("agent").permissions


def test_the_names_of_roles_begin_with_those_that_are_built_in() -> None:
    assert Roles({"b": (), "a": ()}).names == ["owner", "admin", "agent", "viewer", "b", "a"]


def test_a_permission_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Roles({"tier1": {"conversations.read", "conversations.fly"}})
    message = str(caught.value)
    assert caught.value.field == "roles"
    assert "'conversations.fly'" in message
    assert "'tier1'" in message
    for name in NAMES:
        assert name in message


@pytest.mark.parametrize("name", ["owner", "viewer", "", "x" * 65, "a\nb"])
def test_a_role_cannot_have_any_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match="roles"):
        Roles({name: ()})
    assert Roles({"x" * 64: ()}).permissions_of("x" * 64) == frozenset()


def campfire(**settings: Any) -> Campfire:
    return Campfire("sqlite:///never-opened.db", secret_key="only this test knows it", **settings)


@pytest.mark.parametrize("kind", [set, frozenset, list, tuple])
def test_a_campfire_takes_roles_of_its_host(kind: Any) -> None:
    desk = campfire(roles={"tier1": kind(["notes.read"])})
    assert desk.settings.roles == {"tier1": frozenset(["notes.read"])}
    assert "tier1" in desk._roles.names
    # Another one in the same process does not know it.
    assert "tier1" not in campfire()._roles.names


@pytest.mark.parametrize(
    "roles",
    [
        {"tier1": "notes.read"},
        {"tier1": None},
        {"tier1": [7]},
        {7: ["notes.read"]},
        ["tier1"],
        None,
    ],
)
def test_what_are_no_roles_is_refused(roles: Any) -> None:
    with pytest.raises(ConfigurationError, match="roles") as caught:
        campfire(roles=roles)
    assert caught.value.field == "roles"
    with pytest.raises(ConfigurationError, match=r"There are agents\.impersonate"):
        campfire(roles={"tier1": ["notes"]})


@given(st.sampled_from(NAMES), st.sampled_from(["acme", "other"]), st.sampled_from(["mia", "x"]))
def test_whose_a_thing_is(name: str, organization: str, owner: str) -> None:
    permission = named(name)
    thing = Thing(organization, MIA.principal.id if owner == "mia" else owner)
    here = organization == "acme"
    assert can(agent("owner"), permission, thing) == here
    assert can(system_actor("acme", permission), permission, thing) == here
    assert not can(system_actor("acme"), permission, thing)
    mine = here and owner == "mia"
    assert can(MIA, permission, thing) == (mine and name in VISITORS)
    assert not can(TOM, permission, thing)
    # What is no visitor's, is of no visitor's permissions.
    assert not can(MIA, permission, Thing("acme", None))
    assert can(agent("owner"), permission, Thing("acme", None))


def test_the_same_id_in_another_organisation_is_another_person() -> None:
    read = named("conversations.read")
    assert not can(agent("owner", organization="other"), read, Thing("acme", "mia"))
    elsewhere = anonymous("other", MIA.principal.id)
    assert not can(elsewhere, read, Thing("acme", MIA.principal.id))


def test_who_reaches_everything() -> None:
    assert reaches_all(agent("viewer"))
    assert reaches_all(system_actor("acme"))
    assert not reaches_all(MIA)


@given(some_names, st.lists(permissions, min_size=1, max_size=3, unique=True))
def test_one_of_several_is_enough(names: set[str], wanted: list[Permission]) -> None:
    actor = agent("tier1", Roles({"tier1": names}))
    enough = any(one.name in names for one in wanted)
    for requirement in (tuple(wanted), *([wanted[0]] if len(wanted) == 1 else [])):
        assert meets(actor, requirement) == enough
        assert needed(requirement) == frozenset(wanted)
        if enough:
            require(actor, requirement)
        else:
            with pytest.raises(ForbiddenError, match=wanted[0].name.replace(".", r"\.")):
                require(actor, requirement)


@pytest.mark.parametrize("access", Access)
def test_what_asks_for_no_permission_asks_for_none(access: Access) -> None:
    nobody = agent("tier1", Roles({"tier1": ()}))
    assert meets(nobody, access)
    require(nobody, access)
    assert needed(access) is None
    assert in_words(access) == access.value
