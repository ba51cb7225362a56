"""Which pages of other origins may read answers of the API, by the organisation of each request."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from campfire_chat.access.places import Places
from campfire_chat.core.errors import CampfireError
from campfire_chat.http.notices import refusal
from campfire_chat.http.preflights import HEADERS, METHODS

#: Number of lists of origins for which the middleware is kept.
MOST_LISTS = 256


class CrossOrigin:
    """A ``CORSMiddleware`` for each list of origins that an organisation allows.

    Args:
        places: Says which organisation a request names, and what that one allows.
    """

    def __init__(self, app: ASGIApp, *, places: Places) -> None:
        self._app = app
        self._places = places
        self._by_origins: dict[tuple[str, ...], ASGIApp] = {(): app}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope) if scope["type"] == "http" else None
        if connection is None or "origin" not in connection.headers:
            await self._app(scope, receive, send)
            return
        try:
            origins = await self._places.origins(connection)
        except CampfireError as error:
            await refusal(scope, error)(scope, receive, send)
            return
        await self._allowing(origins)(scope, receive, send)

    def _allowing(self, origins: tuple[str, ...]) -> ASGIApp:
        found = self._by_origins.get(origins)
        if found is None:
            if len(self._by_origins) > MOST_LISTS:
                self._by_origins = {(): self._app}
            found = self._by_origins[origins] = CORSMiddleware(
                self._app,
                allow_origins=origins,
                allow_methods=METHODS,
                allow_headers=HEADERS,
                # Else a page of another origin is not told when to come back.
                expose_headers=["Retry-After"],
                max_age=600,
            )
        return found
