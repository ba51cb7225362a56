"""The frames of the WebSocket protocol ``campfire.v1`` in both directions, and their codec."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from campfire_chat.errors import (
    CampfireError,
    InvalidError,
    MalformedError,
    TooLargeError,
    UnknownFrameError,
)
from campfire_chat.models import (
    Availability,
    Participant,
    PrincipalRecord,
    SenderKind,
    StreamHead,
    Timestamp,
    Visibility,
)
from campfire_chat.unreadable import UNREADABLE, invalid, malformed

SUBPROTOCOL: Final = "campfire.v1"
VERSION: Final = 1

RequestId = Annotated[str, Meta(min_length=1, max_length=64)]
# No control characters: ids have none, and PostgreSQL refuses a NUL in a query.
StreamName = Annotated[str, Meta(min_length=1, max_length=160, pattern=r"^[^\x00-\x1f]+$")]
EntityId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class _Frame(Struct, frozen=True, kw_only=True, tag_field="type"):
    pass


# Client → server.


class ResumePoint(Struct, frozen=True, kw_only=True):
    stream: StreamName
    after: Seq
    epoch: str | None = None


class ClientInfo(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(max_length=64)] = ""
    version: Annotated[str, Meta(max_length=64)] = ""


class Hello(_Frame, frozen=True, kw_only=True, tag="hello"):
    token: Annotated[str, Meta(max_length=4096)] | None = None
    resume: Annotated[list[ResumePoint], Meta(max_length=256)] = []
    client: ClientInfo | None = None


class Subscribe(_Frame, frozen=True, kw_only=True, tag="subscribe"):
    id: RequestId
    stream: StreamName
    after: Seq | None = None
    epoch: str | None = None


class Unsubscribe(_Frame, frozen=True, kw_only=True, tag="unsubscribe"):
    id: RequestId
    stream: StreamName


class MessageSend(_Frame, frozen=True, kw_only=True, tag="message.send"):
    id: RequestId
    conversation_id: EntityId
    body: str
    visibility: Visibility = Visibility.PUBLIC
    reply_to: EntityId | None = None
    attachments: Annotated[list[Any], Meta(max_length=0)] | None = None


class Receipt(_Frame, frozen=True, kw_only=True, tag="receipt"):
    conversation_id: EntityId
    delivered: Seq | None = None
    read: Seq | None = None
    id: RequestId | None = None


class Typing(_Frame, frozen=True, kw_only=True, tag="typing"):
    conversation_id: EntityId
    active: bool


class Renew(_Frame, frozen=True, kw_only=True, tag="renew"):
    """Proof that the host's session is still there: a ticket from ``POST /tickets``."""

    ticket: Annotated[str, Meta(max_length=4096)]


class Ping(_Frame, frozen=True, kw_only=True, tag="ping"):
    n: int = 0


ClientFrame = Hello | Subscribe | Unsubscribe | MessageSend | Receipt | Typing | Renew | Ping
CLIENT_FRAMES: Final[tuple[type[Struct], ...]] = (
    Hello,
    Subscribe,
    Unsubscribe,
    MessageSend,
    Receipt,
    Typing,
    Renew,
    Ping,
)


# Server → client.


class Limits(Struct, frozen=True, kw_only=True):
    """Limits for a client: bytes of a frame, characters of a body, number of subscriptions."""

    frame_bytes: int
    body_characters: int
    subscriptions: int


class Welcome(_Frame, frozen=True, kw_only=True, tag="welcome"):
    """``token`` is a new visitor token, when half of the old one's lifetime is over."""

    version: int
    session: str
    epoch: str
    heartbeat: float
    limits: Limits
    principal: PrincipalRecord
    streams: list[StreamHead]
    token: str | None = None


class Ok(_Frame, frozen=True, kw_only=True, tag="ok"):
    """Done and committed."""

    id: str


class SendOk(_Frame, frozen=True, kw_only=True, tag="ok"):
    """The message is stored. ``duplicate`` says that it had been stored before."""

    id: str
    message_id: str
    seq: int
    at: Timestamp
    duplicate: bool


class SubscribeOk(_Frame, frozen=True, kw_only=True, tag="ok"):
    """Subscribed. The events after ``after`` follow, up to ``head``, and then new ones."""

    id: str
    stream: str
    head: int


class ErrorFrame(_Frame, frozen=True, kw_only=True, tag="error", omit_defaults=True):
    code: str
    message: str
    final: bool
    id: str | None = None
    field: str | None = None
    retry_after: float | None = None


