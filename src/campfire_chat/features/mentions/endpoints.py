"""The endpoint of mentions."""

from __future__ import annotations

from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.conversations.permissions import NOTES_READ
from campfire_chat.features.mentions.records import Mention
from campfire_chat.features.mentions.service import MentionService
from campfire_chat.http.endpoints import Call, Endpoint, Reply
from campfire_chat.http.pagination import Page


async def list_all(call: Call) -> Reply:
    service = call.service(MentionService)
    return Reply(Page(await service.of_message(call.actor, call.path["message_id"])))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_mentions",
        method="GET",
        path="/messages/{message_id}/mentions",
        permission=NOTES_READ,
        handler=list_all,
        summary="List the agents and teams that a note mentions",
        returns={200: Page[Mention]},
        errors=(NotFoundError,),
    ),
)
