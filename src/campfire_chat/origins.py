"""Whose page a request comes from: our own origin, an allowed one, or somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from campfire_chat.errors import OriginForbiddenError


def from_own_page(connection: HTTPConnection) -> bool:
    """Whether no page of another origin had a hand in a request.

    A browser names the origin of every WebSocket, of every write, and of every read that a script
    of another origin may see the answer of; ``Sec-Fetch-Site`` speaks for requests without
    ``Origin``. A client that sends neither is no browser, and carries no cookies but its own. A
    link from another site that a person follows is theirs: no script sees what it brings.
    """
    origin = connection.headers.get("origin")
    if origin is not None:
        return _is_own(connection, origin)
    if connection.headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return True
    return (
        connection.headers.get("sec-fetch-mode") == "navigate"
        and connection.headers.get("sec-fetch-dest") == "document"
        and connection.scope.get("method") in ("GET", "HEAD")
    )


def check_origin(connection: HTTPConnection, allowed: Sequence[str]) -> None:
    """Refuse a browser page of somebody else's.

    Raises:
        OriginForbiddenError: The page is neither the host's own nor of an allowed origin.
    """
    if connection.headers.get("origin") not in allowed and not from_own_page(connection):
        raise OriginForbiddenError()


def _is_own(connection: HTTPConnection, origin: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    # The scheme is not compared: behind a proxy that ends TLS this process does not know it.
    host = connection.headers.get("host", "").lower()
    return parts.scheme in ("http", "https") and parts.netloc != "" and parts.netloc.lower() == host
