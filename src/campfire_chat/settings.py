"""Everything that can be set, in one frozen object; nothing is read from the environment."""

from __future__ import annotations

import functools
import math
import typing
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from campfire_chat.errors import ConfigurationError

Migrate = Literal["auto", "check", "off"]


@functools.cache
def _hints(kind: type[Struct]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _check_types(settings: Struct) -> None:
    """
    Raises:
        ConfigurationError: A field has a value of another type than it is declared with.
    """
    for name, hint in _hints(type(settings)).items():
        value = getattr(settings, name)
        try:
            msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"{name}={value!r}: {error}", field=name) from None


class Rate(Struct, frozen=True):
    """So many in the long run, and so many at once after a quiet time.

    Attributes:
        per_second: How many a second are let through without end.
        burst: How many may come at once; it takes ``burst / per_second`` seconds to save them up.
    """

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        _check_types(self)
        if not 0 < self.per_second <= 1e6 or not math.isfinite(self.per_second):
            raise ConfigurationError("per_second is greater than 0 and at most a million")
        if not 1 <= self.burst <= 1e9:
            raise ConfigurationError("burst is at least 1 and at most 1e9")


class Limits(Struct, frozen=True, kw_only=True):
    """How much load one caller may make. The defaults are wide of what people do.

    ``None`` switches a limit off. Rates hold over all processes on one database, give or take
    what each admits before it hears of the others; caps count in each process by itself. An
    address is the peer as the server reports it, an IPv6 one with its whole /64.

    Attributes:
        sends: Messages of one visitor or agent.
        sends_per_address: Messages of all visitors at one address.
        sends_per_organization: Messages within one organisation. Agents count and are never
            refused by it, so that a flood of visitors cannot silence them.
        calls: REST requests, and connects, of one visitor or agent.
        calls_per_address: REST requests of all visitors, and of whoever is unknown, at one
            address.
        creations: New visitors and conversations from one address, unless by an agent.
        connections: New sockets of visitors from one address.
        frames: Frames of one socket; what comes faster is read later, not refused.
        refusals: Sends refused in a row after which their socket is closed with 4429.
        sockets_per_address: Open sockets of visitors at one address.
        sockets_per_visitor: Open sockets of one visitor.
        sockets_per_organization: Open sockets of one organisation; agents may go a tenth over.
        sockets_per_process: Open sockets of a process; agents may go a tenth over.
        polls_per_caller: Long polls of one visitor or agent that may wait at the same time.
        polls_per_process: Long polls that may wait at the same time.
    """

    sends: Rate | None = Rate(10, 100)
    sends_per_address: Rate | None = Rate(100, 1_000)
    sends_per_organization: Rate | None = Rate(500, 5_000)
    calls: Rate | None = Rate(25, 250)
    calls_per_address: Rate | None = Rate(100, 2_000)
    creations: Rate | None = Rate(5, 200)
    connections: Rate | None = Rate(50, 1_000)
    frames: Rate | None = Rate(100, 1_000)
    refusals: int | None = 100
    sockets_per_address: int | None = 2_000
    sockets_per_visitor: int | None = 20
    sockets_per_organization: int | None = 20_000
    sockets_per_process: int | None = 25_000
    polls_per_caller: int | None = 20
    polls_per_process: int | None = 5_000

    def __post_init__(self) -> None:
        defaults = dict(zip(self.__struct_fields__, self.__struct_defaults__, strict=True))
        for name, default in defaults.items():
            value: Any = getattr(self, name)
            if value is None:
                continue
            if isinstance(default, Rate):
                if not isinstance(value, Rate):
                    raise ConfigurationError(
                        f"limits.{name} is a Rate or None, not {value!r}", field=f"limits.{name}"
                    )
            elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigurationError(
                    f"limits.{name} is a number of at least 1, or None", field=f"limits.{name}"
                )


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one :class:`~campfire_chat.Campfire`.

    Attributes:
        allowed_origins: Origins (``https://shop.example``) besides the host's own whose pages
            may open sockets and call the API. The host's own origin is always allowed.
        migrate: What happens to the schema at start: ``auto`` upgrades it under a lock, ``check``
            refuses to start when it is not current, ``off`` trusts it.
        login_url: Where the console sends somebody who is not signed in as an agent.
        heartbeat: Seconds between ``head`` frames; a client that hears nothing for two makes a new
            connection, and one that pings and then is silent for two is let go.
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
        write_queue_bytes: Bytes that the writes that wait may hold, about.
        limits: How much load one caller may make; see :class:`Limits`.
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
    write_queue_bytes: int = 64 * 1024 * 1024
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        if isinstance(self.allowed_origins, str):
            # Without this it would be taken letter by letter, each of them an origin.
            raise ConfigurationError(
                "allowed_origins takes several origins, such as "
                f"allowed_origins=({self.allowed_origins!r},), with the comma",
                field="allowed_origins",
            )
        if not isinstance(self.limits, Limits):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError("limits is a Limits(…)", field="limits")
        _check_types(self)
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
        if self.presence_life <= self.presence_beat:
            raise ConfigurationError(
                "presence_life must be longer than presence_beat", field="presence_life"
            )
        for name in ("drain_delay", "drain_window"):
            value = getattr(self, name)
            if not value >= 0 or not math.isfinite(value):
                raise ConfigurationError(f"{name} must not be negative", field=name)
        for name in _POSITIVE:
            value = getattr(self, name)
            if not value > 0 or not math.isfinite(value):
                raise ConfigurationError(f"{name} must be greater than zero", field=name)


class SettingsDict(TypedDict, total=False):
    """The fields of :class:`Settings` as keywords of :class:`~campfire_chat.Campfire`.

    It is what editors complete and type checkers compare a call with. A test holds both equal.
    """

    allowed_origins: tuple[str, ...] | list[str]
    migrate: Migrate
    login_url: str | None
    heartbeat: float
    hello_timeout: float
    send_timeout: float
    queue_frames: int
    queue_bytes: int
    max_frame_bytes: int
    max_body_characters: int
    max_subscriptions: int
    token_lifetime: int
    poll_interval: float
    presence_beat: float
    presence_life: float
    reauthenticate: float
    drain_delay: float
    drain_window: float
    drain_on_signal: bool
    readers: int
    write_queue: int
    write_queue_bytes: int
    limits: Limits


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
    "write_queue_bytes",
)
