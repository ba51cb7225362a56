"""The parts of a started ``Campfire``, and the order in which they start and stop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from starlette.types import ASGIApp

from campfire_chat.access.actor import Actor
from campfire_chat.access.admission import Admission
from campfire_chat.access.authentication import Authentication
from campfire_chat.access.identity import HostSession, Tokens
from campfire_chat.access.key_checks import KeyChecks
from campfire_chat.access.places import Places, ResolveOrganization
from campfire_chat.access.quota_sync import QuotaSync
from campfire_chat.access.revocation_table import RevocationTable
from campfire_chat.access.revocations import Revocations
from campfire_chat.access.roles import Roles
from campfire_chat.access.usage_table import Usage
from campfire_chat.core import ids
from campfire_chat.core.clock import Clock
from campfire_chat.core.runtime_settings import SettingRegistry
from campfire_chat.core.service_map import ServiceMap
from campfire_chat.database.nodes import Nodes
from campfire_chat.feature import Parts, Service
from campfire_chat.features.api_keys.service import ApiKeyService
from campfire_chat.features.organizations.organization_service import OrganizationService
from campfire_chat.features.registry import FEATURES
from campfire_chat.feed.positions import Positions
from campfire_chat.feed.runner import FeedRunner
from campfire_chat.hooks import after
from campfire_chat.hooks.after import AfterEvents
from campfire_chat.hooks.before import MessageReview
from campfire_chat.hooks.held import GIVEN_UP, RETRY, Redelivery
from campfire_chat.hooks.registry import HookRegistry
from campfire_chat.http.application import ENDPOINTS as ENGINE_ENDPOINTS
from campfire_chat.http.application import build
from campfire_chat.http.endpoints import Context, Endpoint
from campfire_chat.http.example_key import LocalOnly
from campfire_chat.jobs import failures
from campfire_chat.jobs import worker as job_worker
from campfire_chat.jobs.calls import Calls
from campfire_chat.jobs.failures import OnFailure
from campfire_chat.jobs.job import JobKind
from campfire_chat.jobs.queue import Queue
from campfire_chat.jobs.retention import DAILY, EXPIRE_KEYS, Retention
from campfire_chat.jobs.worker import Worker
from campfire_chat.ledger.aggregate import AnyKind
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.stream_access import OwnStream
from campfire_chat.ledger.streams import INBOX, Stream
from campfire_chat.ledger.write_batch import Committed, Heads, Notice
from campfire_chat.realtime import revocation_sync
from campfire_chat.realtime.bus import Bus, Wake
from campfire_chat.realtime.frame_table import FrameHandler, FrameTable
from campfire_chat.realtime.hub import ACCESS, Hub
from campfire_chat.realtime.peers import Peers
from campfire_chat.realtime.revocation_sync import RevocationSync
from campfire_chat.realtime.sockets import requests
from campfire_chat.realtime.sockets.gateway import Gateway
from campfire_chat.settings import Settings
from campfire_chat.shutdown import DrainOnSignal

#: Every endpoint of the API.
ENDPOINTS: tuple[Endpoint, ...] = (
    *(endpoint for feature in FEATURES for endpoint in feature.endpoints),
    *ENGINE_ENDPOINTS,
)
#: The frames that clients may send.
FRAMES: tuple[FrameHandler[Any], ...] = (
    *requests.FRAMES,
    *(frame for feature in FEATURES for frame in feature.frames),
)
#: Every kind of jobs.
JOBS: tuple[JobKind[Any], ...] = (
    *(EXPIRE_KEYS, RETRY, GIVEN_UP),
    *(kind for item in FEATURES for kind in item.jobs),
)
#: Every kind of aggregates.
AGGREGATES: tuple[AnyKind, ...] = tuple(kind for feature in FEATURES for kind in feature.aggregates)
#: Every kind of streams that belong to no aggregate, beside the inboxes.
OWN_STREAMS: tuple[OwnStream, ...] = tuple(kind for feature in FEATURES for kind in feature.streams)
#: Every runtime setting.
SETTINGS = SettingRegistry(setting for feature in FEATURES for setting in feature.settings)


class _Listeners:
    """Passes what happens at the door to every service of a feature."""

    def __init__(self, services: ServiceMap) -> None:
        self._services = [service for service in services if isinstance(service, Service)]

    def __iter__(self) -> Iterator[Service]:
        return iter(self._services)

    async def let_in(self, actor: Actor) -> None:
        for service in self:
            await service.let_in(actor)

    async def arrived(self, actor: Actor) -> None:
        for service in self:
            await service.arrived(actor)

    def departed(self, actor: Actor, *, cleanly: bool) -> None:
        for service in self:
            service.departed(actor, cleanly=cleanly)

    def joined(self, actor: Actor, stream: Stream) -> None:
        for service in self:
            service.joined(actor, stream)

    def left(self, actor: Actor, stream: Stream) -> None:
        for service in self:
            service.left(actor, stream)


class Runtime:
    """See the module. It belongs to one event loop and one start.

    Args:
        by_hand: For tests: nothing does jobs or reads the feed by itself. Whoever starts it calls
            ``worker`` and ``feed``, which then do one thing after the other, and is told of
            their failures.

    Attributes:
        worker: Does the jobs.
        feed: Gives the feed to its consumers.
        services: The services of features.
        context: What endpoints use.
        places: Says which organisation a request names.
        application: The ASGI application below the mount path.
    """

    def __init__(
        self,
        *,
        database_url: str,
        bus_url: str,
        clock: Clock,
        host: HostSession,
        resolve_organization: ResolveOrganization | None,
        roles: Roles,
        tokens: Tokens,
        revocations: Revocations,
        settings: Settings,
        hooks: HookRegistry,
        local_only: bool,
        does_jobs: bool,
        by_hand: OnFailure | None = None,
    ) -> None:
        node = ids.new(ids.NODE)
        self._settings = settings
        self._does_jobs = does_jobs and by_hand is None
        self._by_hand = by_hand is not None
        on_failure = by_hand or failures.nobody
        self._host = host
        self.hub = Hub(poll_interval=settings.poll_interval)
        self.storage = Storage(
            database_url,
            settings=settings,
            kinds=AGGREGATES,
            own_streams=OWN_STREAMS,
            on_commit=self._on_commit,
            now=clock,
        )
        writer, readers = self.storage.writer, self.storage.readers
        self.bus = Bus(bus_url, node=node, on_wake=self._on_wake)
        self.peers = Peers(
            Nodes(writer, readers, now=clock),
            KeyChecks(writer, readers),
            self.bus,
            node=node,
            beat=settings.presence_beat,
            checks=tokens.checks,
        )
        self.revocation_sync = RevocationSync(
            RevocationTable(writer, readers, now=clock),
            self.bus,
            revocations,
            life=tokens.longest_life,
            now=clock,
        )
        admission = Admission(settings.limits, write_queue=settings.write_queue)
        self.quota_sync = QuotaSync(admission, Usage(writer, readers, now=clock), node=node)
        self.services = ServiceMap()
        parts = Parts(
            settings=settings,
            storage=self.storage,
            hub=self.hub,
            bus=self.bus,
            node=node,
            roles=roles,
            registry=SETTINGS,
            review=MessageReview(hooks.before, settings.hook_timeout),
            services=self.services,
            tokens=tokens,
            host=host,
        )
        for feature in FEATURES:
            for service in feature.services(parts):
                self.services.add(service)
        self._listeners = _Listeners(self.services)
        organizations = self.services[OrganizationService]
        self.places = Places(resolve_organization, settings.allowed_origins, organizations)
        authentication = Authentication(
            host,
            tokens,
            self.places,
            keys=self.services[ApiKeyService],
            let_in=self._listeners.let_in,
        )
        self.gateway = Gateway(
            settings=settings,
            storage=self.storage,
            services=self.services,
            hub=self.hub,
            authentication=authentication,
            admission=admission,
            frames=FrameTable(FRAMES),
            listener=self._listeners,
        )
        self.hub.tell_visitors = self.gateway.tell_visitors
        self.hub.check_sockets = self.gateway.access.look
        self.jobs = Queue(writer, readers, now=clock)
        retention = Retention(writer, readers, now=clock)
        redelivery = Redelivery(self.storage, hooks.after, on_failure=on_failure)
        self._calls = Calls(lambda: self.bus.signal(job_worker.SIGNAL))
        self.worker = Worker(
            self.jobs,
            self.storage.submit,
            [
                EXPIRE_KEYS.done_by(retention.expire_keys),
                *redelivery.works(),
                *(work for service in self._listeners for work in service.works()),
            ],
            [DAILY, *(item for service in self._listeners for item in service.schedules())],
            now=clock,
            # What the host app commits itself, nobody tells of: it is found within the interval.
            poll=settings.poll_interval / 2,
            slots=1 if self._by_hand else job_worker.SLOTS,
            call_others=self._calls.call,
            on_failure=on_failure,
        )
        self.feed = FeedRunner(
            [
                *(
                    AfterEvents(
                        hook,
                        self.storage,
                        on_failure=on_failure,
                        at_once=1 if self._by_hand else after.AT_ONCE,
                    ).consumer
                    for hook in hooks.after.values()
                ),
                *(item for service in self._listeners for item in service.consumers()),
            ],
            self.storage,
            Positions(writer, readers, node=node, now=clock),
            now=clock,
            on_failure=on_failure,
        )
        self.context = Context(
            settings=settings,
            endpoints=ENDPOINTS,
            storage=self.storage,
            services=self.services,
            hub=self.hub,
            gateway=self.gateway,
            authentication=authentication,
            admission=admission,
            bus=self.bus,
            peers=self.peers,
            branding_of=organizations.branding,
        )
        application = build(self.context)
        self.application: ASGIApp = LocalOnly(application) if local_only else application
        self._stack = contextlib.AsyncExitStack()

    async def let_in(self, actor: Actor) -> None:
        """Store somebody whom the host app names, as when their session lets them in."""
        await self._listeners.let_in(actor)

    async def start(self) -> None:
        """Open the database and begin to work.

        Raises:
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The database schema is not the one that this version needs.
        """
        async with contextlib.AsyncExitStack() as stack:
            self.gateway.context.server.at_start()
            await self.storage.start()
            stack.push_async_callback(self.storage.stop)
            self._host.agent_key = self.storage.agent_key
            await self.bus.start(f"campfire_{self.storage.epoch}")
            stack.push_async_callback(self.bus.stop)
            stack.callback(self._calls.close)
            await self.revocation_sync.start()
            stack.push_async_callback(self.revocation_sync.stop)
            await self.peers.start()
            stack.push_async_callback(self.peers.stop)
            await self.hub.start(self.storage, self.bus)
            stack.push_async_callback(self.hub.stop)
            for service in self._listeners:
                await service.start()
                stack.push_async_callback(service.stop)
            await self.quota_sync.start()
            stack.push_async_callback(self.quota_sync.stop)
            await self.gateway.start()
            stack.push_async_callback(self.gateway.stop)
            # A process that does no jobs calls those that do.
            self.storage.on_deferred(self.worker.look)
            if self._does_jobs:
                await self.worker.start()
                stack.push_async_callback(self.worker.stop)
                await self.feed.start()
                stack.push_async_callback(self.feed.stop)
            else:
                await self.feed.register()
                stack.push_async_callback(self.feed.stop)
            if self._settings.drain_on_signal:
                signals = stack.enter_context(DrainOnSignal(self.gateway.drain))
                self.gateway.on_first = signals.stand
            self._stack = stack.pop_all()

    async def stop(self) -> None:
        """Drain the sockets, end the services and close the database."""
        await self._stack.aclose()

    def _on_commit(
        self, committed: Sequence[Committed], notices: Sequence[Notice], repeated: Heads
    ) -> None:
        self.hub.on_commit(committed, notices, repeated)
        if self.feed.running:
            for organization in {event.organization for event in committed}:
                self.feed.heard(organization)

    def _on_wake(self, wake: Wake) -> None:
        self.hub.on_wake(wake)
        if self.feed.running:
            for organization, stream, _ in wake.heads:
                if stream.startswith(f"{INBOX}:"):
                    self.feed.heard(organization)
        for what, organization in wake.signals:
            if what == revocation_sync.SIGNAL:
                self.revocation_sync.look()
            if what == job_worker.SIGNAL:
                self.worker.called()
            if what == ACCESS:
                self.hub.access_changed(organization)
            for service in self._listeners:
                service.signalled(what, organization)


async def migrate(database_url: str, settings: Settings, *, now: Clock) -> str:
    """Only update the schema of a database, and return its revision.

    Raises:
        StorageUnavailableError: The database cannot be reached.
        MigrationError: The schema is newer than this version, or the migration failed.
    """
    storage = Storage(
        database_url,
        settings=settings,
        kinds=AGGREGATES,
        own_streams=OWN_STREAMS,
        on_commit=_nobody_listens,
        now=now,
    )
    return await storage.migrate()


def _nobody_listens(
    committed: Sequence[Committed], notices: Sequence[Notice], repeated: Heads
) -> None:
    """A migration commits no events."""
