"""Database and bus URLs: what may be shown of one, and which are refused.

A URL of this kind holds a password. Nothing of it may reach a log, a screen or an error message.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from campfire_chat.errors import ConfigurationError

#: What stands in the place of a secret.
HIDDEN = "***"
#: Schemes whose URLs name a file, with nobody in front of it.
_FILES = ("sqlite", "sqlite+aiosqlite")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(url: str) -> str:
    """The scheme of a URL in lower case; empty when there is no ``://``.

    What stands before a bare colon may be a name with a password after it, so it is no scheme.
    """
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def redacted(url: str) -> str:
    """A URL as it may be shown: scheme, host, port and path.

    A password that holds ``/``, ``?``, ``#`` or ``@`` unescaped ends in places where no parser
    looks for one, so of a URL that :func:`check_url` would refuse only the scheme is shown. The
    values of a query may be passwords under any name, so none is shown.
    """
    scheme = scheme_of(url)
    if not scheme:
        return HIDDEN
    authority, rest = _split(url, scheme)
    path, _, query = rest.replace("#", "?", 1).partition("?")
    asked = f"?{HIDDEN}" if query else ""
    if scheme in _FILES:
        return f"{scheme}://{authority}{path}{asked}"
    if _complaint(authority, rest) is not None:
        return f"{scheme}://{HIDDEN}"
    _, at, host = authority.rpartition("@")
    hidden = HIDDEN if at else ""
    return f"{scheme}://{hidden}{at}{host}{path}{asked}"


def check_url(url: str, *, field: str) -> None:
    """Refuse a URL that every driver would take apart in another way.

    Args:
        field: The setting that it comes from.

    Raises:
        ConfigurationError: A password in it holds a character that has to be escaped, or its port
            is no number. The message shows nothing of the URL.
    """
    scheme = scheme_of(url)
    if scheme in _FILES:
        return
    complaint = _complaint(*_split(url, scheme))
    if complaint is not None:
        raise ConfigurationError(complaint, field=field)


def _split(url: str, scheme: str) -> tuple[str, str]:
    """The part between ``//`` and the first ``/``, ``?`` or ``#``, and what follows it."""
    rest = url[len(scheme) + len("://") :] if scheme else url
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return authority, rest[len(authority) :]


def _complaint(authority: str, rest: str) -> str | None:
    if "@" in rest or authority.count("@") > 1:
        return (
            "A name or password in this URL holds one of / # ? @ unescaped. Write %2F for /, "
            "%23 for #, %3F for ? and %40 for @; urllib.parse.quote(password, safe='') does it."
        )
    for host in authority.rpartition("@")[2].split(","):
        try:
            _ = urlsplit(f"//{host}").port
        except ValueError:
            return (
                "The host or port in this URL cannot be read. If a password holds one of "
                "/ # ? @, escape it."
            )
    return None
