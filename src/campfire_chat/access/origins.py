"""Whose page a request comes from: our own origin, an allowed one, or somebody else's."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from campfire_chat.access.errors import OriginForbiddenError

logger = logging.getLogger("campfire_chat")

#: Seconds between two lines of the log about pages that are refused.
LOG_PAUSE = 10.0
#: Characters of an origin that are repeated in answers and logs.
_SHOWN = 200


class OriginCheck:
    """Refuses browser pages of other origins, and says in the log what may be wrong.

    Args:
        now: Seconds that only ever increase.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._told_at: float | None = None

    def check(self, connection: HTTPConnection, allowed: Sequence[str]) -> None:
        """
        Args:
            allowed: The origins that may make the request besides our own.

        Raises:
            OriginForbiddenError: See :func:`check_origin`.
        """
        try:
            check_origin(connection, allowed)
        except OriginForbiddenError:
            self._log(connection, allowed)
            raise

    def _log(self, connection: HTTPConnection, allowed: Sequence[str]) -> None:
        """Not for each request: anybody can send as many of them as they like."""
        now = self._now()
        if self._told_at is not None and now - self._told_at <= LOG_PAUSE:
            return
        self._told_at = now
        logger.warning(
            "a page of the origin %.200r was refused: the Host header of its request is %.200r, "
            "and allowed_origins is %r. If the page is your own, let the proxy pass on the Host "
            "header of the browser. If you want to allow it, add its origin to allowed_origins.",
            connection.headers.get("origin", "(not given)"),
            connection.headers.get("host", ""),
            list(allowed),
        )


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
        origin = connection.headers.get("origin")
        raise OriginForbiddenError(
            None
            if origin is None
            else f"Pages of the origin {origin[:_SHOWN]} may not do this; see the server's log."
        )


def _is_own(connection: HTTPConnection, origin: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    # The scheme is not compared: behind a proxy that ends TLS this process does not know it.
    host = connection.headers.get("host", "").lower()
    return parts.scheme in ("http", "https") and parts.netloc != "" and parts.netloc.lower() == host
