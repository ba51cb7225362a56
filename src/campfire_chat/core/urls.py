"""URLs of databases and buses: which part may be shown, and which URLs are refused.

Such a URL may contain a password, which must not reach a log, a screen or an error message.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from campfire_chat.core.errors import ConfigurationError

#: Replaces a secret.
HIDDEN = "***"
#: Schemes whose URLs name a file, without user and host.
_FILES = ("sqlite", "sqlite+aiosqlite")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(url: str) -> str:
    """The scheme of a URL in lower case. Empty when there is no ``://``.

    Text before a colon without ``//`` may be a user name with a password after it, so it is not a
    scheme.
    """
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def redacted(url: str) -> str:
    """A URL as it may be shown: scheme, host, port and path.

    A password with an unescaped ``/``, ``?``, ``#`` or ``@`` ends up in parts of the URL where a
    parser does not expect it. So if :func:`check_url` refuses the URL, only the scheme is shown.
    A value in the query may be a password under any name, so no value is shown.
    """
    scheme = scheme_of(url)
    if not scheme:
        return HIDDEN
    authority, rest = _split(url, scheme)
    path, _, query = rest.replace("#", "?", 1).partition("?")
    asked = f"?{HIDDEN}" if query else ""
    if scheme in _FILES:
        # A file has no user and no host. What looks like them may be a URL of something else.
        if authority and "@" in url:
            return f"{scheme}://{HIDDEN}"
        return f"{scheme}://{authority}{path}{asked}"
    if _complaint(authority, rest) is not None:
        return f"{scheme}://{HIDDEN}"
    _, at, host = authority.rpartition("@")
    hidden = HIDDEN if at else ""
    # Some drivers take parameters after a semicolon.
    path, semicolon, _ = path.partition(";")
    if semicolon:
        path += f";{HIDDEN}"
    return f"{scheme}://{hidden}{at}{host}{path}{asked}"


def check_url(url: str, *, field: str) -> None:
    """Refuse a URL that different drivers would parse differently.

    Args:
        field: The setting that it comes from.

    Raises:
        ConfigurationError: A password in it contains a character that has to be escaped, or the
            port is not a number. The message shows nothing of the URL.
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
            "A name or password in this URL contains an unescaped / # ? or @. Write %2F for /, "
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
