"""The page of the console, and whom it sends where.

Whoever is no agent sees the page as well: it says why there is nothing to be seen. Only a
stranger is sent to the host's login, and only once: who comes back from there as a stranger is
logged in to the host and no agent, or did not want to log in, and would be sent round in a circle.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from campfire_chat.errors import NotFoundError, UnavailableError
from campfire_chat.http.endpoints import Services

#: The console needs nothing from elsewhere but the avatars that the host names.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
#: Set when somebody is sent to the login, for as long as that may take, in seconds.
SENT_COOKIE = "campfire_sent_to_login"
SENT_FOR = 300


def console(services: Services, page: Path) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that serves ``page``."""

    async def endpoint(request: Request) -> Response:
        try:
            scope = await services.gateway.host.scope(request)
        except UnavailableError as error:
            # The page asks again by itself, and goes on when the host can tell.
            return _page(request, page, services, status=503, retry_after=error.retry_after)
        if scope is not None and scope.is_agent:
            response = _page(request, page, services)
            if SENT_COOKIE in request.cookies:
                _remember_sent(request, response, seconds=0)
            return response
        login = login_address(request, services.settings.login_url)
        returned = SENT_COOKIE in request.cookies
        if scope is None and login is not None and not returned:
            response = RedirectResponse(
                login, status_code=303, headers={"cache-control": "no-store"}
            )
            _remember_sent(request, response, seconds=SENT_FOR)
            return response
        return _page(request, page, services, returned=returned)

    return endpoint


def _remember_sent(request: Request, response: Response, *, seconds: int) -> None:
    response.set_cookie(
        SENT_COOKIE,
        "1",
        max_age=seconds,
        # The folder of the page as the browser knows it: a proxy may have put a prefix before it.
        path=None,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def login_address(request: Request, login_url: str | None) -> str | None:
    """``login_url`` as the browser has to be told it.

    A path on this server is below the prefix under which the server is reached, if it knows of
    one; see the documentation of the setting.
    """
    if login_url is None or not login_url.startswith("/") or login_url.startswith("//"):
        return login_url
    prefix = str(request.scope.get("app_root_path", "")).rstrip("/")
    path = urlsplit(login_url).path
    if path == prefix or path.startswith(f"{prefix}/"):
        return login_url
    return prefix + login_url


def _page(
    request: Request,
    page: Path,
    services: Services,
    *,
    status: int = 200,
    returned: bool = False,
    retry_after: float | None = None,
) -> Response:
    if not page.is_file():
        raise NotFoundError("The console was not built into this installation.")
    text = page.read_text("utf-8")
    login = login_address(request, services.settings.login_url)
    if login is not None:
        more = ' data-returned=""' if returned else ""
        meta = f'<meta name="campfire-login" content="{html.escape(login)}"{more}>'
        text = text.replace("</head>", f"{meta}</head>", 1)
    headers = {
        "cache-control": "no-cache",
        "content-security-policy": POLICY,
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "same-origin",
    }
    if retry_after is not None:
        headers["retry-after"] = f"{retry_after:.0f}"
    return HTMLResponse(text, status, headers)
