"""Mistakes in ``authenticate``: the caller is refused, and the log says what to write instead."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import HTTPException
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from campfire_chat import Agent, Campfire, ConfigurationError, Visitor
from tests.support.engines import copy_sqlite
from tests.support.host import SECRET
from tests.support.servers import ThreadServer

PAGE = {"accept": "text/html"}


class User:
    id, name, is_staff = 5, "Bob", True


async def load() -> Agent:
    return Agent(id="1", name="Ada")


async def forgot_await(connection: Any) -> Any:
    return load()


def raises(status: int) -> Callable[[Any], Any]:
    def authenticate(connection: Any) -> Any:
        raise HTTPException(status, "not signed in")

    return authenticate


def returns(value: Any) -> Callable[[Any], Any]:
    return lambda connection: value


MISTAKES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "forgot await": (forgot_await, "an await is missing"),
    "a user": (returns(User()), r"of type User: make an Agent or a Visitor"),
    "a dict": (returns({"id": "1"}), "of type dict: make an Agent"),
    "True": (returns(True), "of type bool: make an Agent"),
    "the class": (returns(Agent), r"the class Agent: make one, such as Agent\(id="),
    "401": (raises(401), r"HTTPException\(401\)\. It must return None"),
    "403": (raises(403), r"HTTPException\(403\)\. It must return None"),
    "404": (raises(404), r"HTTPException\(404\)\. It must return None"),
    "a number as id": (returns(Agent(id=5, name="a")), r"Agent\.id must be a string, not int"),  # pyright: ignore[reportArgumentType]
    "a UUID": (returns(Visitor(id=uuid.uuid4())), r"Visitor\.id must be a string, not UUID"),  # pyright: ignore[reportArgumentType]
    "no id": (returns(Visitor(id=None)), r"Visitor\.id must be a string, not None"),  # pyright: ignore[reportArgumentType]
    "a number as name": (returns(Agent(id="5", name=5)), r"Agent\.name must be a string or None"),  # pyright: ignore[reportArgumentType]
    "email": (returns(Visitor(id="5", email=True)), r"Visitor\.email must be .*, not bool"),  # pyright: ignore[reportArgumentType]
    "avatar": (returns(Visitor(id="5", avatar_url=b"x")), r"Visitor\.avatar_url .*, not bytes"),  # pyright: ignore[reportArgumentType]
    "role": (returns(Agent(id="5", name="a", role="boss")), "owner, admin, agent, viewer"),  # pyright: ignore[reportArgumentType]
}


def serve(authenticate: Any, sqlite_template: Path, tmp_path: Path) -> ThreadServer:
    database = copy_sqlite(sqlite_template, tmp_path / "campfire.db")
    app = Starlette()
    Campfire(database, secret_key=SECRET, authenticate=authenticate).mount_to(app, "/support")
    return ThreadServer(app)


def assert_logged(caplog: pytest.LogCaptureFixture, says: str) -> None:
    errors = [
        record.exc_info[1]
        for record in caplog.records
        if record.exc_info is not None and record.name.startswith("campfire_chat")
    ]
    assert len(errors) == 1
    assert isinstance(errors[0], ConfigurationError)
    assert re.search(says, errors[0].message), errors[0].message


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_caller_is_refused_and_the_log_says_why(
    mistake: str,
    sqlite_template: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    authenticate, says = MISTAKES[mistake]
    with serve(authenticate, sqlite_template, tmp_path) as server:
        for path in ("api/v1/conversations", "console/"):
            caplog.clear()
            answer = httpx.get(f"{server.url}/support/{path}", headers=PAGE, timeout=60)
            assert answer.status_code == 500
            assert "authenticate" not in answer.text
            assert_logged(caplog, says)
        caplog.clear()
        with connect(f"{server.url.replace('http', 'ws')}/support/ws") as socket:
            with pytest.raises(ConnectionClosed):
                socket.recv()
            assert socket.close_code == 1011
        assert_logged(caplog, says)


def test_a_dependency_that_says_it_is_not_there_is_an_outage(
    sqlite_template: Path, tmp_path: Path
) -> None:
    with serve(raises(503), sqlite_template, tmp_path) as server:
        answer = httpx.get(f"{server.url}/support/api/v1/conversations", timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (503, "host_unavailable")
        assert "retry-after" in answer.headers


@pytest.mark.parametrize("wrong", [None, "42", User(), Agent(id="1", name="Ada")])
def test_only_visitors_are_signed(wrong: Any) -> None:
    campfire = Campfire("sqlite:///never-opened.db", secret_key=SECRET)
    with pytest.raises(ConfigurationError, match="sign_identity takes a Visitor"):
        campfire.sign_identity(wrong)
