"""What all sockets of a process share, and what a handler of frames sees of one socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from msgspec import Struct

from campfire_chat.access.actor import Actor
from campfire_chat.access.admission import Admission
from campfire_chat.access.authentication import Authentication
from campfire_chat.access.socket_quota import SocketQuota
from campfire_chat.core.server_flags import ServerWatch
from campfire_chat.core.service_map import ServiceMap
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.streams import Stream
from campfire_chat.realtime.drain import Drain
from campfire_chat.realtime.frame_table import FrameTable
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.sockets.proof import Proof
from campfire_chat.realtime.sockets.send_queue import SendQueue
from campfire_chat.realtime.sockets.subscriptions import Subscriptions
from campfire_chat.realtime.sockets.writes import Writes
from campfire_chat.settings import Settings


class SocketListener(Protocol):
    """Is told who connects, and what they open."""

    async def arrived(self, actor: Actor) -> None:
        """A socket has sent hello. The welcome waits for this."""

    def departed(self, actor: Actor, *, cleanly: bool) -> None:
        """A socket that had sent hello has ended, ``cleanly`` if it was closed on purpose."""

    def joined(self, actor: Actor, stream: Stream) -> None:
        """A socket has subscribed to a stream."""

    def left(self, actor: Actor, stream: Stream) -> None:
        """A socket has left a stream."""


class SocketContext(Struct, frozen=True):
    """What all sockets of a process share.

    Attributes:
        services: The services of features.
        frames: The frames of clients, with their handlers.
        server: What is known of the limits of the ASGI server.
    """

    settings: Settings
    storage: Storage
    services: ServiceMap
    hub: Hub
    authentication: Authentication
    admission: Admission
    draining: Drain
    server: ServerWatch
    frames: FrameTable[Connection]
    listener: SocketListener


class Connection(Protocol):
    """A socket, as the handlers of its frames see it.

    Attributes:
        quota: What the load limits count for it.
        streams: The streams that it is subscribed to.
        send_queue: Sends its frames.
        writes: Its writes that the ledger has not answered.
        proof: How fresh the host's word for its person is; None where it rests on a token alone.
        pings: Whether the client has begun to ping.
    """

    quota: SocketQuota
    streams: Subscriptions
    send_queue: SendQueue
    writes: Writes
    proof: Proof | None
    pings: bool

    @property
    def context(self) -> SocketContext: ...

    @property
    def actor(self) -> Actor: ...


Handle = Callable[[Connection, Any], Awaitable[None]]
