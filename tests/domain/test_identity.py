"""Keys, origins and visitor ids: what tells one caller from another."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from campfire_chat import Visitor
from campfire_chat.access.actor import actor_of_visitor, anonymous
from campfire_chat.access.errors import OriginForbiddenError, TokenInvalidError
from campfire_chat.access.identity import Tokens
from campfire_chat.access.origins import LOG_PAUSE, OriginCheck, check_origin
from campfire_chat.core.ids import visitor_of

KEYS = [f"key number {n}, and some more characters" for n in range(3)]


def tokens(*keys: str) -> Tokens:
    return Tokens(list(keys), lifetime=3600)


def _token(by: Tokens) -> tuple[str, Callable[[Tokens], Any]]:
    token = by.issue(anonymous("default"))
    return token, lambda reader: reader.read(token)


def _identity(by: Tokens) -> tuple[str, Callable[[Tokens], Any]]:
    identity = by.sign_identity(Visitor(id="mia"))
    return identity, lambda reader: reader.read_identity(identity)


@pytest.mark.parametrize("sign", [_token, _identity], ids=["visitor token", "identity"])
@pytest.mark.parametrize("order", list(itertools.permutations(KEYS)), ids=str)
def test_the_first_key_signs_and_every_key_is_accepted(
    sign: Callable[[Tokens], tuple[str, Callable[[Tokens], Any]]], order: tuple[str, ...]
) -> None:
    """A key that is being retired must not sign anything that outlives it."""
    _, read = sign(tokens(*order))
    read(tokens(order[0]))
    for older in order[1:]:
        with pytest.raises(TokenInvalidError):
            read(tokens(older))
        # What an older key has signed is still good.
        _, read_old = sign(tokens(older))
        read_old(tokens(*order))


OWN = "https://desk.example"


def connection(**headers: str) -> HTTPConnection:
    fields = {"host": "desk.example", **headers}
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    return HTTPConnection({"type": "http", "headers": raw, "path": "/", "query_string": b""})


#: https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header has four values.
SITES = {None: True, "none": True, "same-origin": True, "same-site": False, "cross-site": False}
ORIGINS = {
    None: None,
    OWN: True,
    "https://shop.example": True,
    "https://other.desk.example": False,
    "https://evil.example": False,
    "https://desk.example.evil.example": False,
    "https://desk.example:444": False,
    "null": False,
    "": False,
}


@pytest.mark.parametrize("site", [*SITES, "", "SAME-ORIGIN", "something new"])
@pytest.mark.parametrize("origin", list(ORIGINS))
def test_whose_page_may_write(site: str | None, origin: str | None) -> None:
    """With an ``Origin`` it decides; without one a page of another site, or only of another
    origin of the same site, is refused, and so is a word that is not known."""
    headers = {"origin": origin, "sec_fetch_site": site}
    asked = connection(**{name: value for name, value in headers.items() if value is not None})
    by_origin = ORIGINS[origin]
    allowed = SITES.get(site, False) if by_origin is None else by_origin
    if allowed:
        check_origin(asked, ["https://shop.example"])
        return
    with pytest.raises(OriginForbiddenError):
        check_origin(asked, ["https://shop.example"])


def test_the_log_says_why_a_page_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """Once in a while, whoever asks: a proxy that changes the Host header is the usual reason."""
    now = 100.0
    origins = OriginCheck(now=lambda: now)

    def check(page: HTTPConnection) -> None:
        origins.check(page, ("https://www.shop.example",))

    asked = connection(origin="https://shop.example", host="127.0.0.1:8001")
    for _ in range(3):
        with pytest.raises(OriginForbiddenError, match=r"https://shop\.example"):
            check(asked)
    (record,) = caplog.records
    for part in ("'https://shop.example'", "'127.0.0.1:8001'", "['https://www.shop.example']"):
        assert part in record.getMessage()
    now += LOG_PAUSE + 1
    with pytest.raises(OriginForbiddenError) as refused:
        check(connection(origin="https://" + "a" * 5000, host="b" * 5000))
    assert len(caplog.records) == 2
    assert len(caplog.records[-1].getMessage()) < 1000
    assert len(refused.value.message) < 300
    check(connection(origin="https://www.shop.example", host="127.0.0.1:8001"))
    assert len(caplog.records) == 2


@given(st.text("ab1:", min_size=2, max_size=8), st.text("ab1:", min_size=1, max_size=4))
def test_a_visitor_id_is_of_one_organisation(text: str, user: str) -> None:
    """Also where one organisation's name ends as another one's user begins."""
    cuts = range(1, len(text))
    found = {visitor_of(text[:cut], text[cut:]) for cut in cuts}
    found |= {visitor_of(text[:cut], user) for cut in cuts if text[cut:] != user}
    expected = {(text[:cut], text[cut:]) for cut in cuts} | {(text[:cut], user) for cut in cuts}
    assert len(found) == len(expected)


def test_the_same_user_of_two_organisations_is_two_visitors() -> None:
    here, there = (
        actor_of_visitor(Visitor(id="mia", organization=organization)).principal.id
        for organization in ("default", "other")
    )
    assert here != there
