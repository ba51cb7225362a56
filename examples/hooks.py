"""A host app that is told of every message, and writes to its own log."""

from __future__ import annotations

import logging
import os

from starlette.applications import Starlette

from campfire_chat import Campfire, Event

logger = logging.getLogger("shop")

campfire = Campfire(
    os.environ.get("CAMPFIRE_DATABASE_URL", "sqlite:///support.db"),
    secret_key=os.environ["CAMPFIRE_SECRET_KEY"],
)


@campfire.on("message.created", name="log-messages")
async def log_message(event: Event) -> None:
    message = event.data
    logger.info("%s: %s wrote in %s", event.id, message.sender.name, message.conversation_id)


app = Starlette()
campfire.mount_to(app, "/support")
