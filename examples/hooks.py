"""A host app that keeps card numbers out of the chat, and writes of every message to its log."""

from __future__ import annotations

import logging
import os
import re

from starlette.applications import Starlette

from campfire_chat import Campfire, Event, MessageRefusedError, OutgoingMessage

logger = logging.getLogger("shop")

campfire = Campfire(
    os.environ.get("CAMPFIRE_DATABASE_URL", "sqlite:///support.db"),
    secret_key=os.environ["CAMPFIRE_SECRET_KEY"],
)


# --8<-- [start:after]
@campfire.on("message.created", name="log-messages")
async def log_message(event: Event) -> None:
    message = event.data
    logger.info("%s: %s wrote in %s", event.id, message.sender.name, message.conversation_id)


# --8<-- [end:after]


# --8<-- [start:before]
CARD_NUMBER = re.compile(r"\b(?:\d[ -]?){13,16}\b")


@campfire.before("message.send")
async def look_for_card_numbers(message: OutgoingMessage) -> str | None:
    if "password" in message.body.lower():
        raise MessageRefusedError("Please never send a password. We do not need it.")
    return CARD_NUMBER.sub("[card number]", message.body)


# --8<-- [end:before]


app = Starlette()
campfire.mount_to(app, "/support")
