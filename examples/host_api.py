"""A host app whose own code uses the desk: an order that is late is told to the customer."""

from __future__ import annotations

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from campfire_chat import Campfire, Event, Visitor

campfire = Campfire(
    os.environ.get("CAMPFIRE_DATABASE_URL", "sqlite:///support.db"),
    secret_key=os.environ["CAMPFIRE_SECRET_KEY"],
)


# --8<-- [start:use]
async def report_a_fault(request: Request) -> JSONResponse:
    maya = campfire.as_visitor(Visitor(id="42", name="Maya"))
    conversation = await maya.conversations.open("My kettle leaks.", subject="Order 1007")
    await campfire.as_system().conversations.change(conversation.id, tags=["fault"])
    return JSONResponse({"conversation": conversation.id})


# --8<-- [end:use]


# --8<-- [start:put]
async def tell_of_a_delay(user_id: str, name: str, email: str) -> None:
    contact = await campfire.as_system().contacts.put(user_id, name=name, email=email)
    await campfire.as_agent("7").conversations.open(
        "Your order is late.", contact_id=contact.id, client_id=f"late-{user_id}"
    )


# --8<-- [end:put]


# --8<-- [start:hook]
@campfire.on("message.created", name="opening-hours")
async def answer_at_night(event: Event) -> None:
    message = event.data
    if message.sender.kind == "visitor" and "open" in message.body:
        await campfire.as_system(organization=event.organization).messages.send(
            message.conversation_id, "We open at nine.", client_id=event.id
        )


# --8<-- [end:hook]


app = Starlette(routes=[Route("/fault", report_a_fault, methods=["POST"])])
campfire.mount_to(app, "/support")
