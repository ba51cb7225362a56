"""Links in messages are shown so that nobody takes them for other ones; widget and console share
the code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import campfire_chat
from tests.support.node import TYPESCRIPT

SOURCES = Path(campfire_chat.__file__).parent / "frontend"


def linked(*bodies: str) -> list[list[Any]]:
    """The parts of each text: strings, and links as ``{href, shown}``."""
    done = subprocess.run(
        [
            *TYPESCRIPT,
            *(str(Path(__file__).with_name("links.mjs")), str(SOURCES)),
        ],
        input=json.dumps(bodies),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def shown(address: str) -> str:
    [[link]] = linked(address)
    return link["shown"]


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example/tea?cup=1#top",
        "http://shop.example:8080",
        "HTTPS://Shop.example/",
        "https://münchen.example/straße",
        "https://пример.испытание/чай",
        "https://日本語.jp/お茶",
        "https://한국.kr",
        "https://παράδειγμα.δοκιμή",
        "https://127.0.0.1:8000/x",
        "https://[2001:db8::1]/x",
        "https://xn--e1afmkfd.example/",
        "https://shop.example/@user",
        "https://shop.example/search?q=me@mail.example",
    ],
)
def test_an_honest_address_is_shown_as_it_was_written(address: str) -> None:
    assert shown(address) == address


@pytest.mark.parametrize(
    ("address", "as_shown"),
    [
        # Cyrillic letters among Latin ones, and Latin ones spelled in Cyrillic before a Latin end.
        ("https://раураl.com/login", "https://xn--l-7sba6dbr.com/login"),
        ("https://аррӏе.com/", "https://xn--80ak6aa92e.com/"),
        # Greek.
        ("https://gοοgle.com/", "https://xn--ggle-0nda.com/"),
        # Full-width letters and a full stop of another script are what they stand for.
        ("https://ｇｏｏｄ。example/", "https://good.example/"),
        # A name before the host that looks like the host, plain and disguised.
        ("https://bank.example@evil.example/", "https://bank.example@evil.example/"),
        (
            "https://bank.example\u2215login@evil.example/",
            "https://bank.example%E2%88%95login@evil.example/",
        ),
        ("https://user:pass@evil.example", "https://user:pass@evil.example/"),
        (
            "https://банк.рф@evil.example/",
            "https://%D0%B1%D0%B0%D0%BD%D0%BA.%D1%80%D1%84@evil.example/",
        ),
        # Nothing that cannot be seen is left out.
        ("https://shop\u00ad.example/", "https://shop.example/"),
    ],
)
def test_what_could_be_taken_for_another_address(address: str, as_shown: str) -> None:
    assert shown(address) == as_shown


def test_a_link_leads_where_it_says() -> None:
    [[link]] = linked("https://раураl.com/login")
    assert link["href"] == link["shown"]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", []),
        ("no address", ["no address"]),
        ("javascript:alert(1)", ["javascript:alert(1)"]),
        ("https://", ["https://"]),
        ("https://a b", [("https://a",), " b"]),
        ("see https://shop.example/tea.", ["see ", ("https://shop.example/tea",), "."]),
        ("(https://shop.example)!", ["(", ("https://shop.example",), ")!"]),
        ("https://shop.example,https", [("https://shop.example,https/",)]),
        ("https://[", ["https://["]),
        ("https://\u202egpj.example", ["https://\u202egpj.example"]),
        # What turns the direction of text ends the address.
        ("https://shop.example/\u202egpj.exe", [("https://shop.example/",), "\u202egpj.exe"]),
        ("https://shop.example/\u2066a", [("https://shop.example/",), "\u2066a"]),
    ],
)
def test_where_an_address_begins_and_ends(body: str, parts: list[Any]) -> None:
    [found] = linked(body)
    wanted = [part if isinstance(part, str) else part[0] for part in parts]
    assert [part if isinstance(part, str) else part["shown"] for part in found] == wanted
    kinds = [isinstance(part, str) for part in parts]
    assert [isinstance(part, str) for part in found] == kinds
