"""The API for the code of the host app, without a network.

A call goes through the same row of the route table as a request: the same permission, the same
checks of the input, the same handler. So it gives the same answers and the same errors. There are
no load limits, since the host app does not have to be protected from itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request

from campfire_chat.access.actor import Actor
from campfire_chat.access.admission import caller_of
from campfire_chat.access.identity import Credentials
from campfire_chat.access.policy import require
from campfire_chat.core import text
from campfire_chat.core.decoding import UNREADABLE, invalid
from campfire_chat.core.errors import InvalidError, InvalidTextError
from campfire_chat.http.endpoints import Call, Context, Endpoint
from campfire_chat.http.guards import check_idempotency_key, check_path


class InProcess:
    """Makes calls as one person, or as the system.

    Args:
        running: The parts of the started ``Campfire``; raises NotStartedError before the start.
        who: Finds out who calls, at each call: what they may do can change.
    """

    def __init__(self, running: Callable[[], Context], who: Callable[[], Awaitable[Actor]]) -> None:
        self._running = running
        self._who = who

    async def call(
        self,
        operation: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        client_id: str | None = None,
    ) -> Any:
        """Call an endpoint, and return the record that a request is answered with.

        Args:
            operation: The name of the endpoint in the OpenAPI document.
            path: Its path parameters.
            query: Its query parameters. Those that are None are left out.
            body: The fields of its body. Those that are UNSET are left out.
            client_id: What a request has in its header ``Idempotency-Key``.

        Raises:
            CampfireError: As the endpoint says.
        """
        context = self._running()
        endpoint = next(row for row in context.endpoints if row.operation == operation)
        actor = await self._who()
        require(actor, endpoint.permission)
        given = {name: value for name, value in (query or {}).items() if value is not None}
        call = Call(
            context=context,
            request=_request(endpoint),
            credentials=Credentials(actor, ambient=False),
            caller=caller_of((), actor),
            path=check_path(path or {}),
            idempotency_key=check_idempotency_key(client_id),
            query=None if endpoint.query is None else _converted(given, endpoint.query),
            body=None if endpoint.body is None else _converted(body or {}, endpoint.body),
        )
        for name, value in given.items():
            if isinstance(value, str):
                text.check_text(value, field=name)
        return (await endpoint.handler(call)).value


def time_text(moment: datetime | UnsetType | None, *, field: str) -> str | UnsetType | None:
    """A time as a body has it. None and UNSET stay as they are.

    Raises:
        InvalidError: The time has no zone.
    """
    if not isinstance(moment, datetime):
        return moment
    if moment.utcoffset() is None:
        raise InvalidError("The time needs a zone, such as UTC.", field=field)
    return moment.isoformat()


def _converted(fields: Mapping[str, Any], kind: Any) -> Any:
    """The fields as the type that the endpoint takes, by way of JSON as over the network."""
    try:
        raw = msgspec.json.encode(
            {name: value for name, value in fields.items() if value is not UNSET}
        )
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    except (*UNREADABLE, UnicodeEncodeError):
        raise InvalidTextError("The text contains half of a surrogate pair.") from None


def _request(endpoint: Endpoint) -> Request:
    """What stands for the request, which nothing but its method and its path is known of."""
    return Request(
        {
            "type": "http",
            "method": endpoint.method,
            "path": endpoint.path,
            "query_string": b"",
            "headers": [],
        }
    )
