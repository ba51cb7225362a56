"""What the host app says of a message before it is stored reaches a socket like any answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.client import Client
from tests.support.people import Desk
from tests.support.servers import ProcessServer, process_server

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(database_url: str) -> Iterator[ProcessServer]:
    with process_server(database_url, target="tests.hooks.before_app:app") as server:
        yield server


async def test_over_a_socket(server: ProcessServer) -> None:
    desk = Desk(f"{server.url}/support")
    visitor, agent = desk.visitor(), desk.agent()
    about = visitor.begin("4111?")["id"]
    stream = f"conversation:{about}"
    async with Client(visitor.base, visitor) as client:
        await client.subscribe(stream)
        refused = await client.request(
            {"type": "message.send", "id": "1", "conversation_id": about, "body": "my password"}
        )
        assert (refused["code"], refused["message"], refused["final"]) == (
            "message_refused",
            "Please never send a password.",
            True,
        )
        failed = await client.request(
            {"type": "message.send", "id": "2", "conversation_id": about, "body": "broken"}
        )
        assert (failed["code"], failed["final"]) == ("hook_failed", False)
        assert failed["retry_after"] > 0
        # What is sent at once keeps its order.
        for number in range(3, 9):
            frame = {"conversation_id": about, "body": f"4111 {number}"}
            await client.send({"type": "message.send", "id": str(number), **frame})
        view = await client.until_seq(stream, 7)
        assert [event["data"]["body"] for event in view.applied] == [
            "****?",
            *(f"**** {number}" for number in range(3, 9)),
        ]
        again = await client.request(
            {"type": "message.send", "id": "3", "conversation_id": about, "body": "4111 3"}
        )
        assert (again["type"], again["duplicate"], again["seq"]) == ("ok", True, 2)
    assert len(agent.thread(about)) == 7
