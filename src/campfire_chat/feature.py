"""What a feature is to the rest: what it declares, and the services that it runs.

A feature is a folder below :mod:`campfire_chat.features`. The engine knows none of them. They are
listed in one place, from which the runtime gathers what they declare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from campfire_chat.access.actor import Actor
from campfire_chat.access.identity import HostSession, Tokens
from campfire_chat.access.roles import Roles
from campfire_chat.core.runtime_settings import Setting, SettingRegistry
from campfire_chat.core.service_map import ServiceMap
from campfire_chat.feed.consumer import Consumer
from campfire_chat.hooks.before import MessageReview
from campfire_chat.http.endpoints import Endpoint
from campfire_chat.jobs.job import JobKind, Work
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.aggregate import AnyKind
from campfire_chat.ledger.events import EventType
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.stream_access import OwnStream
from campfire_chat.ledger.streams import Stream
from campfire_chat.realtime.bus import Bus
from campfire_chat.realtime.frame_table import FrameHandler
from campfire_chat.realtime.hub import Hub
from campfire_chat.settings import Settings


class Service:
    """The base of services that the runtime has to call. Each method does nothing by default."""

    async def start(self) -> None:
        """Begin. The database is open, and no request has been let in."""

    async def stop(self) -> None:
        """End. Services are stopped in the reverse order."""

    def works(self) -> Iterable[Work]:
        """The kinds of jobs that it does, with their code."""
        return ()

    def schedules(self) -> Iterable[Schedule]:
        """Jobs that come again and again."""
        return ()

    def consumers(self) -> Iterable[Consumer]:
        """What reads the feed of every organisation for it."""
        return ()

    def signalled(self, what: str, organization: str) -> None:
        """Another process has said over the bus that something has changed."""

    async def let_in(self, actor: Actor) -> None:
        """The session of the host app has named somebody, who is about to be let in."""

    async def arrived(self, actor: Actor) -> None:
        """A socket has sent hello. The welcome waits for this."""

    def departed(self, actor: Actor, *, cleanly: bool) -> None:
        """A socket that had sent hello has ended, ``cleanly`` if it was closed on purpose."""

    def joined(self, actor: Actor, stream: Stream) -> None:
        """A socket has subscribed to a stream."""

    def left(self, actor: Actor, stream: Stream) -> None:
        """A socket has left a stream."""


class Parts(Struct, frozen=True):
    """What the services of a feature are made from.

    Attributes:
        node: The id of this process.
        roles: What the roles of agents allow.
        registry: Every runtime setting.
        review: Calls the functions of the host app that look at messages before they are stored.
        services: The services that were made already: those of features that are listed earlier.
        tokens: Knows the secret keys.
        host: Asks the host app.
    """

    settings: Settings
    storage: Storage
    hub: Hub
    bus: Bus
    node: str
    roles: Roles
    registry: SettingRegistry
    review: MessageReview
    services: ServiceMap
    tokens: Tokens
    host: HostSession


def _no_services(parts: Parts) -> Iterable[object]:
    return ()


class Feature(Struct, frozen=True):
    """What a noun declares.

    Attributes:
        name: The name of its folder.
        aggregates: Its kinds of aggregates.
        streams: Its kinds of streams that belong to no aggregate.
        events: Its types of events.
        endpoints: Its part of the API.
        frames: The frames of clients that it handles.
        settings: The runtime settings that it reads.
        jobs: Its kinds of jobs. Their code comes from the services; see :meth:`Service.works`.
        services: Makes its services; those that are a :class:`Service` are called by the runtime.
    """

    name: str
    aggregates: tuple[AnyKind, ...] = ()
    streams: tuple[OwnStream, ...] = ()
    events: tuple[EventType, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    frames: tuple[FrameHandler[Any], ...] = ()
    settings: tuple[Setting[Any], ...] = ()
    jobs: tuple[JobKind[Any], ...] = ()
    services: Callable[[Parts], Iterable[object]] = _no_services
