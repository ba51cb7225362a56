"""The beginning of a connection: accepting it, refusing it, and the welcome."""

from __future__ import annotations

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from campfire_chat.access.actor import Actor
from campfire_chat.access.identity import Credentials
from campfire_chat.access.socket_quota import SocketQuota
from campfire_chat.core import ids
from campfire_chat.core.errors import OverloadedError, UnavailableError
from campfire_chat.ledger.records import StreamHead
from campfire_chat.realtime import frames
from campfire_chat.realtime.errors import CLOSE_RESTARTING, ProtocolVersionError
from campfire_chat.realtime.sockets.closed import Closed
from campfire_chat.realtime.sockets.context import SocketContext

#: The ASGI extension with which an upgrade can be answered with an HTTP status.
_DENIAL = "websocket.http.response"


async def admit(websocket: WebSocket, context: SocketContext, quota: SocketQuota) -> Actor | None:
    """Check a new connection, and return the caller by the session of the host app, or None.

    Raises:
        CampfireError: It is refused. It has to be accepted and closed with this error.
        Closed: It is refused with a close code only.
        WebSocketDisconnect: It was refused already.
    """
    await context.authentication.check_origin(websocket)
    if _offered(websocket) and subprotocol(websocket) is None:
        raise ProtocolVersionError()
    if context.draining.refusing:
        await _send_elsewhere(websocket)
    # authenticate is called before the accept, as for any other request.
    with context.admission.asking(websocket, socket=True):
        session = await context.authentication.host.actor(websocket)
    # Agents are the ones who can do something about what is going on.
    if context.storage.congested and not (session is not None and session.is_agent):
        raise OverloadedError(retry_after=1.0)
    quota.connect(session)
    return session


def welcome(
    context: SocketContext, credentials: Credentials, heads: list[StreamHead]
) -> frames.Welcome:
    """The answer to a hello.

    Args:
        heads: The heads of the streams that the hello resumes.
    """
    settings = context.settings
    return frames.Welcome(
        version=frames.VERSION,
        session=ids.new(ids.SESSION),
        epoch=context.storage.epoch,
        heartbeat=settings.heartbeat,
        limits=frames.WelcomeLimits(
            frame_bytes=settings.max_frame_bytes,
            body_characters=settings.max_body_characters,
            subscriptions=settings.max_subscriptions,
        ),
        principal=credentials.actor.record,
        streams=heads,
        token=credentials.renewal,
    )


def subprotocol(websocket: WebSocket) -> str | None:
    """The subprotocol that both sides support. None if the client named none, or only others."""
    return frames.SUBPROTOCOL if frames.SUBPROTOCOL in _offered(websocket) else None


def _offered(websocket: WebSocket) -> list[str]:
    return websocket.scope.get("subprotocols") or []


async def _send_elsewhere(websocket: WebSocket) -> None:
    """Refuse a connection, because this process is about to stop.

    With a 503 the load balancer asks the next process, and the client notices nothing.
    """
    if _DENIAL not in (websocket.scope.get("extensions") or {}):
        raise Closed(CLOSE_RESTARTING, "restarting")
    problem = UnavailableError("The service is restarting.", retry_after=1.0)
    await websocket.send_denial_response(
        Response(status_code=problem.status, headers={"retry-after": "1"})
    )
    raise WebSocketDisconnect(CLOSE_RESTARTING)
