"""All settings, in one frozen object. Nothing is read from the environment."""

from __future__ import annotations

import functools
import math
import typing
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypedDict

import msgspec
from msgspec import Struct

from campfire_chat.configuration import (
    check_contact_attributes,
    check_login_url,
    check_networks,
    check_origins,
)
from campfire_chat.core.attributes import Attribute
from campfire_chat.core.errors import ConfigurationError

Migrate = Literal["auto", "check", "off"]
Work = Literal["here", "elsewhere"]


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
        except msgspec.ValidationError:
            raise ConfigurationError(
                f"{name} must be {_in_words(hint)}, not {value!r}", field=name
            ) from None


def _in_words(hint: Any) -> str:
    """What may be written for a field of this type."""
    if typing.get_origin(hint) is Literal:
        return " or ".join(map(repr, typing.get_args(hint)))
    if hint == tuple[str, ...]:
        return "a tuple or a list of strings"
    words: dict[Any, str] = {
        tuple[Attribute, ...]: "a tuple or a list of Attribute objects",
        int: "a whole number",
        float: "a number",
        bool: "True or False",
        str | None: "a string or None",
        dict[str, frozenset[str]]: "a dictionary from names of roles to sets of permissions",
    }
    return words.get(hint, str(hint))


class Rate(Struct, frozen=True):
    """A limit on how often something may happen: a token bucket.

    Attributes:
        per_second: How many are admitted a second in the long run.
        burst: How many are admitted at once after a quiet time. It takes
            ``burst / per_second`` seconds without any until the whole burst is available again.

    Raises:
        ConfigurationError: A value is out of range.
    """

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        _check_types(self)
        if not 0 < self.per_second <= 1e6 or not math.isfinite(self.per_second):
            raise ConfigurationError("per_second must be greater than 0 and at most 1e6")
        if not 1 <= self.burst <= 1e9:
            raise ConfigurationError("burst must be at least 1 and at most 1e9")


