"""What is shown of database and bus URLs, and which of them are refused."""

from __future__ import annotations

import contextlib
import io
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.cli import main
from campfire_chat.core.errors import ConfigurationError
from campfire_chat.core.urls import check_url, redacted
from campfire_chat.database.engines import engine_of
from campfire_chat.doctor import examine
from campfire_chat.realtime.buses.kinds import KINDS, kind_of

#: What people put into passwords, and what URLs are made of. No letter that hosts below have.
_SECRET = st.text(alphabet="XYZ678/#?@:&=%[]!$ ,;ü\\", min_size=4, max_size=12)
_SCHEMES = st.sampled_from(["redis", "rediss", "postgresql", "postgres", "nats", "tls", "POSTGRES"])
_NAMES = st.sampled_from(["password", "passWORD", "PASSWORD", "pass%57ord", "sslpassword", "pw"])


def pieces(secret: str) -> set[str]:
    """Every run of four characters of a secret."""
    return {secret[at : at + 4] for at in range(len(secret) - 3)}


@given(_SCHEMES, _SECRET, _SECRET, _NAMES)
def test_nothing_of_a_password_is_shown(scheme: str, secret: str, other: str, name: str) -> None:
    for url in (
        f"{scheme}://me:{secret}@db.intern:5432/desk?{name}={other}",
        f"{scheme}://:{secret}@db.intern/0#{other}",
        f"{scheme}://{secret}@db.intern",
        f"{scheme}://db.intern/desk?sslmode=on&{name}={secret}",
        f"{scheme}://me:{secret}@one:1,two:2/desk",
        f"{scheme}://db.intern/desk;{name}={other}",
        f"sqlite://me:{secret}@db.intern/desk",
    ):
        shown = redacted(url)
        assert not [piece for piece in pieces(secret) | pieces(other) if piece in shown], shown


@given(_SCHEMES, _SECRET)
def test_an_escaped_password_is_taken_and_hidden(scheme: str, secret: str) -> None:
    url = f"{scheme}://me:{quote(secret, safe='')}@db.intern:5432/desk"
    check_url(url, field="database_url")
    assert redacted(url) == f"{scheme.lower()}://***@db.intern:5432/desk"


@given(_SECRET)
def test_what_refuses_a_url_shows_nothing_of_it(secret: str) -> None:
    for refuse in (engine_of, kind_of):
        for url in (
            f"postgresql://me:{secret}@db/desk",
            f"me:{secret}@db",
            secret,
            f"x://{secret}",
        ):
            try:
                refuse(url)
            except ConfigurationError as error:
                shown = str(error)
                # The hints name the characters that have to be escaped.
                escapes = ("/ # ? @", "%2F", "%23", "%3F", "%40")
                examples = ("with a scheme and ://", "sqlite:///support.db", "://user:", "://…")
                hints = (*escapes, *examples)
                for hint in hints:
                    shown = shown.replace(hint, "")
                assert not [piece for piece in pieces(secret) if piece in shown], shown


@pytest.mark.parametrize("character", "/#?@")
def test_a_password_that_has_to_be_escaped_is_refused(character: str) -> None:
    url = f"://me:12{character}34@127.0.0.1:1/desk"
    with pytest.raises(ConfigurationError, match="unescaped"):
        engine_of(f"postgresql{url}")
    for scheme in sorted(set(KINDS) - {"memory", "sqlite"}):
        with pytest.raises(ConfigurationError, match="unescaped"):
            kind_of(f"{scheme}{url}")


@pytest.mark.anyio
@pytest.mark.parametrize("password", ["XX/YY67", "XX#YY67", "XX?YY67", "XX@YY67", "12/YY67@Z"])
async def test_doctor_prints_nothing_of_a_password(password: str) -> None:
    urls = [f"me:{password}@127.0.0.1:1/desk", f"127.0.0.1:1/desk?passWORD={password}"]
    for url in urls:
        for findings in (
            await examine(f"postgresql://{url}", f"redis://{url}"),
            await examine(f"postgresql://{url}", None),
            await examine(None, f"nats://{url}"),
        ):
            text = " ".join(finding.text for finding in findings)
            assert "YY67" not in text, text
            assert "XX" not in text, text


@given(_SCHEMES, _SECRET)
def test_a_url_in_the_wrong_place_of_a_command_is_not_shown(scheme: str, secret: str) -> None:
    """It is an unknown argument, and argparse repeats those."""
    for command in ("doctor", "migrate", "jobs", "demo"):
        for url in (f"{scheme}://me:{secret}@db.intern/desk", f"me:{secret}@db.intern/desk"):
            said = io.StringIO()
            with contextlib.redirect_stderr(said), pytest.raises(SystemExit):
                main([command, "--database", "sqlite:///desk.db", url])
            shown = said.getvalue().partition("error:")[2]
            assert "***" in shown
            assert not [piece for piece in pieces(secret) if piece in shown], shown
