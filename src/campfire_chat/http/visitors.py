"""The endpoints for tokens of visitors, and for the caller."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from campfire_chat.domain.principal import Scope, anonymous
from campfire_chat.http.endpoints import Call, Reply
from campfire_chat.identity import bearer_token
from campfire_chat.models import DEFAULT_ORGANIZATION, Availability, PrincipalRecord


class VisitorCreate(Struct, frozen=True, kw_only=True):
    """``identity`` is a signed identity, made with ``campfire.sign_identity``."""

    identity: Annotated[str, Meta(min_length=1, max_length=8192)] | None = None


class VisitorCreated(Struct, frozen=True, kw_only=True):
    """``availability`` is that of the team. ``by_session`` tells that the visitor is the user of
    the session, so that the token is valid only together with the session."""

    token: str
    visitor: PrincipalRecord
    availability: Availability
    by_session: bool


async def create(call: Call) -> Reply:
    """Give the caller a token: an identified visitor, the owner of an earlier token, or a new
    anonymous visitor.

    Nothing is stored. The contact is created with the first message.
    """
    scope, ends, since = await _visitor(call)
    gateway = call.services.gateway
    return Reply(
        VisitorCreated(
            token=gateway.tokens.issue(scope, ends, since=since),
            visitor=scope.record,
            availability=await call.store.team.availability(scope.organization),
            by_session=scope.principal.by_session,
        ),
        status=201,
    )


async def _visitor(call: Call) -> tuple[Scope, int | None, int | None]:
    """Who calls; when the identity ends that says so, if it is one that does; and since when what
    they show has been good, if it is a token or an identity."""
    gateway = call.services.gateway
    body: VisitorCreate = call.body
    gateway.origins.check(call.request)
    if body.identity is not None:
        return gateway.tokens.read_identity(body.identity)
    session = await gateway.host.scope(call.request)
    if session is not None and not session.is_agent:
        return session, None, None
    organization = session.organization if session is not None else DEFAULT_ORGANIZATION
    token = bearer_token(call.request)
    if token is None:
        return anonymous(organization), None, None
    bearer = gateway.tokens.read(token)
    if bearer.by_session:
        # The host app no longer confirms that user: after a logout the visitor is anonymous.
        return anonymous(bearer.scope.organization), None, None
    # Renewed, but never beyond the identity that it rests on.
    return bearer.scope, bearer.ends, bearer.since


async def me(call: Call) -> Reply:
    return Reply(call.scope.record)
