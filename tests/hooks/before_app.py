"""A host app that looks at messages before they are stored, for tests with a server."""

from __future__ import annotations

import os

from campfire_chat import MessageRefusedError, OutgoingMessage
from tests.support import host

campfire = host.campfire_for(os.environ[host.DATABASE_URL])


@campfire.before("message.send")
async def look(message: OutgoingMessage) -> str:
    if "password" in message.body:
        raise MessageRefusedError("Please never send a password.")
    if "broken" in message.body:
        raise LookupError("the word list is away")
    return message.body.replace("4111", "****")


app = host.host_app(campfire)
