"""Tickets: fresh proof of the host's session, for sockets that are open."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.errors import OriginForbiddenError, SessionChangedError, TokenExpiredError
from campfire_chat.access.permissions import Access
from campfire_chat.core import clock
from campfire_chat.core.errors import UnauthorizedError
from campfire_chat.core.scalars import Timestamp
from campfire_chat.http.endpoints import Call, Endpoint, Reply


class TicketCreated(Struct, frozen=True, kw_only=True):
    """Shown on the socket with ``renew``; ``expires_at`` is the latest moment for that."""

    ticket: str
    expires_at: Timestamp


async def create(call: Call) -> Reply:
    """A ticket for the person whom the host's session names in this very request."""
    if not call.by_session:
        raise UnauthorizedError("There is no session of the host to prove.")
    ticket, ends = call.context.authentication.tokens.issue_ticket(call.actor)
    return Reply(TicketCreated(ticket=ticket, expires_at=clock.rfc3339(ends)), status=201)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="create_ticket",
        method="POST",
        path="/tickets",
        permission=Access.CALLER,
        handler=create,
        summary="Prove the host's session, for a socket that is open",
        returns={201: TicketCreated},
        errors=(SessionChangedError, TokenExpiredError, OriginForbiddenError),
    ),
)
