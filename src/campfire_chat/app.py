"""The ``Campfire`` object that a host app mounts. It connects all parts and has no global state."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import logging
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any, Unpack

import msgspec
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from campfire_chat.access.authenticate import AccessLabels, Authenticate
from campfire_chat.access.identity import HostSession, Tokens
from campfire_chat.access.places import ResolveOrganization, below
from campfire_chat.access.records import Visitor
from campfire_chat.access.revocations import Revocations
from campfire_chat.access.roles import Roles
from campfire_chat.configuration import check_function, check_mount_path, frozen_sets, keys_of
from campfire_chat.core import clock, ids
from campfire_chat.core.clock import Clock
from campfire_chat.core.errors import CampfireError, ConfigurationError, NotStartedError
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION
from campfire_chat.database.engines import engine_of
from campfire_chat.features.search.service import SearchService
from campfire_chat.host_code import HostCode
from campfire_chat.http.example_key import is_example
from campfire_chat.http.notices import error_response
from campfire_chat.http.preflights import check_cors, pass_preflights
from campfire_chat.jobs.failures import OnFailure
from campfire_chat.mounting import Wrapped, check_reachable, relative
from campfire_chat.realtime.buses.kinds import bus_for, kind_of
from campfire_chat.runtime import Runtime, migrate
from campfire_chat.settings import Settings, SettingsDict

logger = logging.getLogger("campfire_chat")

_NOT_STARTED = NotStartedError().message


class Campfire(HostCode):
    """A customer-support chat inside your ASGI app.

    Args:
        database_url: ``sqlite:///support.db`` or ``postgresql://user:password@host/name``.
        secret_key: The key that signs the tokens of visitors, at least 16 characters. To rotate
            keys, give a list: the first key signs, and all of them are accepted.
        authenticate: Says who makes a request, from your own session; see
            :class:`~campfire_chat.access.authenticate.Authenticate`. Without it every caller is an
            anonymous visitor.
        resolve_organization: Says to which organisation a request belongs whose URL names none;
            see :class:`~campfire_chat.access.places.ResolveOrganization`. Without it, such a
            request is for callers of every organisation, and anonymous visitors belong to
            ``"default"``.
        access_labels: Narrows which conversations an agent sees; see
            :class:`~campfire_chat.access.authenticate.AccessLabels`. Without it every agent sees
            all conversations of the organisation.
        bus_url: The bus over which several processes wake each other: ``redis://…``,
            ``nats://…`` or another one of :mod:`~campfire_chat.realtime.buses`. The default is
            the bus that comes with the database.
        clock: A function that returns the time in microseconds since 1970; for tests.
        **settings: The fields of :class:`~campfire_chat.settings.Settings`.

    Raises:
        ConfigurationError: A value cannot work, or a setting of that name does not exist.

    The object opens nothing before it is started. :meth:`mount_to`, :meth:`lifespan` and
    :meth:`wrap` start it, and so does an ASGI server that serves it alone.
    """

    def __init__(
        self,
        database_url: str,
        *,
        secret_key: str | Sequence[str],
        authenticate: Authenticate | None = None,
        resolve_organization: ResolveOrganization | None = None,
        access_labels: AccessLabels | None = None,
        bus_url: str | None = None,
        clock: Clock = clock.now,
        **settings: Unpack[SettingsDict],
    ) -> None:
        known = set(Settings.__struct_fields__)
        for name in settings:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f" Did you mean {close[0]!r}?" if close else ""
                raise ConfigurationError(f"There is no setting {name!r}.{hint}", field=name)
        values: dict[str, Any] = dict(settings)
        for name in ("allowed_origins", "webhook_networks", "contact_attributes"):
            if isinstance(values.get(name), list):
                values[name] = tuple(values[name])
        if "roles" in values:
            values["roles"] = frozen_sets(values["roles"])
        self.settings = Settings(**values)
        engine_of(database_url)
        self._database_url = database_url
        self._bus_url = bus_for(database_url) if bus_url is None else bus_url
        kind_of(self._bus_url)
        check_function(
            clock, field="clock", arguments=0, example="clock=lambda: 1_790_000_000_000_000"
        )
        self._clock = clock
        keys = keys_of(secret_key)
        self._local_only = is_example(keys)
        self._revocations = Revocations()
        self._tokens = Tokens(
            keys,
            lifetime=self.settings.token_lifetime,
            now=self._now,
            revocations=self._revocations,
        )
        if authenticate is not None:
            check_function(
                authenticate,
                field="authenticate",
                arguments=1,
                example="def authenticate(connection): …",
            )
        if resolve_organization is not None:
            check_function(
                resolve_organization,
                field="resolve_organization",
                arguments=1,
                example="def resolve_organization(connection): …",
            )
        self._resolve_organization = resolve_organization
        self._roles = Roles(self.settings.roles)
        if access_labels is not None:
            check_function(
                access_labels,
                field="access_labels",
                arguments=1,
                example="def access_labels(agent): …",
            )
        super().__init__(HostSession(authenticate, self._roles, access_labels))
        self._told_not_started = False
        #: What the setting `work` says, unless this process was started for something of its own.
        self._works: bool | None = None
        self._users = 0
        #: Hosts whose middleware does not see the desk's preflights.
        self._sees_preflights: weakref.WeakSet[Starlette] = weakref.WeakSet()
        self._starting = asyncio.Lock()

    # Mounting.

    def mount_to(self, app: Starlette, path: str) -> None:
        """Mount into a Starlette or FastAPI app, and start and stop with that app.

        Args:
            app: The host app. Its lifespan is wrapped: the host app starts first and stops last.
            path: The mount path, such as ``/support``. Under ``/`` it takes every path that no
                earlier route took.

        Raises:
            ConfigurationError: An earlier route or another ``Campfire`` already answers there,
                ``path`` is not a path, or ``app`` is of another framework.
        """
        check_mount_path(path)
        # Whatever the annotation says: an app of another framework is an easy mistake.
        if not isinstance(app, Starlette):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(
                "mount_to() takes an app of Starlette or FastAPI and then the path, not "
                f"{type(app).__name__}. For other frameworks write "
                "app = campfire.wrap(app, '/support').",
                field="app",
            )
        check_reachable(app.routes, path)
        app.mount(path.rstrip("/"), self)
        pass_preflights(app, self, self._answers_preflight)
        self._sees_preflights.add(app)
        router = app.router
        inner = router.lifespan_context

        @contextlib.asynccontextmanager
        async def lifespan(host: Any) -> AsyncGenerator[Any]:
            async with inner(host) as state, self.lifespan(host):
                yield state

        router.lifespan_context = lifespan

    @contextlib.asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncGenerator[None]:
        """Start on entry and stop on exit. For host apps that compose their own lifespan.

        Args:
            app: The host; an app of Starlette or FastAPI is looked at for what cannot work.

        Raises:
            ConfigurationError: Another route of the host app takes the requests of this object.
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The database schema is not the one that this version needs.
        """
        if isinstance(app, Starlette):
            for number, route in enumerate(app.routes):
                if isinstance(route, Mount) and route.app is self:
                    check_reachable(app.routes[:number], route.path)
            if self.settings.allowed_origins and app not in self._sees_preflights:
                check_cors(app, self.settings.allowed_origins)
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def wrap(self, host: ASGIApp, path: str) -> ASGIApp:
        """Return an ASGI app that serves this object under ``path``, and ``host`` everywhere else.

        For frameworks whose own mounting does not work here, such as Litestar, Django or Quart.
        Both get the lifespan.

        Raises:
            ConfigurationError: ``path`` is ``/``, or another ``Campfire`` is already served there.
        """
        return Wrapped(self, host, path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        running = self._running
        if running is not None:
            await running.application(below(relative(scope)), receive, send)
            return
        if not self._told_not_started:
            self._told_not_started = True
            logger.error("%s Until then every request to it is answered with 503.", _NOT_STARTED)
        if scope["type"] == "http":
            await error_response(scope, NotStartedError())(scope, receive, send)
        elif scope["type"] == "websocket":
            websocket = WebSocket(scope, receive, send)
            await websocket.accept()
            await websocket.close(NotStartedError.close_code or 1011, NotStartedError.code)

    async def _answers_preflight(self, scope: Scope) -> bool:
        """Whether pages of other origins are allowed at this address, so that their preflights are
        answered here and not by middleware of the host app."""
        if self._running is None:
            return bool(self.settings.allowed_origins)
        try:
            connection = HTTPConnection(below(relative(scope)))
            return bool(await self._running.places.origins(connection))
        except CampfireError:
            # Answered here, with this very error.
            return True

    # Starting and stopping.

    async def start(self) -> None:
        """Open the database and begin to work. A second start only counts.

        Raises:
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The database schema is not the one that this version needs.
        """
        async with self._starting:
            if self._running is None:
                running = self._runtime(self._database_url, self._bus_url, self.settings)
                await running.start()
                self._running = running
            self._users += 1

    async def stop(self) -> None:
        """Undo one start. The last stop drains the sockets and closes the database."""
        async with self._starting:
            if self._users == 0:
                return
            self._users -= 1
            if self._users == 0 and self._running is not None:
                running, self._running = self._running, None
                await running.stop()

    @contextlib.asynccontextmanager
    async def rehearsal(
        self, database_url: str, *, clock: Clock, on_failure: OnFailure
    ) -> AsyncGenerator[Runtime]:
        """Start for a test: jobs and hooks wait until they are called.

        Tests use :func:`campfire_chat.testing.desk`, which calls this.

        Args:
            database_url: Used instead of the configured database, with the bus that comes with it.
            clock: Used instead of the configured clock.
            on_failure: Told of the error of each job and hook that fails.

        Raises:
            ConfigurationError: The object is started already.
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The schema is newer than this version, or the migration failed.
        """
        settings = msgspec.structs.replace(self.settings, migrate="auto", drain_on_signal=False)
        async with self._starting:
            if self._running is not None:
                raise ConfigurationError("Enter testing.desk() before your app is started.")
            usual, self._clock = self._clock, clock
            try:
                bus_url = bus_for(database_url)
                running = self._runtime(database_url, bus_url, settings, by_hand=on_failure)
                await running.start()
            except BaseException:
                self._clock = usual
                raise
            self._running = running
            self._users += 1
        try:
            yield running
        finally:
            await self.stop()
            self._clock = usual
            self._revocations.clear()

    def _runtime(
        self,
        database_url: str,
        bus_url: str,
        settings: Settings,
        *,
        by_hand: OnFailure | None = None,
    ) -> Runtime:
        return Runtime(
            database_url=database_url,
            bus_url=bus_url,
            clock=self._clock,
            host=self._host,
            resolve_organization=self._resolve_organization,
            roles=self._roles,
            tokens=self._tokens,
            revocations=self._revocations,
            settings=settings,
            hooks=self._hooks,
            local_only=self._local_only,
            does_jobs=settings.work == "here" if self._works is None else self._works,
            by_hand=by_hand,
        )

    def _now(self) -> int:
        # A test may replace the clock, and tokens live as long as the object.
        return self._clock()

    async def migrate(self) -> str:
        """Update the database schema without starting.

        Returns:
            The revision of the schema.

        Raises:
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The schema is newer than this version, or the migration failed.
        """
        return await migrate(self._database_url, self.settings, now=self._clock)

    async def work(self, until: asyncio.Event) -> None:
        """Do jobs in a process of its own, whatever the setting ``work`` says.

        Args:
            until: Ends it; what is under way is finished or given back first.

        Raises:
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The schema is not the one that is needed.
        """
        self._works = True
        async with self.lifespan():
            await until.wait()

    async def rebuild_search(self) -> AsyncIterator[tuple[str, int]]:
        """Build the search index again in a process of its own, which does nothing else. Other
        processes go on, and searching too.

        Yields:
            After each step the organisation, and how many messages, conversations and index entries
            of it were checked so far.

        Raises:
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The schema is not the one that is needed.
        """
        self._works = False
        async with self.lifespan():
            running = self._running
            if running is None:
                raise NotStartedError
            async for step in running.services[SearchService].rebuild():
                yield step

    def drain(self) -> None:
        """Make ``/health/ready`` fail, and ask all clients to reconnect within the drain window.

        Requests that are under way are finished. Only a restart ends the drain.
        """
        if self._running is not None:
            self._running.gateway.drain()

    # For the code of the host app, beside what :class:`HostCode` has.

    def sign_identity(self, visitor: Visitor) -> str:
        """Sign who the user of a page is, for the widget's ``identify``.

        Returns:
            The signed identity, which is valid for 24 hours.

        Raises:
            ConfigurationError: It is not a ``Visitor``, or has values that none may have.
        """
        return self._tokens.sign_identity(visitor)

    async def revoke_tokens(
        self,
        *,
        user_id: str | None = None,
        visitor_id: str | None = None,
        organization: str = DEFAULT_ORGANIZATION,
    ) -> None:
        """Refuse every token and signed identity that a visitor has been given until now.

        Open sockets of the visitor are closed, in every process, within a few seconds. Call it
        when a user logs out everywhere, or when a token may have been stolen. What is issued or
        signed later counts; an anonymous visitor begins again as another one.

        Args:
            user_id: Your id of the user, as in ``Visitor.id``.
            visitor_id: The visitor's ``vis_…`` id instead, for anonymous visitors.

        Raises:
            ConfigurationError: Neither id was given, or both were.
            NotStartedError: Campfire was not started.
            StorageUnavailableError: The database cannot be reached; nothing was revoked.
        """
        if (user_id is None) == (visitor_id is None):
            raise ConfigurationError("revoke_tokens needs either user_id or visitor_id.")
        running = self._started()
        visitor = visitor_id or ids.visitor_of(organization, user_id or "")
        await running.revocation_sync.revoke(organization, visitor)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """The ASGI lifespan of an object that is served alone."""
        await receive()
        try:
            await self.start()
        except CampfireError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": repr(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})