class Head(_Frame, frozen=True, kw_only=True, tag="head"):
    heads: dict[str, int]


class Reset(_Frame, frozen=True, kw_only=True, tag="reset"):
    stream: str
    epoch: str
    head: int
    reason: Literal["epoch", "ahead", "pruned"]


class TypingNotice(_Frame, frozen=True, kw_only=True, tag="typing"):
    conversation_id: str
    participant: Participant
    active: bool


class ReceiptNotice(_Frame, frozen=True, kw_only=True, tag="receipt"):
    conversation_id: str
    participant: Participant
    delivered: int
    read: int


class PresenceNotice(_Frame, frozen=True, kw_only=True, tag="presence", omit_defaults=True):
    """The presence or availability of a participant has changed.

    With ``conversation_id`` and ``viewing``: an agent opened or left that conversation.
    With ``conversation_id`` and no ``viewing``: the participant's presence, as it matters to
    that conversation. Without ``conversation_id``: an agent's availability, for colleagues,
    or that of the team as a whole (kind ``system``, id ``team``), for visitors.
    """

    participant: Participant
    availability: Availability | None = None
    conversation_id: str | None = None
    viewing: bool | None = None


def presence_at(participant: Participant, conversation_id: str, *, here: bool) -> PresenceNotice:
    """The frame for an agent who opened or left a conversation."""
    if participant.kind is SenderKind.AGENT:
        return PresenceNotice(
            participant=participant, conversation_id=conversation_id, viewing=here
        )
    return PresenceNotice(
        participant=participant,
        conversation_id=conversation_id,
        availability=Availability.ONLINE if here else Availability.OFFLINE,
    )


class RenewDue(_Frame, frozen=True, kw_only=True, tag="renew_due"):
    """Prove the host's session within so many seconds, or be closed with 4401."""

    within: float


class Drain(_Frame, frozen=True, kw_only=True, tag="drain"):
    window: float


class Pong(_Frame, frozen=True, kw_only=True, tag="pong"):
    n: int


_decoder = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()
_FRAME_TYPES: Final = frozenset(str(frame.__struct_config__.tag) for frame in CLIENT_FRAMES)


class _Envelope(Struct):
    type: Any = None
    id: Any = None


_envelope_decoder = msgspec.json.Decoder(_Envelope)


class FrameRejected(Exception):
    """A frame was refused. ``id`` is that of the frame, if it could be read."""

    def __init__(self, error: CampfireError, request_id: str | None) -> None:
        super().__init__(error.message)
        self.error = error
        self.request_id = request_id


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
    )


def encode(frame: Struct) -> str:
    """The text of a frame."""
    return _encoder.encode(frame).decode()


def decode(text: str | bytes, *, limit: int) -> ClientFrame:
    """Decode a frame of a client. Its size is checked before it is parsed.

    Raises:
        FrameRejected: Too large, not JSON, no known type, or a field is wrong.
    """
    # A character is at least a byte: what is too long already is not copied to be counted.
    if len(text) > limit:
        raise _too_large(limit)
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > limit:
        raise _too_large(limit)
    try:
        return _decoder.decode(raw)
    except UNREADABLE as cause:
        raise _rejection(raw, cause) from None


def _too_large(limit: int) -> FrameRejected:
    return FrameRejected(TooLargeError(f"A frame may have at most {limit} bytes."), None)


def _rejection(raw: bytes, cause: Exception) -> FrameRejected:
    try:
        envelope = _envelope_decoder.decode(raw)
    except msgspec.ValidationError:
        return FrameRejected(InvalidError("A frame must be a JSON object."), None)
    except UNREADABLE:
        error, said = malformed(raw, cause)
        return FrameRejected(error, _request_id(said.get("id")))
    request_id = _request_id(envelope.id)
    if not isinstance(envelope.type, str):
        return FrameRejected(InvalidError("A frame must have a type.", field="type"), request_id)
    if envelope.type not in _FRAME_TYPES:
        return FrameRejected(UnknownFrameError(), request_id)
    if not isinstance(cause, msgspec.ValidationError):
        return FrameRejected(MalformedError(str(cause)), request_id)
    return FrameRejected(invalid(cause), request_id)


def _request_id(given: Any) -> str | None:
    """An ``id`` that can be returned in an answer."""
    if not isinstance(given, str) or not 0 < len(given) <= 64:
        return None
    # Half of a surrogate pair cannot be sent.
    return given if given.encode(errors="ignore").decode() == given else None


def encode_value(value: object) -> str:
    """JSON text of a plain value."""
    return _encoder.encode(value).decode()
