"""A desk whose webhooks may send to the loopback interface, and whose clock a test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from campfire_chat import Role
from campfire_chat.core import clock
from campfire_chat.features.webhooks import sender
from campfire_chat.features.webhooks.sender import Sender
from tests.conftest import QUICK
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.receiver import Receiver
from tests.support.servers import ThreadServer

LOOPBACK = ["127.0.0.0/8"]


class Watch:
    """A wall clock that runs, and that a test sets forward."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return clock.now() + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += int(seconds * clock.SECOND)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def other_receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def patient_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt does not fail because the machine is busy."""
    defaults = Sender.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "timeout", 600.0)
    monkeypatch.setattr(sender, "CONNECT_TIMEOUT", 60.0)


@pytest.fixture
def own_desk(database_url: str, watch: Watch, patient_sender: None) -> Iterator[Desk]:
    """An organisation on a server of the test's own."""
    campfire = campfire_for(database_url, clock=watch, webhook_networks=LOOPBACK, **QUICK)
    with ThreadServer(host_app(campfire)) as running:
        yield Desk(f"{running.url}{running.mount}")


@pytest.fixture
def admin(own_desk: Desk) -> Person:
    return own_desk.agent(name="Ada", role=Role.ADMIN)


@pytest.fixture
def visitor(own_desk: Desk) -> Person:
    return own_desk.visitor(name="Mia")


Create = Callable[..., dict[str, str]]


@pytest.fixture
def create(admin: Person) -> Create:
    def create(receiver: Receiver, **values: object) -> dict[str, str]:
        return admin.post("/webhooks", {"url": receiver.url, **values})

    return create
