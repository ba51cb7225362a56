"""Everything that can be set, in one frozen object; nothing is read from the environment."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from campfire_chat.errors import ConfigurationError

Migrate = Literal["auto", "check", "off"]


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one :class:`~campfire_chat.Campfire`.

    Attributes:
        allowed_origins: Origins (``https://shop.example``) besides the host's own whose pages
            may open sockets and call the API. The host's own origin is always allowed.
        migrate: What happens to the schema at start: ``auto`` upgrades it under a lock, ``check``
            refuses to start when it is not current, ``off`` trusts it.
        login_url: Where the console sends somebody who is not signed in as an agent.
        heartbeat: Seconds between ``head`` frames; a peer silent for two is taken for dead.
        hello_timeout: Seconds a new socket has to send ``hello``.
        send_timeout: Seconds one write to a socket may take before it is closed with 4470.
        queue_frames: Frames that may wait for one socket.
        queue_bytes: Bytes that may wait for one socket.
        max_frame_bytes: Size limit of one frame or request body, checked before parsing.
        max_body_characters: Size limit of one message body.
        max_subscriptions: Streams one socket may be subscribed to.
        token_lifetime: Seconds a visitor token is good for; it is renewed after half of that.
        poll_interval: Seconds between looks at the stream heads in the database, which finds
            what a lost wake-up would have told.
        presence_beat: Seconds between signs of life of a connected participant.
        presence_life: Seconds after the last one for which a participant counts as present.
        reauthenticate: Seconds between checks that the host still vouches for an open socket.
        drain_delay: Seconds between ``ready`` failing and clients being sent away at a shutdown,
            for the load balancer to notice.
        drain_window: Seconds over which clients spread their reconnects at a shutdown, at most.
        drain_on_signal: Whether SIGTERM and SIGINT send clients away before the server's own
            handler runs; only ever done on the main thread.
        readers: Database connections for reading; one more is for writing.
        write_queue: Writes that may wait for the database before callers are told to come back.
    """

    allowed_origins: tuple[str, ...] = ()
    migrate: Migrate = "auto"
    login_url: str | None = None
    heartbeat: float = 25.0
    hello_timeout: float = 10.0
    send_timeout: float = 10.0
    queue_frames: int = 256
    queue_bytes: int = 1024 * 1024
    max_frame_bytes: int = 64 * 1024
    max_body_characters: int = 10_000
    max_subscriptions: int = 256
    token_lifetime: int = 30 * 24 * 3600
    poll_interval: float = 1.0
    presence_beat: float = 20.0
    presence_life: float = 60.0
    reauthenticate: float = 60.0
    drain_delay: float = 0.0
    drain_window: float = 10.0
    drain_on_signal: bool = True
    readers: int = 2
    write_queue: int = 10_000

    def __post_init__(self) -> None:
        for origin in self.allowed_origins:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ConfigurationError(
                    f"allowed_origins: {origin!r} is not an origin such as https://shop.example",
                    field="allowed_origins",
                )
        if self.migrate not in ("auto", "check", "off"):
            raise ConfigurationError("migrate is one of auto, check, off", field="migrate")
        if self.presence_life <= self.presence_beat:
            raise ConfigurationError(
                "presence_life must be longer than presence_beat", field="presence_life"
            )
        for name in ("drain_delay", "drain_window"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name} must not be negative", field=name)
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name} must be greater than zero", field=name)


_POSITIVE = (
    "heartbeat",
    "hello_timeout",
    "send_timeout",
    "queue_frames",
    "queue_bytes",
    "max_frame_bytes",
    "max_body_characters",
    "max_subscriptions",
    "token_lifetime",
    "poll_interval",
    "presence_beat",
    "presence_life",
    "reauthenticate",
    "readers",
    "write_queue",
)
