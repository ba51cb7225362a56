"""Signed identities: a page of the host app passes one to the widget to say who its user is.

An identity is a JSON Web Token (RFC 7519) that is signed with HMAC-SHA256 (``HS256``) and the
bytes of the secret key in UTF-8. The format is standard, so that a site can make one without
Python; docs/how-to/identify-visitors.md has the claims, examples and test vectors. The audience
distinguishes an identity from other tokens that a host app may sign with the same key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from campfire_chat.access.errors import TokenExpiredError, TokenInvalidError
from campfire_chat.access.records import Visitor

#: The only audience that an identity may name.
AUDIENCE = "campfire-identity"
#: Most seconds between ``iat`` and ``exp``. ``sign`` uses this time.
LIFETIME = 24 * 3600
#: Seconds by which clocks may differ when ``nbf`` is checked.
LEEWAY = 300
#: From here on a number of seconds is no time but one in milliseconds: the year 5138.
MILLISECONDS = 10**11
_HEADER = b'{"alg":"HS256","typ":"JWT"}'


class _Header(Struct, frozen=True):
    alg: str
    crit: list[str] | None = None


class _Claims(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Claims that are not here are ignored, but for ``nbf``."""

    aud: str
    sub: str
    iat: float
    exp: float
    nbf: float | None = None
    name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    organization: str = "default"
    attributes: dict[str, Any] = {}


class SignedIdentity(Struct, frozen=True):
    """The contents of an identity.

    Attributes:
        issued_at: When it was signed, in seconds since 1970.
        expires_at: When it ends, in seconds since 1970.
    """

    visitor: Visitor
    issued_at: float
    expires_at: float


def sign(secret_key: str, visitor: Visitor, now: int) -> str:
    """Sign an identity for ``visitor``, valid for a day from ``now`` (seconds since 1970)."""
    claims = _Claims(
        aud=AUDIENCE,
        sub=visitor.id,
        iat=now,
        exp=now + LIFETIME,
        name=visitor.name,
        email=visitor.email,
        avatar_url=visitor.avatar_url,
        organization=visitor.organization,
        attributes=dict(visitor.attributes),
    )
    signed = f"{_encode(_HEADER)}.{_encode(msgspec.json.encode(claims))}"
    return f"{signed}.{_signature(secret_key, signed)}"


def read(secret_keys: Sequence[str], identity: str, now: float) -> SignedIdentity:
    """
    Raises:
        TokenExpiredError: It has expired.
        TokenInvalidError: It was not signed with one of the keys, or is not an identity. If the
            signature is right, the message says what is wrong.
    """
    signed, _, signature = identity.rpartition(".")
    head, _, body = signed.partition(".")
    if not identity.isascii() or identity.count(".") != 2:
        raise TokenInvalidError("An identity has three parts, with dots between them (a JWT).")
    # Compare all keys, so that the time does not reveal which one signed.
    good = [hmac.compare_digest(_signature(key, signed), signature) for key in secret_keys]
    if not any(good):
        raise TokenInvalidError(
            "The identity was not signed with the secret_key of this installation."
        )
    try:
        header = msgspec.json.decode(_decode(head), type=_Header)
        claims = msgspec.json.decode(_decode(body), type=_Claims)
    except (msgspec.MsgspecError, UnicodeDecodeError, binascii.Error) as error:
        # `$.sub` is how msgspec says where something is.
        why = str(error).replace("`$.", "`")
        raise TokenInvalidError(f"The identity cannot be read: {why}") from None
    if header.alg != "HS256" or header.crit:
        raise TokenInvalidError("An identity must be signed with HS256.")
    if claims.aud != AUDIENCE:
        raise TokenInvalidError(f"The audience (aud) of an identity must be {AUDIENCE}.")
    if max(claims.iat, claims.exp) >= MILLISECONDS:
        raise TokenInvalidError(
            "The times (iat, exp) of an identity are in seconds, not milliseconds, since 1970."
        )
    if not claims.iat < claims.exp <= claims.iat + LIFETIME:
        raise TokenInvalidError(f"An identity must end (exp) at most {LIFETIME} s after its iat.")
    # An iat of the future is accepted: the clock of the machine that signed may be ahead, or this
    # one's may have been set back. Only who writes nbf wants to be held to it.
    if claims.nbf is not None and claims.nbf > now + LEEWAY:
        raise TokenInvalidError("The identity is not valid yet (nbf).")
    if now > claims.exp:
        raise TokenExpiredError()
    visitor = Visitor(
        id=claims.sub,
        name=claims.name,
        email=claims.email,
        avatar_url=claims.avatar_url,
        organization=claims.organization,
        attributes=claims.attributes,
    )
    return SignedIdentity(visitor, claims.iat, claims.exp)


def _signature(secret_key: str, signed: str) -> str:
    return _encode(hmac.digest(secret_key.encode(), signed.encode(), hashlib.sha256))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
