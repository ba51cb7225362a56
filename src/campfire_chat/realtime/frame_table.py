"""The frames that clients may send, each with its handler, and how they are decoded.

The engine adds those of the protocol itself, and features add theirs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar, Union

import msgspec
from msgspec import Struct

from campfire_chat.access.actor import Actor
from campfire_chat.access.permissions import Requirement, needed
from campfire_chat.access.policy import forbidden
from campfire_chat.core.decoding import UNREADABLE, invalid, malformed
from campfire_chat.core.errors import CampfireError, InvalidError, MalformedError, TooLargeError
from campfire_chat.realtime.errors import UnknownFrameError
from campfire_chat.realtime.sockets import proof
from campfire_chat.realtime.sockets.proof import Proof


class Caller(Protocol):
    """Who sends frames, and how fresh the host app's word for them is."""

    proof: Proof | None

    @property
    def actor(self) -> Actor: ...


C = TypeVar("C", bound=Caller)


class FrameHandler(Struct, Generic[C], frozen=True):
    """A type of frames of clients.

    Attributes:
        frame: The type. Its tag names it on the wire.
        permission: What somebody needs to send one, checked before anything else. Where it is one
            of several, the handler finds out which.
        handle: Handles a frame of a connection. Writes go to the ledger, which answers later. It
            may raise a CampfireError, which the client is sent.
    """

    frame: type[Struct]
    permission: Requirement
    handle: Callable[[C, Any], Awaitable[None]]


class FrameRejected(Exception):
    """A frame was refused. ``request_id`` is that of the frame, if it could be read."""

    def __init__(self, error: CampfireError, request_id: str | None) -> None:
        super().__init__(error.message)
        self.error = error
        self.request_id = request_id


class _Envelope(Struct):
    type: Any = None
    id: Any = None


_envelope_decoder = msgspec.json.Decoder(_Envelope)


class FrameTable(Generic[C]):
    """See the module."""

    def __init__(self, handlers: Sequence[FrameHandler[C]]) -> None:
        self.handlers = {handler.frame: handler for handler in handlers}
        self._needed = {handler.frame: needed(handler.permission) for handler in handlers}
        self.names = frozenset(str(frame.__struct_config__.tag) for frame in self.handlers)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            Union[tuple(self.handlers)]  # noqa: UP007  the types are known only now
        )

    def handle(self, connection: C, frame: Struct) -> Awaitable[None]:
        """Handle a frame that was decoded.

        Raises:
            ForbiddenError: The sender has none of the permissions that it needs.
            RenewalNeededError: So it seems, but their role may be another one by now.
            CampfireError: The frame is refused with this error.
        """
        kind = type(frame)
        wanted = self._needed[kind]
        if wanted is not None and wanted.isdisjoint(connection.actor.permissions):
            if connection.proof is not None:
                connection.proof.require(proof.FOR_SENDING)
            raise forbidden(self.handlers[kind].permission)
        return self.handlers[kind].handle(connection, frame)

    def decode(self, text: str | bytes, *, limit: int) -> Struct:
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
            return self._decoder.decode(raw)
        except UNREADABLE as cause:
            raise self._rejection(raw, cause) from None

    def _rejection(self, raw: bytes, cause: Exception) -> FrameRejected:
        try:
            envelope = _envelope_decoder.decode(raw)
        except msgspec.ValidationError:
            return FrameRejected(InvalidError("A frame must be a JSON object."), None)
        except UNREADABLE:
            error, said = malformed(raw, cause)
            return FrameRejected(error, _request_id(said.get("id")))
        request_id = _request_id(envelope.id)
        if not isinstance(envelope.type, str):
            error = InvalidError("A frame must have a type.", field="type")
            return FrameRejected(error, request_id)
        if envelope.type not in self.names:
            return FrameRejected(UnknownFrameError(), request_id)
        if not isinstance(cause, msgspec.ValidationError):
            return FrameRejected(MalformedError(str(cause)), request_id)
        return FrameRejected(invalid(cause), request_id)


def _too_large(limit: int) -> FrameRejected:
    return FrameRejected(TooLargeError(f"A frame may have at most {limit} bytes."), None)


def _request_id(given: Any) -> str | None:
    """An ``id`` that can be returned in an answer."""
    if not isinstance(given, str) or not 0 < len(given) <= 64:
        return None
    # Half of a surrogate pair cannot be sent.
    return given if given.encode(errors="ignore").decode() == given else None
