"""The launcher, ``widget.js``, with the branding of the organisation whose page asks for it.

The branding is in this file, because every page loads it first: the button has its colour and its
place at once, without another request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from campfire_chat.access.places import Places
from campfire_chat.core.errors import NotFoundError, UnavailableError
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION

#: What the branding stands in place of, in the files of ``frontend/launcher``.
CSS_MARK = "b{--brand:0}"
WORDS_MARK = "@brand"
#: Seconds for which a browser uses the file without asking again.
MAX_AGE = 300


class Branding(Struct, frozen=True):
    """What an organisation changes of the widget.

    Attributes:
        css: Rules for the launcher and the panel, without quotation marks and backslashes.
        words: Words in place of those in ``frontend/widget/strings.en.ts``.
    """

    css: str = ""
    words: dict[str, Any] = {}


BrandingOf = Callable[[str], Awaitable[Branding]]


def branded(script: str, branding: Branding) -> str:
    """The launcher with a branding."""
    words = msgspec.json.encode(branding.words).decode() if branding.words else "0"
    for quote in "\"'`":
        script = script.replace(quote + WORDS_MARK + quote, words)
    return script.replace(CSS_MARK, branding.css)


def launcher(
    places: Places, branding_of: BrandingOf, file: Path
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that serves the launcher.

    Args:
        places: Says which organisation a request names.
        branding_of: The branding of an organisation.
        file: The launcher without branding.
    """

    async def endpoint(request: Request) -> Response:
        named = await places.named(request)
        # Browsers check it again soon, because it names the hashed files. What a function of the
        # host app has decided may be for this caller only.
        shared = "public" if places.is_by_address(request) else "private"
        cache = f"{shared}, max-age={MAX_AGE}"
        try:
            branding = await branding_of(named or DEFAULT_ORGANIZATION)
        except UnavailableError:
            # A plain button is better than none; the next page asks again.
            branding, cache = Branding(), "no-cache"
        content = branded(_script(file), branding)
        tag = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
        headers = {"cache-control": cache, "etag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="text/javascript", headers=headers)

    return endpoint


def _script(file: Path) -> str:
    if not file.is_file():
        raise NotFoundError("The front end is missing from this installation.")
    return file.read_text("utf-8")
