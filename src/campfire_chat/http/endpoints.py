"""An endpoint is a row of the route table, which describes it completely.

The guard enforces the row, the OpenAPI document is generated from it, and the authorization test
checks it. So a new route cannot lack one of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from msgspec import Struct
from starlette.requests import Request

from campfire_chat.access.actor import Actor
from campfire_chat.access.admission import Admission, Caller
from campfire_chat.access.authentication import Authentication
from campfire_chat.access.identity import Credentials
from campfire_chat.access.permissions import Requirement
from campfire_chat.core.errors import CampfireError, UnauthorizedError
from campfire_chat.core.service_map import ServiceMap
from campfire_chat.http.launcher import BrandingOf
from campfire_chat.ledger.storage import Storage
from campfire_chat.realtime.bus import Bus
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.peers import Peers
from campfire_chat.realtime.sockets.gateway import Gateway
from campfire_chat.settings import Settings

S = TypeVar("S")


class Cost(Enum):
    """Which limits a request is charged to, besides that on requests; see ``realtime.admission``.

    SEND is for a message, WRITE for any other write, CREATE for a new visitor, OPEN for a new
    conversation with its first message, and SEARCH for what looks through many rows. FREE is for
    load balancers only: the health of a process must not depend on other callers.
    """

    FREE = "free"
    CALL = "call"
    SEND = "send"
    WRITE = "write"
    CREATE = "create"
    OPEN = "open"
    SEARCH = "search"


class Context(Struct, frozen=True):
    """The parts of a started ``Campfire`` that endpoints use.

    Attributes:
        endpoints: Every endpoint.
        services: The services of features.
        branding_of: What an organisation changes of the widget.
    """

    settings: Settings
    endpoints: tuple[Endpoint, ...]
    storage: Storage
    services: ServiceMap
    hub: Hub
    gateway: Gateway
    authentication: Authentication
    admission: Admission
    bus: Bus
    peers: Peers
    branding_of: BrandingOf


class Call(Struct, frozen=True, kw_only=True):
    """A request that has passed the guard.

    Attributes:
        credentials: The caller. None only where the endpoint is public.
        caller: The same, as the load limits see it.
        path: Path parameters.
        idempotency_key: The header of that name.
        query: An instance of the endpoint's ``query`` type.
        body: An instance of the endpoint's ``body`` type.
    """

    context: Context
    request: Request
    credentials: Credentials | None
    caller: Caller
    path: dict[str, str]
    idempotency_key: str | None
    query: Any
    body: Any

    @property
    def actor(self) -> Actor:
        if self.credentials is None:
            raise UnauthorizedError()
        return self.credentials.actor

    @property
    def by_session(self) -> bool:
        """Whether the caller is who they are by the host's session, which may end any time."""
        return self.credentials is not None and self.credentials.by_session

    @property
    def storage(self) -> Storage:
        return self.context.storage

    def service(self, kind: type[S]) -> S:
        """A service of a feature."""
        return self.context.services[kind]


class Reply(Struct, frozen=True):
    """The answer of a handler. The value is sent as JSON, with the headers."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = {}


Handler = Callable[[Call], Awaitable[Reply]]


class Endpoint(Struct, frozen=True, kw_only=True):
    """A row of the route table.

    Attributes:
        operation: Its name in the OpenAPI document.
        path: Below the API's prefix, with ``{parameters}``.
        permission: What the caller needs, checked before the body is read. Where it is one of
            several, the handler finds out which. The guard does not tell a public endpoint who its
            caller is: the endpoint that gives out tokens finds that out itself.
        body: The type of the request body, if it takes one.
        body_optional: Whether an empty body means an empty object.
        query: The type of the query parameters, if it takes any.
        returns: The type of the answer by status. Several types if it depends on the caller.
        errors: Its own errors, in addition to those of the guard.
        tagged: Whether the answer has an ``ETag``. A write of that kind obeys ``If-Match``.
        cost: What is charged to the caller's limits.
        by_person: Whether only a person does it, so that an API key has to name an agent.
    """

    operation: str
    method: str
    path: str
    permission: Requirement
    handler: Handler
    summary: str
    returns: dict[int, Any]
    body: Any = None
    body_optional: bool = False
    query: Any = None
    errors: tuple[type[CampfireError], ...] = ()
    tagged: bool = False
    cost: Cost = Cost.CALL
    by_person: bool = False
