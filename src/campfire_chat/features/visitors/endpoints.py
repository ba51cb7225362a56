"""The endpoints for tokens of visitors, and for the caller."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from campfire_chat.access.actor import Actor, anonymous
from campfire_chat.access.errors import (
    HostUnavailableError,
    OriginForbiddenError,
    RestOnlyError,
    TokenExpiredError,
    TokenInvalidError,
    UnknownOrganizationError,
    WrongOrganizationError,
)
from campfire_chat.access.identity import bearer_token
from campfire_chat.access.permissions import Access
from campfire_chat.access.records import Availability, PrincipalRecord
from campfire_chat.features.agents.service import AgentService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply


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

    Nothing is stored of them. The contact is created with the first message.
    """
    actor, ends, since = await _visitor(call)
    authentication = call.context.authentication
    return Reply(
        VisitorCreated(
            token=authentication.tokens.issue(actor, ends, since=since),
            visitor=actor.record,
            availability=await call.service(AgentService).availability(actor.organization),
            by_session=actor.principal.by_session,
        ),
        status=201,
    )


async def _visitor(call: Call) -> tuple[Actor, int | None, int | None]:
    """Who calls; when the identity ends that says so, if it is one that does; and since when what
    they show has been good, if it is a token or an identity."""
    authentication = call.context.authentication
    body: VisitorCreate = call.body
    request, places = call.request, authentication.places
    await authentication.check_origin(request)
    if body.identity is not None:
        identified = authentication.tokens.read_identity(body.identity)
        await authentication.check_place(request, identified[0])
        await places.remember(identified[0].organization)
        return identified
    session = await authentication.host.actor(request)
    if session is not None and not session.is_agent:
        await authentication.check_place(request, session)
        await places.remember(session.organization)
        return session, None, None
    token = bearer_token(request)
    if token is None:
        # An agent who looks at a page with the widget is an anonymous visitor there.
        named = await places.named(request)
        if named is None and session is not None:
            await places.remember(session.organization)
            return anonymous(session.organization), None, None
        return anonymous(await places.home(request)), None, None
    bearer = authentication.tokens.read(token)
    await authentication.check_place(request, bearer.actor)
    if bearer.by_session:
        # The host app no longer confirms that user: after a logout the visitor is anonymous.
        return anonymous(bearer.actor.organization), None, None
    # Renewed, but never beyond the identity that it rests on.
    return bearer.actor, bearer.ends, bearer.since


async def me(call: Call) -> Reply:
    return Reply(call.actor.record)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="create_visitor",
        method="POST",
        path="/visitors",
        permission=Access.PUBLIC,
        handler=create,
        summary="Get a visitor's token: anonymous, by session, or from a signed identity",
        body=VisitorCreate,
        body_optional=True,
        returns={201: VisitorCreated},
        errors=(
            TokenInvalidError,
            TokenExpiredError,
            RestOnlyError,
            OriginForbiddenError,
            WrongOrganizationError,
            UnknownOrganizationError,
            HostUnavailableError,
        ),
        cost=Cost.CREATE,
    ),
    Endpoint(
        operation="get_me",
        method="GET",
        path="/me",
        permission=Access.CALLER,
        handler=me,
        summary="Get the caller",
        returns={200: PrincipalRecord},
    ),
)
