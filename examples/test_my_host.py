"""How a host's own tests talk to the desk: in the same process, without a network.

Run it with ``pytest examples/test_my_host.py``; it needs httpx and anyio's pytest plugin.
"""

# ruff: noqa: S101 - tests assert

# --8<-- [start:test]
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from campfire_chat import Agent, Campfire, Visitor

SECRET = "only for tests, 32 characters..."
PEOPLE = {
    "ada": Agent(id="1", name="Ada"),
    "maya": Visitor(id="7", name="Maya", email="maya@mail.example"),
}


def authenticate(connection: HTTPConnection) -> Agent | Visitor | None:
    return PEOPLE.get(connection.headers.get("x-user", ""))


@pytest.mark.anyio
async def test_a_customer_asks_and_an_agent_answers(tmp_path: Path) -> None:
    app = Starlette()
    campfire = Campfire(
        f"sqlite:///{tmp_path}/support.db", secret_key=SECRET, authenticate=authenticate
    )
    campfire.mount_to(app, "/support")
    transport = httpx.ASGITransport(app=app)
    api = "http://shop.example/support/api/v1/"
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=api, headers={"x-user": "maya"}) as maya,
        httpx.AsyncClient(transport=transport, base_url=api, headers={"x-user": "ada"}) as ada,
    ):
        question = {"message": {"body": "Is it waterproof?"}}
        conversation = (await maya.post("conversations", json=question)).json()

        inbox = (await ada.get("conversations?status=open")).json()["items"]
        assert [row["contact"]["name"] for row in inbox] == ["Maya"]

        thread = f"conversations/{conversation['id']}/messages"
        await ada.post(thread, json={"body": "It is."})
        messages = (await maya.get(thread)).json()["items"]
        assert [message["body"] for message in messages] == ["It is.", "Is it waterproof?"]


# --8<-- [end:test]
