"""How the tests of a host app use the kit: in the same process, without a network.

Run it with ``pytest examples/test_my_host.py``; it needs httpx and anyio's pytest plugin.
"""

# ruff: noqa: S101 - tests assert

# --8<-- [start:test]
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from campfire_chat import Agent, Campfire, Event, Status, Visitor, testing

PEOPLE = {
    "ada": Agent(id="ada", name="Ada"),
    "mia": Visitor(id="mia", name="Mia", email="mia@mail.example"),
}


def authenticate(connection: HTTPConnection) -> Agent | Visitor | None:
    return PEOPLE.get(connection.headers.get("x-user", ""))


campfire = Campfire(
    "sqlite:///support.db", secret_key="only for tests, 32 characters...", authenticate=authenticate
)
app = Starlette()
campfire.mount_to(app, "/support")


@campfire.on("message.created", name="opening-hours")
async def say_when_we_open(event: Event) -> None:
    message = event.data
    if message.sender.kind == "visitor" and "open" in message.body:
        await campfire.as_system().messages.send(
            message.conversation_id, "We open at nine.", client_id=event.id
        )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_a_question_is_answered_and_comes_back_later() -> None:
    async with testing.desk(campfire) as desk:
        mia = desk.visitor("mia", name="Mia")
        conversation = await mia.conversations.open("When do you open?")
        await desk.settle()  # calls say_when_we_open
        messages = (await mia.messages.list(conversation.id)).items
        assert [message.body for message in messages] == ["We open at nine.", "When do you open?"]

        ada = desk.agent("ada", name="Ada")
        await ada.conversations.change(
            conversation.id, status=Status.SNOOZED, snoozed_until=desk.now + timedelta(hours=2)
        )
        await desk.advance(hours=1)
        assert (await ada.conversations.get(conversation.id)).status is Status.SNOOZED
        await desk.advance(hours=1)
        assert (await ada.conversations.get(conversation.id)).status is Status.OPEN


# --8<-- [end:test]


# --8<-- [start:requests]
@pytest.mark.anyio
async def test_who_is_signed_in_is_known() -> None:
    transport = httpx.ASGITransport(app=app)
    api = "http://shop.example/support/api/v1/"
    async with (
        testing.desk(campfire) as desk,
        httpx.AsyncClient(transport=transport, base_url=api, headers={"x-user": "mia"}) as client,
    ):
        question = {"message": {"body": "Is it waterproof?"}}
        sent = (await client.post("conversations", json=question)).json()

        found = await desk.agent("ada").conversations.get(sent["id"])
        assert (found.contact.name, found.contact.email) == ("Mia", "mia@mail.example")


# --8<-- [end:requests]
