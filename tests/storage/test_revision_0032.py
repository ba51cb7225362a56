"""A database of revision 0022 keeps its rows, and agents are told of what happens from then on."""

from __future__ import annotations

import pytest

from campfire_chat import Agent
from campfire_chat.core import clock
from campfire_chat.core.clock import SECOND
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.features.notifications import rules
from campfire_chat.features.notifications.job_kinds import EXPIRE
from campfire_chat.features.notifications.operations import Tell, Telling
from campfire_chat.features.notifications.records import NotificationKind
from campfire_chat.features.notifications.rules import Due
from campfire_chat.features.notifications.service import NotificationService
from campfire_chat.jobs.job import Claimed
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

ADA = agent_actor(Agent(id="ada", name="Ada"))


async def test_notifications_are_added_told_once_and_deleted(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    row = SNOOZED.format(org="default", id="conv_a", status="open", until="NULL")
    before = schema.migrations().render(engine, None, "0015")
    await run(empty_database_url, [*before, CONTACT.format(no=no), row])
    at = clock.now()
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        service = NotificationService(store.storage, store.runtime_settings)
        due = Due(NotificationKind.REPLY, ADA.principal.id, "conv_a", None, None, at)
        old = due._replace(
            kind=NotificationKind.ASSIGNMENT, actor=None, at=at - rules.KEPT * SECOND - SECOND
        )
        for _ in range(2):
            # The feed may be read again after a crash.
            telling = [Telling(ADA.principal.id, one, []) for one in (old, due)]
            await store.storage.submit(Tell("default", telling, []))
        found, _ = await service.page(ADA, unread=True, before=None, limit=10)
        assert [one.kind for one in found] == [NotificationKind.REPLY, NotificationKind.ASSIGNMENT]
        assert found[0].conversation_id == "conv_a"
        (work,) = service.works()
        assert work.kind == EXPIRE.name
        await work.run(Claimed("default", "job_1", work.kind, None, "{}", "lease", 1))
        found, _ = await service.page(ADA, unread=False, before=None, limit=10)
        assert [one.kind for one in found] == [NotificationKind.REPLY]
    finally:
        await store.stop()
