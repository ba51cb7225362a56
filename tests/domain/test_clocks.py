"""What hangs on the wall clock, when clocks differ or are set."""

from __future__ import annotations

import pytest

from campfire_chat import Visitor
from campfire_chat.access.actor import anonymous
from campfire_chat.access.errors import TokenExpiredError
from campfire_chat.access.identity import Tokens
from campfire_chat.core.clock import SECOND

KEY = "a key that only the tests know, 0123456789"
DAY = 24 * 3600


class Watch:
    """A clock that shows what it is told, in seconds."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000

    def __call__(self) -> int:
        return self.seconds * SECOND


def test_a_token_lives_by_the_clock() -> None:
    watch = Watch()
    tokens = Tokens(KEY, lifetime=30 * DAY, now=watch)
    token = tokens.issue(anonymous("default"))
    credentials = tokens.read(token)
    assert credentials.renewal is None
    watch.seconds += 16 * DAY
    assert tokens.read(token).renewal is not None
    watch.seconds += 14 * DAY
    assert not tokens.expired(credentials)
    watch.seconds += 1
    assert tokens.expired(credentials)
    with pytest.raises(TokenExpiredError):
        tokens.read(token)
    watch.seconds -= DAY
    assert tokens.read(token).actor == credentials.actor


@pytest.mark.parametrize("ahead", [2, 3600, 365 * DAY])
def test_a_token_of_a_machine_whose_clock_is_ahead(ahead: int) -> None:
    watch = Watch()
    tokens = Tokens(KEY, lifetime=30 * DAY, now=watch)
    watch.seconds += ahead
    token = tokens.issue(anonymous("default"))
    identity = tokens.sign_identity(Visitor(id="mia"))
    watch.seconds -= ahead
    assert not tokens.expired(tokens.read(token))
    assert tokens.read_identity(identity)[0].principal.external_id == "mia"


def test_an_identity_lives_a_day() -> None:
    watch = Watch()
    tokens = Tokens(KEY, lifetime=30 * DAY, now=watch)
    identity = tokens.sign_identity(Visitor(id="mia"))
    watch.seconds += DAY
    tokens.read_identity(identity)
    watch.seconds += 1
    with pytest.raises(TokenExpiredError):
        tokens.read_identity(identity)
