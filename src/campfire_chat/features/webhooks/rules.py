"""The rules of webhooks: what a URL may be, when to try again, how to sign."""

from __future__ import annotations

import base64
import binascii
import email.utils
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from campfire_chat.core import text
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import InvalidTextError
from campfire_chat.features.webhooks.errors import InvalidWebhookError
from campfire_chat.features.webhooks.records import PauseReason
from campfire_chat.ledger.events import known_type

#: Webhooks of one organisation.
MOST_WEBHOOKS = 25
MAX_URL = 2048
MAX_DESCRIPTION = 200
#: Ports of addresses on the internet.
PORTS = (443, 8443)

MINUTE = 60
HOUR = 3600
#: Seconds to wait after each failure of a delivery. After one more failure it is given up.
SCHEDULE: tuple[int, ...] = (
    *(5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR),
    *(10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)
#: The longest that an answer can ask us to wait, in seconds.
LONGEST_RETRY_AFTER = 24 * HOUR
#: Seconds for which a webhook is left alone after its first failure in a row, doubled with each
#: further one, up to the longest. A dead receiver with many deliveries costs little this way.
FIRST_HOLD = 5
LONGEST_HOLD = 15 * MINUTE
#: Seconds of nothing but failures after which a webhook is paused.
PAUSE_AFTER = 5 * 24 * HOUR
#: Seconds for which the secret before a rotation still signs.
ROTATION = 24 * HOUR
#: Seconds for which deliveries and their log are kept.
KEPT = 30 * 24 * HOUR

GONE = 410
PREFIX = "whsec_"


def check_url(url: str, *, internal: bool) -> str:
    """Check a URL before its name is resolved.

    Args:
        internal: Whether the host app allows networks of its own, in which plain http and every
            port can be used. The address decides when the webhook sends.

    Raises:
        InvalidWebhookError: It cannot be a webhook's.
        InvalidTextError: It cannot be stored.
    """
    text.check_text(url, field="url")
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise _bad_url(f"A URL has at most {MAX_URL} printable ASCII characters and no spaces.")
    try:
        parts = urlsplit(url)
        port = port_of(parts)
    except ValueError:
        raise _bad_url("This is not a URL.") from None
    if parts.scheme not in (("https", "http") if internal else ("https",)):
        raise _bad_url("The URL must begin with https://.")
    if not parts.hostname:
        raise _bad_url("The URL names no host.")
    if parts.username is not None or parts.password is not None:
        raise _bad_url("The URL may not contain a user name or a password.")
    if parts.fragment or "#" in url:
        raise _bad_url("The URL may not contain #.")
    if port not in PORTS and not internal:
        raise _bad_url(f"The port must be {' or '.join(map(str, PORTS))}.")
    return url


def _bad_url(message: str) -> InvalidWebhookError:
    return InvalidWebhookError(message, field="url")


def port_of(parts: SplitResult) -> int:
    """
    Raises:
        ValueError: The port is not a number from 1 to 65535.
    """
    port = parts.port
    if port == 0:
        raise ValueError("no port 0")
    return port or (80 if parts.scheme == "http" else 443)


def check_description(description: str) -> str:
    """One line, or nothing.

    Raises:
        InvalidWebhookError: It is too long or has several lines.
        InvalidTextError: It cannot be stored.
    """
    text.check_text(description, field="description")
    line = description.strip()
    if len(line) > MAX_DESCRIPTION or not line.isprintable():
        raise InvalidWebhookError(
            f"A description is one line of at most {MAX_DESCRIPTION} characters.",
            field="description",
        )
    return line


def check_events(events: Iterable[str] | None) -> list[str] | None:
    """Types of events, each once and sorted; None for all.

    Raises:
        InvalidWebhookError: There is none, or a type does not exist.
    """
    if events is None:
        return None
    names = sorted(set(events))
    for name in names:
        if known_type(name) is None:
            try:
                text.check_text(name, field="events")
            except InvalidTextError:
                name = "of that name"
            raise InvalidWebhookError(f"There is no event {name[:80]!r}.", field="events")
    if not names:
        raise InvalidWebhookError("Choose at least one event, or null for all.", field="events")
    return names


# When.


def retry_after(value: str | None, now: int) -> float | None:
    """Seconds that the header ``Retry-After`` asks to wait; None if it says nothing useful.

    Args:
        value: A number of seconds or an HTTP date:
            https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3.
        now: Microseconds since 1970.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        # Longer numbers are far beyond the limit anyway.
        return float(min(int(value[:9]), LONGEST_RETRY_AFTER))
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    seconds = (at - datetime.fromtimestamp(now / SECOND, UTC)).total_seconds()
    return min(max(seconds, 0.0), float(LONGEST_RETRY_AFTER))


def next_try(tries: int, now: int, asked: float | None) -> int | None:
    """When a delivery is tried again, in microseconds since 1970; None when it is given up.

    Args:
        tries: Failures of the delivery so far, at least one.
        asked: Seconds that the answer asked us to wait.
    """
    if tries > len(SCHEDULE):
        return None
    return now + int(max(SCHEDULE[tries - 1], asked or 0) * SECOND)


def hold(failures: int, now: int, asked: float | None) -> int:
    """Until when a webhook is left alone after so many failures in a row, of which there is at
    least one; in microseconds since 1970."""
    own = min(LONGEST_HOLD, FIRST_HOLD * 2 ** min(failures - 1, 20))
    return now + int(max(own, asked or 0) * SECOND)


def pause_for(status: int | None, failing_since: int, now: int) -> PauseReason | None:
    """Why a webhook has to be paused after a failure; None if it goes on."""
    if status == GONE:
        return PauseReason.GONE
    return PauseReason.FAILING if now - failing_since >= PAUSE_AFTER * SECOND else None


# Signatures: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md


def new_secret() -> str:
    """A secret of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature of the header ``webhook-signature``.

    Args:
        timestamp: Seconds since 1970.

    Raises:
        ValueError: The secret is not one.
    """
    if not secret.startswith(PREFIX):
        raise ValueError("not a secret of a webhook")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("not a secret of a webhook") from error
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def signatures(secrets_: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one signature for each valid secret."""
    return " ".join(signature(secret, message_id, timestamp, body) for secret in secrets_)


def message_id(organization: str, stream: str, seq: int) -> str:
    """The header ``webhook-id`` of an event: the same for every webhook, attempt and replay."""
    place = f"{len(organization)}:{organization}{stream}#{seq}"
    digest = hashlib.blake2b(place.encode(), digest_size=16, person=b"campfire-webhook")
    return f"evt_{digest.hexdigest()}"
