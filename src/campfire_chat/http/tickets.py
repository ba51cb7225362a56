"""Tickets: fresh proof of the host's session, for sockets that are open."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat import clock
from campfire_chat.errors import UnauthorizedError
from campfire_chat.http.endpoints import Call, Reply
from campfire_chat.models import Timestamp


class TicketCreated(Struct, frozen=True, kw_only=True):
    """Shown on the socket with ``renew``; ``expires_at`` is the latest moment for that."""

    ticket: str
    expires_at: Timestamp


async def create(call: Call) -> Reply:
    """A ticket for the person whom the host's session names in this very request."""
    if not call.by_session:
        raise UnauthorizedError("There is no session of the host to prove.")
    ticket, ends = call.services.gateway.tokens.issue_ticket(call.scope)
    return Reply(TicketCreated(ticket=ticket, expires_at=clock.rfc3339(ends)), status=201)