class Limits(Struct, frozen=True, kw_only=True):
    """How much load one caller may make. The defaults are far above what a person ever needs.

    ``None`` switches a limit off. Rates hold approximately over all processes on one database.
    Caps count in each process alone. An address is the IP address of the caller, as the server
    reports it. An IPv6 address stands for its whole /64 network. The /56 network around it may use
    twice as much, and the /48 network four times as much.

    Attributes:
        sends: Messages of one visitor or agent.
        sends_per_address: Messages of all visitors at one address.
        sends_per_organization: Messages within one organisation. Messages of agents count, but
            this limit never refuses them, so that a flood of visitors cannot silence agents.
        calls: REST requests of one visitor or agent. New sockets of an agent count too.
        searches: Searches of one agent or API key, each page of one included.
        calls_per_address: REST requests of all visitors, and of callers that are not recognised,
            at one address.
        creations: New visitors and conversations from one address. Conversations that agents
            begin do not count.
        connections: New sockets of visitors from one address.
        writes: Writes of one visitor or agent other than messages: receipts, edits, deletions,
            changes of a conversation or of an availability.
        writes_per_address: The same, of all visitors at one address.
        frames: Frames of one visitor or agent, over all their sockets. Frames that come faster are
            read later, not refused.
        frames_per_address: The same, of all visitors at one address, and of sockets that have not
            sent ``hello``.
        input_bytes: Bytes of the frames and request bodies of one visitor or agent. Frames that
            exceed it are read later, requests are refused. Frames of up to 512 bytes do not count.
        input_bytes_per_address: The same, of all visitors at one address.
        refusals: Number of writes refused in a row after which the socket is closed with 4429.
        sockets_per_address: Open sockets of visitors at one address.
        sockets_per_visitor: Open sockets of one visitor.
        sockets_per_organization: Open sockets of one organisation; agents get 10 % more.
        sockets_per_process: Open sockets of a process; agents get 10 % more.
        polls_per_caller: Long polls of one visitor or agent that may wait at the same time.
        polls_per_address: The same, of all visitors at one address.
        polls_per_process: Long polls that may wait at the same time; agents get 10 % more.
    """

    sends: Rate | None = Rate(10, 100)
    sends_per_address: Rate | None = Rate(100, 1_000)
    sends_per_organization: Rate | None = Rate(500, 5_000)
    calls: Rate | None = Rate(25, 250)
    searches: Rate | None = Rate(10, 100)
    calls_per_address: Rate | None = Rate(100, 2_000)
    creations: Rate | None = Rate(5, 200)
    connections: Rate | None = Rate(50, 1_000)
    writes: Rate | None = Rate(50, 1_000)
    writes_per_address: Rate | None = Rate(500, 5_000)
    frames: Rate | None = Rate(100, 1_000)
    frames_per_address: Rate | None = Rate(1_000, 10_000)
    input_bytes: Rate | None = Rate(20_000, 1_000_000)
    input_bytes_per_address: Rate | None = Rate(200_000, 5_000_000)
    refusals: int | None = 100
    sockets_per_address: int | None = 2_000
    sockets_per_visitor: int | None = 20
    sockets_per_organization: int | None = 20_000
    sockets_per_process: int | None = 25_000
    polls_per_caller: int | None = 20
    polls_per_address: int | None = 500
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
                        f"limits.{name} must be a Rate or None, not {value!r}",
                        field=f"limits.{name}",
                    )
            elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigurationError(
                    f"limits.{name} must be a number of at least 1, or None", field=f"limits.{name}"
                )


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one :class:`~campfire_chat.Campfire`.

    Attributes:
        allowed_origins: Other origins (``https://shop.example``) whose pages may open sockets and
            call the API. The origin of campfire-chat itself is always allowed.
        migrate: What happens to the schema at the start: ``auto`` updates it under a lock,
            ``check`` refuses to start when it is not current, ``off`` does not check it.
        login_url: The page to which the console sends a user who is not signed in as an agent.
        heartbeat: Seconds between two ``head`` frames. A client that receives nothing for two
            heartbeats opens a new connection. The server closes the socket of a client that has
            pinged and then sends nothing for two heartbeats.
        hello_timeout: Seconds in which a new socket has to send ``hello``.
        send_timeout: Seconds that one write to a socket may take. After that the socket is closed
            with 4470.
        body_timeout: Seconds that a request body may take to arrive.
        queue_frames: Number of frames that may wait for one socket.
        queue_bytes: Number of bytes that may wait for one socket.
        max_frame_bytes: Largest size of a frame or request body; checked before parsing.
        max_body_characters: Greatest length of a message.
        max_subscriptions: Number of streams that one socket may subscribe to.
        assign_on_reply: Whether an agent who answers an unassigned conversation, or begins one,
            gets it, in the same commit as the message.
        token_lifetime: Seconds for which a visitor's token is valid. It is renewed after half of
            that time.
        poll_interval: Seconds between two looks at the stream heads in the database. They find
            what other processes wrote when a wake-up was lost.
        presence_beat: Seconds between two beats. With a beat a process records that a participant
            is still connected.
        presence_life: Seconds after the last beat for which a participant counts as present. An
            agent who comes back within twice that time goes on with the same session.
        reauthenticate: Seconds after which the client of a signed-in socket has to prove the
            session of the host app again.
        drain_delay: Seconds at a shutdown between the moment when ``ready`` fails and the moment
            when clients are asked to reconnect. The load balancer needs them to notice.
        drain_window: Longest time in seconds over which clients spread their reconnects at a
            shutdown.
        drain_on_signal: Whether SIGTERM and SIGINT start the drain before the server's own handler
            runs. This works only on the main thread.
        readers: Number of database connections for reading. There is one more for writing.
        write_queue: Number of writes that may wait for the database. More are refused with
            ``overloaded``. A quarter of them is reserved for agents.
        write_queue_bytes: Approximate number of bytes that the waiting writes may hold. A quarter
            of them is reserved for agents.
        roles: Roles of your own, beside the built-in ones: the names of the permissions, by the
            name of the role.
        work: ``here``: this process does jobs, such as ending snoozes. ``elsewhere``: other
            processes do them, such as those of ``campfire-chat worker``.
        hook_timeout: Seconds that all functions of ``Campfire.before`` together may take for one
            message. A message that they do not answer for in time is not stored.
        webhook_networks: Networks such as ``10.1.0.0/16`` to which webhooks may send although they
            are not on the internet. There they may use plain http and every port.
        contact_attributes: Attributes that contacts of every organisation may have. Admins can add
            more of them in the settings of their organisation.
        limits: How much load one caller may make; see :class:`Limits`.
    """

    allowed_origins: tuple[str, ...] = ()
    migrate: Migrate = "auto"
    login_url: str | None = None
    heartbeat: float = 25.0
    hello_timeout: float = 10.0
    send_timeout: float = 10.0
    body_timeout: float = 20.0
    queue_frames: int = 256
    queue_bytes: int = 1024 * 1024
    max_frame_bytes: int = 64 * 1024
    max_body_characters: int = 10_000
    max_subscriptions: int = 256
    assign_on_reply: bool = True
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
    work: Work = "here"
    hook_timeout: float = 0.25
    roles: dict[str, frozenset[str]] = {}
    webhook_networks: tuple[str, ...] = ()
    contact_attributes: tuple[Attribute, ...] = ()
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        if isinstance(self.allowed_origins, str):
            # Without this it would be taken letter by letter, each of them an origin.
            raise ConfigurationError(
                "allowed_origins is a tuple or a list of origins, such as "
                f"allowed_origins=({self.allowed_origins!r},)",
                field="allowed_origins",
            )
        if not isinstance(self.limits, Limits):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError("limits must be a Limits object", field="limits")
        _check_types(self)
        check_origins(self.allowed_origins)
        check_login_url(self.login_url)
        check_networks(self.webhook_networks)
        check_contact_attributes(self.contact_attributes)
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
    body_timeout: float
    queue_frames: int
    queue_bytes: int
    max_frame_bytes: int
    max_body_characters: int
    max_subscriptions: int
    assign_on_reply: bool
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
    work: Work
    hook_timeout: float
    roles: Mapping[str, Collection[str]]
    webhook_networks: tuple[str, ...] | list[str]
    contact_attributes: tuple[Attribute, ...] | list[Attribute]
    limits: Limits


_POSITIVE = (
    "heartbeat",
    "hello_timeout",
    "send_timeout",
    "body_timeout",
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
    "hook_timeout",
)
