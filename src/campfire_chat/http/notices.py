"""The error pages for a person who opens an address of campfire-chat in a browser.

Programs get a problem document instead; see :mod:`campfire_chat.http.problems`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import logging
import math

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from campfire_chat.core.errors import CampfireError, ConfigurationError, InternalError
from campfire_chat.http.problems import problem_response

logger = logging.getLogger("campfire_chat.http")

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{margin:0;min-height:100vh;display:grid;place-content:center;padding:1.5rem;"
    "box-sizing:border-box;font:1rem/1.5 system-ui,sans-serif}"
    "main{max-width:32rem}h1{font-size:1.375rem;margin:0 0 .5rem}p{margin:0}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
#: Seconds after which the page of a temporary error is loaded again.
_RELOAD = 5


def error_response(
    scope: Scope, error: CampfireError, headers: dict[str, str] | None = None
) -> Response:
    """An error as a page for a browser that asks for one, otherwise as a problem document."""
    if not _is_for_a_person(scope):
        return problem_response(error, headers)
    extra = {
        **(headers or {}),
        "cache-control": "no-store",
        "content-security-policy": _POLICY,
        "referrer-policy": "same-origin",
    }
    if error.status == 503:
        seconds = max(1, math.ceil(error.retry_after or _RELOAD))
        extra["retry-after"] = str(seconds)
        extra["refresh"] = str(max(seconds, _RELOAD))
        title = "Not available right now"
        text = f"{error.message} This page tries again by itself."
    elif error.status == 404:
        title, text = "There is no page here", "The address may be mistyped."
    elif error.status >= 500:
        title, text = "Something went wrong", error.message
    else:
        title, text = "This page cannot be shown", error.message
    return HTMLResponse(_page(title, text), error.status, extra)


def refusal(scope: Scope, error: CampfireError) -> Response:
    """The answer to a request that an error has ended."""
    if isinstance(error, ConfigurationError):
        # An error of the host app, for its log. It would not help a visitor.
        logger.error("%s failed", scope["path"], exc_info=error)
        error = InternalError()
    return error_response(scope, error)


def _is_for_a_person(scope: Scope) -> bool:
    """Whether a browser asks for a page. A script that calls the API does not."""
    path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
    return (
        scope["method"] in ("GET", "HEAD")
        and not path.startswith("/api/")
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _page(title: str, text: str) -> str:
    title, text = html.escape(title), html.escape(text)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
    )
