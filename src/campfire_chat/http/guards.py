"""The guard of every endpoint checks the caller, the origin and the input.

No request reaches a handler without these checks, because every route goes through the guard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from campfire_chat.access.actor import Actor
from campfire_chat.access.admission import Caller, caller_of, networks_at
from campfire_chat.access.errors import SessionChangedError
from campfire_chat.access.identity import Credentials, bearer_token
from campfire_chat.access.permissions import Access
from campfire_chat.access.policy import require
from campfire_chat.core import text
from campfire_chat.core.decoding import UNREADABLE, invalid, malformed
from campfire_chat.core.errors import (
    CampfireError,
    ConfigurationError,
    ForbiddenError,
    InternalError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnauthorizedError,
)
from campfire_chat.http.endpoints import Call, Context, Cost, Endpoint
from campfire_chat.http.errors import AgentNeededError, BodyTimeoutError, UnsupportedMediaTypeError
from campfire_chat.http.problems import problem_response

logger = logging.getLogger("campfire_chat.http")

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: What waits for the database in the ledger's queue.
_WRITES = frozenset({Cost.SEND, Cost.WRITE, Cost.OPEN})
_encode = msgspec.json.Encoder().encode
#: Names the person whom a page was opened for: ``agent:<id>`` or ``visitor:<id>``,
#: percent-encoded, since headers are ASCII.
PERSON_HEADER = "campfire-person"
#: Greatest length of an Idempotency-Key, as of the client ids of frames.
MAX_KEY = 64


async def serve(endpoint: Endpoint, context: Context, request: Request) -> Response:
    """Check a request, call its handler, and answer. Errors become problem documents."""
    try:
        credentials, caller = await _credentials(endpoint, context, request)
        call = Call(
            context=context,
            request=request,
            credentials=credentials,
            caller=caller,
            path=check_path(request.path_params),
            idempotency_key=check_idempotency_key(request.headers.get("idempotency-key")),
            query=_query(endpoint, request),
            body=await _body(endpoint, context, request, caller),
        )
        if endpoint.cost in _WRITES:
            with context.admission.writing(caller):
                reply = await endpoint.handler(call)
        else:
            reply = await endpoint.handler(call)
    except CampfireError as error:
        if isinstance(error, ConfigurationError):
            # An error of the host app, for its log. It would not help a visitor.
            logger.error("%s failed", endpoint.operation, exc_info=error)
            return problem_response(InternalError())
        return problem_response(error, _after(error, request))
    except ClientDisconnect:
        return Response(status_code=499)
    return Response(
        _encode(reply.value),
        status_code=reply.status,
        media_type="application/json",
        headers={"cache-control": "no-store", **reply.headers},
    )


def _after(error: CampfireError, request: Request) -> dict[str, str] | None:
    """What else is said with an error: that the rest of a body is not waited for.

    Not where a body is too large: it may be on its way, and a connection that is closed upon it
    is reset before the answer has been read.
    """
    # HTTP/2 has no such header, and may be told so only by its server.
    if isinstance(error, BodyTimeoutError) and request.scope.get("http_version", "").startswith(
        "1"
    ):
        return {"connection": "close"}
    return None


async def _credentials(
    endpoint: Endpoint, context: Context, request: Request
) -> tuple[Credentials | None, Caller]:
    """The caller, by token or by the session of the host app. A write by session needs our origin.

    The limits of the caller are checked first, for every endpoint, and the permission last.
    """
    authentication = context.authentication
    if endpoint.permission is Access.PUBLIC:
        return None, _charge(endpoint, context, request, authentication.bearer(request))
    token = bearer_token(request)
    try:
        if token is None and request.method not in _SAFE:
            await authentication.check_origin(request)
        with context.admission.asking(request):
            found = await authentication.credentials(request, token)
    except (UnauthorizedError, ForbiddenError):
        _charge(endpoint, context, request, None)
        raise
    caller = _charge(endpoint, context, request, found.api_key or found.actor)
    _check_person(request, found.actor)
    require(found.actor, endpoint.permission)
    if endpoint.by_person and found.actor.is_api_key:
        raise AgentNeededError()
    return found, caller


def _check_person(request: Request, actor: Actor) -> None:
    """Refuse what a page asks for in somebody else's name.

    A page that rests on the host's session cannot see whose cookies the browser sends along by
    now. It names the person it was opened for, and nothing is done as, or shown to, another one.

    Raises:
        SessionChangedError: The session is another person's.
    """
    named = request.headers.get(PERSON_HEADER)
    if named is not None and unquote(named) != actor.sender_key:
        raise SessionChangedError()


def _charge(endpoint: Endpoint, context: Context, request: Request, actor: Actor | None) -> Caller:
    """Hold the caller to their limits, and say who it is to them.

    Raises:
        TooManyError: They have met one.
    """
    cost, admission = endpoint.cost, context.admission
    caller = caller_of(networks_at(request), actor)
    if cost is Cost.FREE:
        return caller
    admission.call(caller)
    # A caller with a token is not a new visitor.
    if cost is Cost.OPEN or (cost is Cost.CREATE and actor is None):
        admission.create(caller)
    if cost in (Cost.SEND, Cost.OPEN):
        admission.send(caller)
    if cost is Cost.WRITE:
        admission.write(caller)
    if cost is Cost.SEARCH:
        admission.search(caller)
    return caller


def check_path(parameters: Mapping[str, str]) -> dict[str, str]:
    """Path parameters.

    Raises:
        NotFoundError: One is a text that cannot be an id.
    """
    for value in parameters.values():
        try:
            text.check_text(value, field="path")
        except InvalidError:
            raise NotFoundError() from None
    return dict(parameters)


def check_idempotency_key(key: str | None) -> str | None:
    """The header of that name, if there is one.

    Raises:
        InvalidError: It is empty, too long, or cannot be printed.
    """
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise InvalidError(
            f"Idempotency-Key needs 1 to {MAX_KEY} printable characters.", field="Idempotency-Key"
        )
    return key


def _query(endpoint: Endpoint, request: Request) -> Any:
    given = request.query_params.multi_items()
    known = msgspec.structs.fields(endpoint.query) if endpoint.query is not None else ()
    names = [field.encode_name for field in known]
    for number, (name, _) in enumerate(given):
        # A filter that is not understood must not answer with everything.
        if name not in names:
            raise InvalidError(_unknown(name, names), field=_shown(name))
        if any(name == other for other, _ in given[:number]):
            raise InvalidError(f"The query parameter {name} is given twice.", field=name)
    if endpoint.query is None:
        return None
    try:
        query = msgspec.convert(dict(request.query_params), endpoint.query, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    for name, value in request.query_params.items():
        text.check_text(value, field=name)
    return query


def _shown(name: str) -> str:
    """A name that somebody made up, of a length that an answer has room for."""
    return name if len(name) <= MAX_KEY else f"{name[:MAX_KEY]}…"


def _unknown(name: str, known: list[str]) -> str:
    here = f"there are {', '.join(known)}" if known else "this endpoint takes none"
    return f"There is no query parameter {_shown(name)!r}; {here}."


async def _body(endpoint: Endpoint, context: Context, request: Request, caller: Caller) -> Any:
    if endpoint.body is None:
        return None
    settings = context.settings
    charge = partial(context.admission.take_in, caller)
    try:
        async with asyncio.timeout(settings.body_timeout):
            raw = await _read(request, settings.max_frame_bytes, charge)
    except TimeoutError:
        raise BodyTimeoutError() from None
    if not raw and endpoint.body_optional:
        raw = b"{}"
    # This also keeps plain forms of other sites from posting here.
    elif request.headers.get("content-type", "").partition(";")[0].strip().lower() not in (
        "application/json",
        "application/merge-patch+json",
    ):
        raise UnsupportedMediaTypeError()
    try:
        return msgspec.json.decode(raw, type=endpoint.body)
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    except UNREADABLE as error:
        problem, _ = malformed(raw, error)
        raise problem from None


async def _read(request: Request, limit: int, charge: Callable[[int], None]) -> bytes:
    """Read the body. Stop as soon as it is too large.

    Args:
        charge: Charges bytes to the caller, before they are waited for. What is charged only at
            the end costs nothing if the end never comes, and thousands of unfinished bodies of one
            address would be held at the same time.

    Raises:
        TooLargeError: It has more than ``limit`` bytes.
        TooManyError: The caller may not send that many bytes now.
    """
    declared = request.headers.get("content-length", "")
    digits = declared.isascii() and declared.isdecimal()
    if digits and (len(declared) > 12 or int(declared) > limit):
        raise TooLargeError(f"A request body may have at most {limit} bytes.")
    if digits:
        charge(int(declared))
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLargeError(f"A request body may have at most {limit} bytes.")
        if chunk and not digits:
            charge(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)
