"""The frames of the WebSocket protocol ``campfire.v1`` itself. Features have their own."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from campfire_chat.access.records import PrincipalRecord
from campfire_chat.core.errors import CampfireError
from campfire_chat.ledger.events import EventFrame
from campfire_chat.ledger.records import StreamHead

SUBPROTOCOL: Final = "campfire.v1"
VERSION: Final = 1

RequestId = Annotated[str, Meta(min_length=1, max_length=64)]
# No control characters: ids have none, and PostgreSQL refuses a NUL in a query.
StreamName = Annotated[str, Meta(min_length=1, max_length=160, pattern=r"^[^\x00-\x1f]+$")]
EntityId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Frame(Struct, frozen=True, kw_only=True, tag_field="type"):
    """The base of every frame. The tag names its type on the wire."""


# Client → server.


class ResumePoint(Struct, frozen=True, kw_only=True):
    stream: StreamName
    after: Seq
    epoch: str | None = None


class ClientInfo(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(max_length=64)] = ""
    version: Annotated[str, Meta(max_length=64)] = ""


class Hello(Frame, frozen=True, kw_only=True, tag="hello"):
    token: Annotated[str, Meta(max_length=4096)] | None = None
    resume: Annotated[list[ResumePoint], Meta(max_length=256)] = []
    client: ClientInfo | None = None


class Subscribe(Frame, frozen=True, kw_only=True, tag="subscribe"):
    id: RequestId
    stream: StreamName
    after: Seq | None = None
    epoch: str | None = None


class Unsubscribe(Frame, frozen=True, kw_only=True, tag="unsubscribe"):
    id: RequestId
    stream: StreamName


class Renew(Frame, frozen=True, kw_only=True, tag="renew"):
    """Proof that the host's session is still there: a ticket from ``POST /tickets``."""

    ticket: Annotated[str, Meta(max_length=4096)]


class Ping(Frame, frozen=True, kw_only=True, tag="ping"):
    n: int = 0


# Server → client.


class WelcomeLimits(Struct, frozen=True, kw_only=True):
    """Limits for a client: bytes of a frame, characters of a body, number of subscriptions."""

    frame_bytes: int
    body_characters: int
    subscriptions: int


class Welcome(Frame, frozen=True, kw_only=True, tag="welcome"):
    """``token`` is a new visitor token, when half of the old one's lifetime is over."""

    version: int
    session: str
    epoch: str
    heartbeat: float
    limits: WelcomeLimits
    principal: PrincipalRecord
    streams: list[StreamHead]
    token: str | None = None


class Ok(Frame, frozen=True, kw_only=True, tag="ok"):
    """Done and committed."""

    id: str


class SubscribeOk(Frame, frozen=True, kw_only=True, tag="ok"):
    """Subscribed. The events after ``after`` follow, up to ``head``, and then new ones."""

    id: str
    stream: str
    head: int


class ErrorFrame(Frame, frozen=True, kw_only=True, tag="error", omit_defaults=True):
    """``details`` is what a program needs to go on. The code says what is in it."""

    code: str
    message: str
    final: bool
    id: str | None = None
    field: str | None = None
    retry_after: float | None = None
    details: dict[str, Any] | None = None


class Events(Frame, frozen=True, kw_only=True, tag="events"):
    """A page of a replay, made of the stored texts of the events; ``more`` pages may follow."""

    stream: str
    events: list[EventFrame]
    more: bool


class Head(Frame, frozen=True, kw_only=True, tag="head"):
    heads: dict[str, int]


class Reset(Frame, frozen=True, kw_only=True, tag="reset"):
    stream: str
    epoch: str
    head: int
    reason: Literal["epoch", "ahead", "pruned", "access"]


class RenewDue(Frame, frozen=True, kw_only=True, tag="renew_due"):
    """Prove the host's session within so many seconds, or be closed with 4401."""

    within: float


class DrainFrame(Frame, frozen=True, kw_only=True, tag="drain"):
    window: float


class Pong(Frame, frozen=True, kw_only=True, tag="pong"):
    n: int


_encoder = msgspec.json.Encoder()


def error_frame(
    error: CampfireError, request_id: str | None, field: str | None = None
) -> ErrorFrame:
    """The fields of an error."""
    return ErrorFrame(
        code=error.code,
        message=error.message,
        final=error.final,
        id=request_id,
        field=field or error.field,
        retry_after=error.retry_after,
        details=error.details,
    )


def encode(frame: Struct) -> str:
    """The text of a frame."""
    return _encoder.encode(frame).decode()


def encode_value(value: object) -> str:
    """JSON text of a plain value."""
    return _encoder.encode(value).decode()
