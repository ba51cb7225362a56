"""Visitor tokens and tickets: what they say, how long they are good for, and whom they name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs
from starlette.requests import HTTPConnection

from campfire_chat import Agent, ConfigurationError, Visitor
from campfire_chat.access import host_calls
from campfire_chat.access.actor import Actor, actor_of_agent, actor_of_visitor, anonymous
from campfire_chat.access.errors import HostUnavailableError, TokenExpiredError, TokenInvalidError
from campfire_chat.access.identity import (
    TICKET_LIFETIME,
    Credentials,
    HostSession,
    Tokens,
    bearer_token,
)
from campfire_chat.access.origins import from_own_page
from campfire_chat.access.records import Role
from campfire_chat.access.revocations import Revocations
from campfire_chat.access.roles import Roles
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import NotStartedError
from tests.domain.test_clocks import DAY, KEY, Watch
from tests.domain.test_identity import KEYS, connection

LIFETIME = 30 * DAY
AGENT_KEY = b"the installation's key"

ADA = actor_of_agent(Agent(id="ada", name="Ada"), AGENT_KEY, Roles())
MIA = actor_of_visitor(
    Visitor(
        id="mia",
        name="Mia",
        email="mia@shop.example",
        avatar_url="/mia.png",
        organization="acme",
    ),
    by_session=True,
)


def signer(watch: Watch, revocations: Revocations | None = None, key: Any = KEY) -> Tokens:
    return Tokens(key, lifetime=LIFETIME, now=watch, revocations=revocations)


@pytest.mark.parametrize("actor", [MIA, anonymous("acme")])
def test_a_token_says_all_that_was_known(actor: Actor) -> None:
    watch = Watch()
    found = signer(watch).read(signer(watch).issue(actor))
    assert found.actor == actor
    assert not found.ambient
    assert found.by_session == actor.principal.by_session
    assert (found.expires_at, found.ends) == (watch.seconds + LIFETIME, None)
    assert found.since == watch.seconds * SECOND


@pytest.mark.parametrize("ends", [None, 10 * DAY, 40 * DAY])
def test_a_token_is_renewed_after_half_its_life_but_never_beyond_its_identity(
    ends: int | None,
) -> None:
    watch = Watch()
    tokens = signer(watch)
    end = None if ends is None else watch.seconds + ends
    token = tokens.issue(anonymous("acme"), end)
    life = min(LIFETIME, ends or LIFETIME)
    assert tokens.read(token).expires_at == watch.seconds + life
    assert tokens.read(token).ends == end
    watch.seconds += LIFETIME // 2 if life == LIFETIME else life
    assert tokens.read(token).renewal is None
    watch.seconds += 1
    if life < LIFETIME:
        with pytest.raises(TokenExpiredError):
            tokens.read(token)
        return
    renewal = tokens.read(token).renewal
    assert renewal is not None
    renewed = tokens.read(renewal)
    assert renewed.actor == tokens.read(token).actor
    assert renewed.ends == end
    assert renewed.expires_at == min(watch.seconds + LIFETIME, end or 2**60)


def test_a_renewed_token_is_not_renewed_again_where_that_would_win_nothing() -> None:
    watch = Watch()
    tokens = signer(watch)
    token = tokens.issue(anonymous("acme"), watch.seconds + LIFETIME)
    watch.seconds += LIFETIME - 1
    assert tokens.read(token).renewal is None


def test_a_renewal_goes_back_to_the_first_token() -> None:
    """A process that has not learned of a revocation yet, or whose clock is ahead, may renew: what
    comes of it was revoked all the same."""
    watch, here, there = Watch(), Revocations(), Revocations()
    actor = anonymous("acme")
    token = signer(watch, here).issue(actor)
    watch.seconds += LIFETIME // 2 + 10
    here.learn("acme", actor.principal.id, watch.seconds * SECOND)
    watch.seconds += 5
    renewal = signer(watch, there).read(token).renewal
    assert renewal is not None
    assert signer(watch, there).read(renewal).actor == actor
    with pytest.raises(TokenExpiredError):
        signer(watch, here).read(renewal)


def test_a_revoked_token_is_refused_where_it_is_shown_and_where_it_is_open() -> None:
    watch, revocations = Watch(), Revocations()
    tokens = signer(watch, revocations)
    actor = anonymous("acme")
    token, other = tokens.issue(actor), tokens.issue(anonymous("acme"))
    credentials = tokens.read(token)
    revocations.learn("acme", actor.principal.id, watch.seconds * SECOND + 1)
    assert tokens.expired(credentials)
    with pytest.raises(TokenExpiredError):
        tokens.read(token)
    assert not tokens.expired(tokens.read(other))
    # Who is known by the session alone holds no token.
    assert not tokens.expired(Credentials(actor, ambient=True))
    watch.seconds += 1
    assert tokens.read(tokens.issue(actor)).actor == actor


def test_an_identity_of_the_second_of_a_revocation_is_refused() -> None:
    watch, revocations = Watch(), Revocations()
    tokens = signer(watch, revocations)
    text = tokens.sign_identity(Visitor(id="mia", organization="acme"))
    actor, ends, since = tokens.read_identity(text)
    assert (ends, since) == (watch.seconds + DAY, watch.seconds * SECOND)
    revocations.learn("acme", actor.principal.id, watch.seconds * SECOND + 1)
    with pytest.raises(TokenExpiredError, match="revoked"):
        tokens.read_identity(text)
    watch.seconds += 1
    tokens.read_identity(tokens.sign_identity(Visitor(id="mia", organization="acme")))


def test_everything_ends_within_the_longest_life() -> None:
    watch = Watch()
    assert Tokens(KEY, lifetime=5, now=watch).longest_life == DAY
    assert signer(watch).longest_life == LIFETIME


def test_a_ticket_names_one_person_in_one_role() -> None:
    watch = Watch()
    tokens = signer(watch)
    text, ends = tokens.issue_ticket(ADA)
    assert ends == (watch.seconds + TICKET_LIFETIME) * SECOND
    ticket = tokens.read_ticket(text)
    assert ticket.names(ADA)
    principal = ADA.principal
    others = [
        structs.replace(ADA, organization="other"),
        structs.replace(ADA, principal=structs.replace(principal, id="agt_other")),
        structs.replace(ADA, principal=structs.replace(principal, role=Role.VIEWER)),
        structs.replace(ADA, principal=structs.replace(principal, kind=MIA.principal.kind)),
        MIA,
    ]
    assert not any(ticket.names(other) for other in others)
    # Another name or picture is still the same person.
    assert ticket.names(structs.replace(ADA, principal=structs.replace(principal, name="A.")))
    assert tokens.read_ticket(tokens.issue_ticket(MIA)[0]).names(MIA)


def test_a_ticket_lives_a_minute_and_knows_its_age() -> None:
    watch = Watch()
    tokens = signer(watch)
    text, _ = tokens.issue_ticket(ADA)
    watch.seconds += TICKET_LIFETIME
    assert tokens.age(tokens.read_ticket(text)) == TICKET_LIFETIME
    watch.seconds += 1
    with pytest.raises(TokenExpiredError):
        tokens.read_ticket(text)
    # A machine whose clock is ahead has issued it.
    watch.seconds -= TICKET_LIFETIME + 11
    assert tokens.age(tokens.read_ticket(text)) == 0


def test_what_was_signed_for_one_purpose_is_not_good_for_another() -> None:
    tokens = signer(Watch())
    made = {
        "token": tokens.issue(MIA),
        "ticket": tokens.issue_ticket(MIA)[0],
        "identity": tokens.sign_identity(Visitor(id="mia")),
    }
    read: dict[str, Callable[[str], Any]] = {
        "token": tokens.read,
        "ticket": tokens.read_ticket,
        "identity": tokens.read_identity,
    }
    for purpose, text in made.items():
        for other, reader in read.items():
            if other == purpose:
                reader(text)
                continue
            with pytest.raises(TokenInvalidError):
                reader(text)


def test_tickets_are_signed_with_the_newest_key_too() -> None:
    watch = Watch()
    text, _ = signer(watch, key=KEYS).issue_ticket(ADA)
    assert signer(watch, key=KEYS[0]).read_ticket(text).names(ADA)
    for older in KEYS[1:]:
        with pytest.raises(TokenInvalidError):
            signer(watch, key=older).read_ticket(text)
        old, _ = signer(watch, key=older).issue_ticket(ADA)
        assert signer(watch, key=KEYS).read_ticket(old).names(ADA)


@pytest.mark.parametrize(
    "payload", [[], ["acme"], {"a": 1}, None, ["acme", 1, 2, 3, 4, 5, 6, 7, 8]]
)
def test_what_is_signed_and_says_something_else_is_refused(payload: Any) -> None:
    """As a later version may have signed it."""
    tokens = signer(Watch())
    with pytest.raises(TokenInvalidError):
        tokens.read(tokens._dump(tokens._visitor, payload))
    with pytest.raises(TokenInvalidError):
        tokens.read_ticket(tokens._dump(tokens._ticket, payload))


@pytest.mark.parametrize("keys", [[], "", "x" * 15, ["x" * 15, "y" * 16], ["y" * 16, "x" * 15]])
def test_a_key_that_is_too_short_stops_the_start(keys: Any) -> None:
    with pytest.raises(ConfigurationError):
        Tokens(keys, lifetime=60)
    assert len(Tokens(["x" * 16, "y" * 16], lifetime=60).checks) == 2
    assert Tokens("x" * 16, lifetime=60).checks == Tokens(["x" * 16], lifetime=60).checks


def _replaced(actor: Actor, organization: str | None = None, **fields: Any) -> Actor:
    principal = structs.replace(actor.principal, **fields)
    return structs.replace(
        actor, organization=organization or actor.organization, principal=principal
    )


def test_a_session_vouches_for_the_same_person_in_the_same_role() -> None:
    mine = Credentials(MIA, ambient=False)
    assert mine.vouched_by(_replaced(MIA, name="Another name"))
    assert not mine.vouched_by(None)
    assert not mine.vouched_by(_replaced(MIA, "other"))
    assert not mine.vouched_by(_replaced(MIA, id="vis_other"))
    assert not mine.vouched_by(_replaced(MIA, kind=ADA.principal.kind))
    agents = Credentials(ADA, ambient=True)
    assert agents.vouched_by(ADA)
    assert not agents.vouched_by(_replaced(ADA, role=Role.VIEWER))
    assert agents.by_session
    assert mine.by_session
    assert not Credentials(anonymous("acme"), ambient=False).by_session


# The host's session.


def host(answer: Any, *, started: bool = True) -> HostSession:
    def authenticate(connection: HTTPConnection) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    session = HostSession(authenticate, Roles())
    session.agent_key = AGENT_KEY if started else None
    return session


def scope_of(session: HostSession, **headers: str) -> Actor | None:
    return asyncio.run(session.actor(connection(**headers)))


async def _later(value: Any) -> Any:
    return value


def test_who_the_host_says_it_is() -> None:
    assert scope_of(HostSession(None, Roles())) is None
    for nobody in (None, False, "", 0):
        assert scope_of(host(nobody)) is None
    agent = Agent(id="ada", name="Ada")
    assert scope_of(host(agent)) == ADA
    assert scope_of(host(_later(agent))) == ADA
    visitor = scope_of(host(Visitor(id="mia")))
    assert visitor is not None
    # Their tokens end with the session.
    assert visitor.principal.by_session
    with pytest.raises(ConfigurationError, match="dict"):
        scope_of(host({"id": "ada"}))
    with pytest.raises(NotStartedError):
        scope_of(host(agent, started=False))


def test_a_page_of_another_origin_is_nobody_and_the_host_is_not_asked() -> None:
    session = host(RuntimeError("asked"))
    assert scope_of(session, origin="https://shop.example") is None
    assert scope_of(session, sec_fetch_site="same-site") is None
    with pytest.raises(RuntimeError, match="asked"):
        scope_of(session)


def test_an_outage_of_the_host_is_passed_on_and_logged_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at = [50.0]
    monkeypatch.setattr(host_calls.time, "monotonic", lambda: at[0])
    session = host(ConnectionRefusedError("no database"))

    def ask() -> int:
        caplog.clear()
        with caplog.at_level(logging.WARNING), pytest.raises(HostUnavailableError) as refused:
            scope_of(session)
        assert refused.value.retry_after == host_calls.OUTAGE_RETRY
        return len(caplog.records)

    assert ask() == 1
    at[0] += host_calls.OUTAGE_LOG_PAUSE
    assert ask() == 0
    at[0] += 0.001
    assert ask() == 1
    with pytest.raises(TypeError):
        scope_of(host(TypeError("a mistake")))
    # What is one of ours stays what it is.
    with pytest.raises(TokenInvalidError):
        scope_of(host(TokenInvalidError()))


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("BEARER abc", "abc"),
        ("Bearer ", None),
        ("Bearer", None),
        ("Basic abc", None),
        ("abc", None),
        ("", None),
    ],
)
def test_the_token_of_a_header(header: str, token: str | None) -> None:
    assert bearer_token(connection(authorization=header)) == token
    assert bearer_token(connection()) is None


# Whose page it is.


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
@pytest.mark.parametrize("mode", ["navigate", "cors", "no-cors", None])
@pytest.mark.parametrize("destination", ["document", "iframe", "empty", None])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_that_a_person_follows_is_theirs(
    method: str, mode: str | None, destination: str | None, site: str
) -> None:
    """And nothing else that comes from another site: no frame, no script, no form that posts."""
    fields = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": destination}
    asked = connection(**{name: value for name, value in fields.items() if value is not None})
    asked.scope["method"] = method
    follows = mode == "navigate" and destination == "document" and method in ("GET", "HEAD")
    assert from_own_page(asked) == follows
    asked.scope["headers"].append((b"origin", b"https://evil.example"))
    assert not from_own_page(HTTPConnection(asked.scope))


@pytest.mark.parametrize(
    ("origin", "host_header", "own"),
    [
        ("https://desk.example", "desk.example", True),
        ("http://desk.example", "desk.example", True),
        ("https://DESK.example", "desk.EXAMPLE", True),
        ("https://desk.example:8443", "desk.example:8443", True),
        ("https://desk.example:8443", "desk.example", False),
        ("ftp://desk.example", "desk.example", False),
        ("desk.example", "desk.example", False),
        ("https://", "", False),
        ("https://[", "[", False),
        ("null", "null", False),
    ],
)
def test_an_own_origin_has_the_very_host(origin: str, host_header: str, own: bool) -> None:
    assert from_own_page(connection(origin=origin, host=host_header)) == own
