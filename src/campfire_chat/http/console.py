"""The page of the console, and the redirect to the login page.

A user who is not an agent gets the page too, and the page says why it shows nothing. Only a user
who is not logged in is redirected to the login page, and only once. Otherwise a user who comes
back from there and is still not recognised would be redirected again and again.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from campfire_chat.access.admission import caller_of, networks_at
from campfire_chat.core.errors import NotFoundError, UnavailableError
from campfire_chat.http.endpoints import Context

#: The console loads nothing from other origins except the avatars of the host app.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
#: Set when a user is redirected to the login page, and how long it is kept in seconds.
SENT_COOKIE = "campfire_sent_to_login"
SENT_FOR = 300


def console(context: Context, page: Path) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that serves ``page``."""

    async def endpoint(request: Request) -> Response:
        admission = context.admission
        try:
            # The page costs a call of authenticate, and is limited as a request of the API is.
            with admission.asking(request):
                actor = await context.authentication.host.actor(request)
            admission.call(caller_of(networks_at(request), actor))
        except UnavailableError as error:
            # The page asks again by itself, and continues when the host app can answer.
            return _page(request, page, context, status=503, retry_after=error.retry_after)
        if actor is not None and actor.is_agent:
            response = _page(request, page, context)
            if SENT_COOKIE in request.cookies:
                _remember_sent(request, response, seconds=0)
            return response
        login = login_address(request, context.settings.login_url)
        returned = SENT_COOKIE in request.cookies
        if actor is None and login is not None and not returned:
            response = RedirectResponse(
                login, status_code=303, headers={"cache-control": "no-store"}
            )
            _remember_sent(request, response, seconds=SENT_FOR)
            return response
        return _page(request, page, context, returned=returned)

    return endpoint


def _remember_sent(request: Request, response: Response, *, seconds: int) -> None:
    response.set_cookie(
        SENT_COOKIE,
        "1",
        max_age=seconds,
        # The folder of the page, as the browser sees it: a proxy may have added a prefix.
        path=None,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def login_address(request: Request, login_url: str | None) -> str | None:
    """``login_url`` as the browser needs it.

    A path on this server is below the prefix under which the server is reached, if the server
    knows it; see the documentation of the setting.
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
    context: Context,
    *,
    status: int = 200,
    returned: bool = False,
    retry_after: float | None = None,
) -> Response:
    if not page.is_file():
        raise NotFoundError("The console is missing from this installation.")
    text = page.read_text("utf-8")
    login = login_address(request, context.settings.login_url)
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
