"""The form of API keys, and which secrets a key accepts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from campfire_chat import Role
from campfire_chat.access import api_keys
from campfire_chat.access.errors import RestOnlyError, TokenExpiredError
from campfire_chat.access.identity import Tokens
from campfire_chat.access.permissions import all_permissions
from campfire_chat.access.records import Agent, Participant, SenderKind
from campfire_chat.core import ids
from campfire_chat.core.errors import ForbiddenError, InvalidError
from campfire_chat.features.api_keys import rules
from campfire_chat.features.api_keys.codec import key_of, values_of
from campfire_chat.features.api_keys.rules import ApiKey
from tests.support.host import agent_actor

OLD, NEW = "an old secret key, 0123456789 0123456789", "a new secret key, 0123456789 0123456789"


def key(**fields: object) -> ApiKey:
    plain = ApiKey(
        organization="default",
        id=ids.new(ids.API_KEY),
        name="Shop",
        permissions=("agents.read",),
        access_labels=None,
        digest="none",
        created_at=1,
        created_by=Participant(SenderKind.AGENT, "agt_1", "Ada"),
    )
    return structs.replace(plain, **fields)


def test_a_key_can_be_recognised() -> None:
    key_id = ids.new(ids.API_KEY)
    first, second = api_keys.make(key_id), api_keys.make(key_id)
    assert first != second
    assert re.fullmatch("cfk_[0-9a-hjkmnp-tv-z]{65}", first)
    assert api_keys.id_of(first) == api_keys.id_of(second) == key_id


@given(st.data())
def test_a_changed_key_is_none(data: st.DataObject) -> None:
    whole = api_keys.make(ids.new(ids.API_KEY))
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.characters().filter(lambda one: one != whole[at]))
    assert api_keys.id_of(whole[:at] + other + whole[at + 1 :]) is None
    assert api_keys.id_of(whole[:at] + whole[at + 1 :]) is None
    assert api_keys.id_of(whole + other) is None


def test_the_right_checksum_does_not_make_a_key_of_what_is_none() -> None:
    whole = api_keys.make(ids.new(ids.API_KEY))
    text = whole[:-7]
    assert api_keys.id_of(text + api_keys._checksum(text)) is not None
    for other in (text + "0", text[:-1], "xyz_" + text[4:], text[:-1] + "u", text[:-1] + "\u0660"):
        assert api_keys.id_of(other + api_keys._checksum(other)) is None


def test_a_token_of_another_kind_is_no_key_and_a_key_is_no_token() -> None:
    assert not api_keys.is_api_key("eyJ0.x.y")
    assert api_keys.id_of("eyJ0.x.y") is None
    with pytest.raises(RestOnlyError):
        Tokens(NEW, lifetime=60).read(api_keys.make(ids.new(ids.API_KEY)))


def test_a_key_stays_valid_while_its_secret_key_is_listed() -> None:
    secret = api_keys.make(ids.new(ids.API_KEY))
    [before] = Tokens(OLD, lifetime=60).digests(secret)
    assert secret not in before
    rotated = Tokens([NEW, OLD], lifetime=60).digests(secret)
    assert rules.matches(key(digest=before), rotated, 1)
    assert not rules.matches(key(digest=before), Tokens(NEW, lifetime=60).digests(secret), 1)


def test_both_secrets_are_valid_until_the_overlap_is_over() -> None:
    both = key(digest="new", previous_digest="old", previous_until=100)
    assert rules.matches(both, ["new"], 100)
    assert rules.matches(both, ["old"], 99)
    with pytest.raises(TokenExpiredError, match="rotated"):
        rules.matches(both, ["old"], 100)
    assert not rules.matches(both, ["other"], 1)
    with pytest.raises(TokenExpiredError, match="rotated"):
        rules.matches(structs.replace(both, previous_until=None), ["old"], 1)


def test_an_expired_key_says_so_only_to_whom_has_its_secret() -> None:
    expired = key(digest="new", previous_digest="old", previous_until=100, expires_at=50)
    assert rules.matches(expired, ["new"], 49)
    for secret in ("new", "old"):
        with pytest.raises(TokenExpiredError, match="expired"):
            rules.matches(expired, [secret], 50)
    assert not rules.matches(expired, ["other"], 50)


def test_what_a_key_may_do_is_no_more_than_its_creator() -> None:
    admin = agent_actor(Agent(id="a", name="A", role=Role.ADMIN))
    viewer = agent_actor(Agent(id="v", name="V", role=Role.VIEWER))
    names = ["inbox.read", "agents.read", "inbox.read"]
    assert rules.check_permissions(viewer, names) == ("agents.read", "inbox.read")
    with pytest.raises(ForbiddenError, match=r"settings\.edit"):
        rules.check_permissions(viewer, ["settings.edit"])
    for none in ([], ["nothing.at_all"], ["api_keys.manage"], ["own_settings.edit"]):
        with pytest.raises(InvalidError):
            rules.check_permissions(admin, none)


def test_a_permission_that_this_version_does_not_know_is_passed_over() -> None:
    found = key(permissions=("agents.read", "api_keys.manage", "later.thing")).allowed
    assert [one.name for one in found] == ["agents.read"]


def test_whoever_rotates_may_do_what_the_key_may() -> None:
    owner = agent_actor(Agent(id="o", name="O", role=Role.OWNER))
    viewer = agent_actor(Agent(id="v", name="V", role=Role.VIEWER))
    narrowed = structs.replace(owner, labels=frozenset({"vip"}))
    strong = key(permissions=tuple(one.name for one in all_permissions()))
    rules.require_covers(owner, strong)
    rules.require_covers(narrowed, key(access_labels=frozenset({"vip"})))
    rules.require_covers(narrowed, key(access_labels=frozenset()))
    for actor, wide in (
        (viewer, strong),
        (narrowed, key()),
        (narrowed, key(access_labels=frozenset({"vip", "emea"}))),
    ):
        with pytest.raises(ForbiddenError):
            rules.require_covers(actor, wide)


def test_labels_of_key_and_agent_narrow_together() -> None:
    vip, both = frozenset({"vip"}), frozenset({"vip", "emea"})
    assert rules.narrowed(None, None) is None
    assert rules.narrowed(vip, None) == rules.narrowed(None, vip) == vip
    assert rules.narrowed(both, vip) == vip
    assert rules.narrowed(vip, frozenset({"emea"})) == frozenset()


@given(st.none() | st.frozensets(st.text(max_size=5), max_size=3), st.none() | st.integers(0, 9))
def test_rows_and_records(labels: frozenset[str] | None, at: int | None) -> None:
    whole = key(
        access_labels=labels,
        expires_at=at,
        last_used_at=at,
        rotated_at=at,
        previous_until=at,
        previous_digest=None if at is None else "old",
    )
    assert key_of(values_of(whole)) == whole
