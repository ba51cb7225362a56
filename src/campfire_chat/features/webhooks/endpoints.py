"""The endpoints of webhooks and of their deliveries."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from campfire_chat.core import clock
from campfire_chat.core.errors import InvalidCursorError, InvalidTextError, NotFoundError
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.webhooks import rules
from campfire_chat.features.webhooks.errors import InvalidWebhookError
from campfire_chat.features.webhooks.operations import WebhookPatch
from campfire_chat.features.webhooks.permissions import WEBHOOKS_MANAGE
from campfire_chat.features.webhooks.records import (
    DeliveryDetails,
    DeliveryRecord,
    DeliveryState,
    TextChoice,
    WebhookRecord,
    WebhookState,
    WebhookWithSecret,
)
from campfire_chat.features.webhooks.service import WebhookService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    read_cursor,
    write_cursor,
)
from campfire_chat.ledger.events import all_types
from campfire_chat.realtime.frames import EntityId

_Url = Annotated[str, Meta(max_length=rules.MAX_URL)]
_Description = Annotated[str, Meta(max_length=4 * rules.MAX_DESCRIPTION)]
_Events = Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=500)]


class NewWebhook(Struct, frozen=True, kw_only=True):
    url: _Url
    description: _Description = ""
    events: _Events | None = None
    text: TextChoice = TextChoice.NONE
    state: WebhookState = WebhookState.ACTIVE


class WebhookChanges(Struct, frozen=True, kw_only=True):
    """Only what is to change."""

    url: _Url | UnsetType = UNSET
    description: _Description | UnsetType = UNSET
    events: _Events | UnsetType | None = UNSET
    text: TextChoice | UnsetType = UNSET
    state: WebhookState | UnsetType = UNSET


class DeliveryList(Struct, frozen=True, kw_only=True):
    state: DeliveryState | None = None
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


class ReplaySpan(Struct, frozen=True, kw_only=True):
    """Which deliveries are sent again: those of events from ``since`` on and before ``until``.

    Attributes:
        state: Only deliveries in this state; null for all that are finished.
    """

    since: Timestamp
    until: Timestamp
    state: DeliveryState | None = DeliveryState.FAILED


async def list_all(call: Call) -> Reply:
    return Reply(Page(await call.service(WebhookService).list_all(call.actor)))


async def list_event_types(call: Call) -> Reply:
    return Reply(Page([event.name for event in all_types()]))


async def create(call: Call) -> Reply:
    body: NewWebhook = call.body
    created = await call.service(WebhookService).create(
        call.actor,
        url=body.url,
        description=body.description,
        events=body.events,
        text=body.text,
        state=body.state,
    )
    return Reply(created, 201)


async def get(call: Call) -> Reply:
    return Reply(await call.service(WebhookService).get(call.actor, call.path["webhook_id"]))


async def change(call: Call) -> Reply:
    body: WebhookChanges = call.body
    patch = WebhookPatch(
        url=body.url,
        description=body.description,
        events=body.events,
        text=body.text,
        state=body.state,
    )
    service = call.service(WebhookService)
    return Reply(await service.change(call.actor, call.path["webhook_id"], patch))


async def rotate(call: Call) -> Reply:
    return Reply(await call.service(WebhookService).rotate(call.actor, call.path["webhook_id"]))


async def delete(call: Call) -> Reply:
    return Reply(await call.service(WebhookService).delete(call.actor, call.path["webhook_id"]))


async def send_test(call: Call) -> Reply:
    service = call.service(WebhookService)
    return Reply(await service.send_test(call.actor, call.path["webhook_id"]), 201)


async def list_deliveries(call: Call) -> Reply:
    query: DeliveryList = call.query
    before = read_cursor(query.cursor, EntityId)
    records, following = await call.service(WebhookService).deliveries(
        call.actor, call.path["webhook_id"], query.state, before, query.limit
    )
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def get_delivery(call: Call) -> Reply:
    service = call.service(WebhookService)
    path = call.path
    return Reply(await service.delivery(call.actor, path["webhook_id"], path["delivery_id"]))


async def replay(call: Call) -> Reply:
    service = call.service(WebhookService)
    path = call.path
    return Reply(await service.replay(call.actor, path["webhook_id"], path["delivery_id"]))


async def replay_span(call: Call) -> Reply:
    body: ReplaySpan = call.body
    try:
        since, until = clock.parse_rfc3339(body.since), clock.parse_rfc3339(body.until)
    except ValueError:
        raise InvalidWebhookError(
            "since and until are times of RFC 3339, such as 2026-01-31T09:00:00Z.", field="since"
        ) from None
    service = call.service(WebhookService)
    replayed = await service.replay_span(
        call.actor, call.path["webhook_id"], since=since, until=until, only=body.state
    )
    return Reply(replayed)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_webhooks",
        method="GET",
        path="/webhooks",
        permission=WEBHOOKS_MANAGE,
        handler=list_all,
        summary="List the webhooks of the organisation",
        returns={200: Page[WebhookRecord]},
    ),
    Endpoint(
        operation="create_webhook",
        method="POST",
        path="/webhooks",
        permission=WEBHOOKS_MANAGE,
        handler=create,
        summary="Create a webhook; only this answer and a rotation show its secret",
        body=NewWebhook,
        returns={201: WebhookWithSecret},
        errors=(InvalidWebhookError, InvalidTextError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="list_webhook_events",
        method="GET",
        path="/webhook-events",
        permission=WEBHOOKS_MANAGE,
        handler=list_event_types,
        summary="List the types of events that a webhook can send",
        returns={200: Page[str]},
    ),
    Endpoint(
        operation="get_webhook",
        method="GET",
        path="/webhooks/{webhook_id}",
        permission=WEBHOOKS_MANAGE,
        handler=get,
        summary="Get a webhook",
        returns={200: WebhookRecord},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="change_webhook",
        method="PATCH",
        path="/webhooks/{webhook_id}",
        permission=WEBHOOKS_MANAGE,
        handler=change,
        summary="Change, pause, disable or resume a webhook",
        body=WebhookChanges,
        returns={200: WebhookRecord},
        errors=(NotFoundError, InvalidWebhookError, InvalidTextError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="delete_webhook",
        method="DELETE",
        path="/webhooks/{webhook_id}",
        permission=WEBHOOKS_MANAGE,
        handler=delete,
        summary="Delete a webhook and its log",
        returns={200: WebhookRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="rotate_webhook_secret",
        method="POST",
        path="/webhooks/{webhook_id}/secret",
        permission=WEBHOOKS_MANAGE,
        handler=rotate,
        summary="Give a webhook a new secret; the present one signs beside it for 24 hours",
        returns={200: WebhookWithSecret},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="test_webhook",
        method="POST",
        path="/webhooks/{webhook_id}/test",
        permission=WEBHOOKS_MANAGE,
        handler=send_test,
        summary="Send a test event",
        returns={201: DeliveryRecord},
        errors=(NotFoundError, InvalidWebhookError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="replay_webhook_span",
        method="POST",
        path="/webhooks/{webhook_id}/replay",
        permission=WEBHOOKS_MANAGE,
        handler=replay_span,
        summary="Send the deliveries of a span of time again",
        body=ReplaySpan,
        returns={200: WebhookRecord},
        errors=(NotFoundError, InvalidWebhookError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="list_webhook_deliveries",
        method="GET",
        path="/webhooks/{webhook_id}/deliveries",
        permission=WEBHOOKS_MANAGE,
        handler=list_deliveries,
        summary="List the deliveries of a webhook, the newest first",
        query=DeliveryList,
        returns={200: Page[DeliveryRecord]},
        errors=(NotFoundError, InvalidCursorError),
    ),
    Endpoint(
        operation="get_webhook_delivery",
        method="GET",
        path="/webhooks/{webhook_id}/deliveries/{delivery_id}",
        permission=WEBHOOKS_MANAGE,
        handler=get_delivery,
        summary="Get a delivery with its body and each attempt",
        returns={200: DeliveryDetails},
        errors=(NotFoundError,),
    ),
    Endpoint(
        operation="replay_webhook_delivery",
        method="POST",
        path="/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
        permission=WEBHOOKS_MANAGE,
        handler=replay,
        summary="Send a delivery again",
        returns={200: DeliveryRecord},
        errors=(NotFoundError, InvalidWebhookError),
        cost=Cost.WRITE,
    ),
)
