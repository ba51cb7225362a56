"""The form of API keys: ``cfk_``, 26 characters of the id, 32 of the secret, 7 of a checksum.

Secret scanners know a key by its prefix, and tell one from a mistake by the checksum. So does the
server, without a look into the database.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib

from campfire_chat.core import ids

PREFIX = "cfk_"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID, _SECRET, _CHECKSUM = 26, 32, 7
_LENGTH = len(PREFIX) + _ID + _SECRET + _CHECKSUM


def make(key_id: str) -> str:
    """A new API key with that ``key_…`` id, whose secret has 160 random bits."""
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET))
    text = f"{PREFIX}{key_id.removeprefix(f'{ids.API_KEY}_')}{secret}"
    return text + _checksum(text)


def is_api_key(token: str) -> bool:
    """Whether a token is meant as an API key."""
    return token.startswith(PREFIX)


def id_of(api_key: str) -> str | None:
    """The ``key_…`` id in an API key; None if the key has not the right form."""
    if len(api_key) != _LENGTH or not is_api_key(api_key):
        return None
    text, checksum = api_key[:-_CHECKSUM], api_key[-_CHECKSUM:]
    if not set(text[len(PREFIX) :]) <= set(_ALPHABET) or checksum != _checksum(text):
        return None
    return f"{ids.API_KEY}_{text[len(PREFIX) :][:_ID]}"


def digest(secret_key: str, api_key: str) -> str:
    """What the database keeps of an API key. Nobody can make one without the secret key."""
    message = b"campfire.api-key.v1:" + api_key.encode()
    return hmac.new(secret_key.encode(), message, hashlib.sha256).hexdigest()


def _checksum(text: str) -> str:
    """The CRC-32 of a text in Crockford's base 32."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM):
        digits = _ALPHABET[number & 31] + digits
        number >>= 5
    return digits
