"""Where a request was made: which organisation it names, and which other origins may make it.

The URL names the organisation, below ``/o/``. A preflight carries no cookies, so this works for
pages of other origins as well. Otherwise ``resolve_organization`` of the host app may name it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol

from starlette.requests import HTTPConnection
from starlette.types import Scope

from campfire_chat.access.errors import UnknownOrganizationError
from campfire_chat.access.host_calls import HostCall
from campfire_chat.core.errors import ConfigurationError, UnavailableError
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION

#: The first part of a path that names an organisation, and greatest length of a name.
SEGMENT = "/o/"
MAX_ORGANIZATION = 64

#: Where a scope keeps what is known: the organisation that the URL names, and the one that counts.
_IN_URL = "campfire.organization_in_url"
_NAMED = "campfire.organization"


class ResolveOrganization(Protocol):
    """A function of the host app that says to which organisation a request belongs, such as by the
    domain under which it arrived.

    It is called with Starlette's ``HTTPConnection`` for every request and WebSocket whose URL names
    no organisation. It may be a plain function or a coroutine function.

    Returns:
        The organisation, or ``None`` if the request names none.
    """

    def __call__(self, connection: HTTPConnection, /) -> str | Awaitable[str | None] | None: ...


class Organizations(Protocol):
    """What is stored of organisations."""

    async def ensure(self, organization: str, /) -> None:
        """Store one that the host app has named."""

    async def exists(self, organization: str, /) -> bool:
        """Whether one was ever used."""
        ...

    async def origins(self, organization: str, /) -> tuple[str, ...]:
        """The origins that it allows, besides those of the host app."""
        ...


def below(scope: Scope) -> Scope:
    """A scope below ``/o/<organisation>``, if its path begins so. Its root path is then longer, so
    that everything below it is found, and every relative URL stays below it."""
    root_path: str = scope.get("root_path", "").rstrip("/")
    path: str = scope["path"]
    inside = path[len(root_path) :]
    if not inside.startswith(SEGMENT):
        return scope
    organization = inside[len(SEGMENT) :].partition("/")[0]
    if not is_name(organization):
        return scope
    return {**scope, "root_path": root_path + SEGMENT + organization, _IN_URL: organization}


def is_name(value: object) -> bool:
    """Whether an organisation may be called so."""
    return isinstance(value, str) and 0 < len(value) <= MAX_ORGANIZATION and value.isprintable()


class Places:
    """See the module.

    Args:
        resolve: The function of the host app, if there is one.
        host_origins: The origins that the host app allows for all organisations.
        organizations: What is stored of organisations.
    """

    def __init__(
        self,
        resolve: ResolveOrganization | None,
        host_origins: tuple[str, ...],
        organizations: Organizations,
    ) -> None:
        self._resolve = resolve
        self._call = HostCall("resolve_organization")
        self._host_origins = host_origins
        self._organizations = organizations

    async def named(self, connection: HTTPConnection) -> str | None:
        """The organisation that a request names, or None.

        Raises:
            ConfigurationError: ``resolve_organization`` has returned what is not a name.
            HostUnavailableError: It cannot reach what it needs.
            Exception: Whatever else it raised.
        """
        scope = connection.scope
        if _NAMED not in scope:
            scope[_NAMED] = scope.get(_IN_URL) or await self._resolved(connection)
        found: str | None = scope[_NAMED]
        return found

    def is_by_address(self, connection: HTTPConnection) -> bool:
        """Whether the address alone says which organisation a request names, so that the answer is
        the same for everybody."""
        return self._resolve is None or _IN_URL in connection.scope

    async def _resolved(self, connection: HTTPConnection) -> str | None:
        if self._resolve is None:
            return None
        # The host app's code may return anything, whatever the annotation says.
        found: Any = await self._call(self._resolve, connection)
        if found is None:
            return None
        if not is_name(found):
            raise ConfigurationError(
                "resolve_organization must return None or the name of an organisation, of 1 to "
                f"{MAX_ORGANIZATION} printable characters, not {found!r:.100}"
            )
        await self._organizations.ensure(found)
        return str(found)

    async def origins(self, connection: HTTPConnection) -> tuple[str, ...]:
        """The origins whose pages may make this request, besides our own.

        Raises:
            Exception: As for :meth:`named`.
        """
        return await self.origins_of(await self.named(connection) or DEFAULT_ORGANIZATION)

    async def origins_of(self, organization: str) -> tuple[str, ...]:
        """The origins whose pages may show the widget of an organisation, besides our own."""
        try:
            own = await self._organizations.origins(organization)
        except UnavailableError:
            # Nothing else of it works now either. Its files and those of the host app's own pages
            # still do, without the database.
            return self._host_origins
        return (*self._host_origins, *own)

    async def home(self, connection: HTTPConnection) -> str:
        """The organisation of a new anonymous visitor.

        Raises:
            UnknownOrganizationError: The URL names one that the host app has never named: else
                anybody could make one up.
            Exception: As for :meth:`named`.
        """
        named = await self.named(connection) or DEFAULT_ORGANIZATION
        if not await self._organizations.exists(named):
            raise UnknownOrganizationError()
        await self.remember(named)
        return named

    async def remember(self, organization: str) -> None:
        """Store the organisation of somebody whom the host app has named, if it is a new one."""
        await self._organizations.ensure(organization)
