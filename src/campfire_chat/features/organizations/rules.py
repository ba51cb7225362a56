"""What the settings of an organisation may be, beyond their types."""

from __future__ import annotations

import re
import zoneinfo
from urllib.parse import urlsplit

from campfire_chat.access.actor import MAX_URL
from campfire_chat.configuration import check_origins
from campfire_chat.core import text
from campfire_chat.core.errors import ConfigurationError, InvalidError

#: Characters of the name of an organisation, and of its greeting.
MAX_NAME = 80
MAX_GREETING = 120
#: Number of origins that an organisation may allow.
MAX_ORIGINS = 50

#: A language, and perhaps a script and a region: BCP 47 without its rarer parts.
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?")
_COLOR = re.compile(r"#[0-9a-f]{6}")


def check_name(name: str | None) -> str | None:
    """One line, trimmed."""
    return None if name is None else text.check_line(name, field="The name", limit=MAX_NAME)


def check_greeting(greeting: str | None) -> str | None:
    """One line, trimmed."""
    if greeting is None:
        return None
    return text.check_line(greeting, field="The greeting", limit=MAX_GREETING)


def check_locale(locale: str) -> str:
    """A language tag in its usual spelling, such as ``de-AT`` for ``DE-at``.

    Raises:
        InvalidError: It is none.
    """
    found = _LOCALE.fullmatch(locale)
    if found is None:
        raise InvalidError(f"{locale[:MAX_NAME]!r} is not a language tag such as en or de-AT.")
    language, script, region = found.groups()
    parts = [language.lower(), script and script.title(), region and region.upper()]
    return "-".join(part for part in parts if part)


def check_time_zone(name: str) -> str:
    """The name of a time zone of the IANA database.

    Raises:
        InvalidError: There is none of that name on this machine.
    """
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidError(
            f"{name[:MAX_NAME]!r} is not a time zone such as Europe/Vienna."
        ) from None
    return name


def check_allowed_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Origins as a browser writes them, each once.

    Raises:
        InvalidError: One is not an origin, or there are too many.
    """
    if len(origins) > MAX_ORIGINS:
        raise InvalidError(f"At most {MAX_ORIGINS} origins are possible.")
    try:
        check_origins(origins)
    except ConfigurationError as error:
        raise InvalidError(error.message) from None
    return tuple(dict.fromkeys(origins))


def check_color(color: str | None) -> str | None:
    """A colour as ``#rrggbb``, in lower case.

    Raises:
        InvalidError: It is written in another way.
    """
    if color is None:
        return None
    lower = color.lower()
    if _COLOR.fullmatch(lower) is None:
        raise InvalidError(f"{color[:MAX_NAME]!r} is not a colour such as #0f766e.")
    return lower


def check_picture_url(url: str | None) -> str | None:
    """The address of a picture that other people's browsers load: a path on this site, or an
    address with ``https``.

    Raises:
        InvalidError: It is something else, or too long.
    """
    if url is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidError("The address of the picture cannot be read.") from None
    absolute = parts.scheme == "https" and parts.netloc != ""
    path = not parts.scheme and not parts.netloc and url.startswith("/")
    # Browsers remove control characters, and read "\" as "/".
    clean = url.isprintable() and not any(character in url for character in " \\")
    if not (absolute or path) or not clean or len(url) > MAX_URL:
        raise InvalidError(
            "The picture needs an address such as https://shop.example/logo.png, or a path such "
            f"as /static/logo.png, of at most {MAX_URL} characters."
        )
    return url
