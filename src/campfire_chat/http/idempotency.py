"""The client id of a write over HTTP."""

from __future__ import annotations

from campfire_chat.core import ids
from campfire_chat.core.errors import InvalidError
from campfire_chat.http.endpoints import Call


def client_id_of(call: Call, given: str | None) -> str:
    """The client id of a write: from the body, from the header, or a new one.

    Raises:
        InvalidError: Body and header contain different ids.
    """
    key = call.idempotency_key
    if given is not None and key is not None and given != key:
        raise InvalidError("client_id and Idempotency-Key are different.", field="client_id")
    return given or key or ids.new("req")
