"""A database of revision 0012 keeps the tags of its conversations, which become records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from campfire_chat import Agent
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.migrations.versions import r0013_tags
from campfire_chat.features.conversations import queries
from campfire_chat.features.tags import rules
from campfire_chat.features.tags.rewriting import Rewriter, Rewriting
from campfire_chat.features.tags.service import TagService
from campfire_chat.jobs.job import Job
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ADA = agent_actor(Agent(id="ada", name="Ada"))
#: Conversation → its tags before.
BEFORE = {
    "conv_1": ["billing", "VIP"],
    "conv_2": ["Billing", "late"],
    "conv_3": ["Billing", "billing"],
    "conv_4": [],
    "conv_5": ["Billing"],
}
TAGS = "UPDATE campfire_conversations SET tags = '{tags}' WHERE conversation_id = '{id}'"


async def test_tags_become_records(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(r0013_tags, "_PAGE", 2)
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    rows = [CONTACT.format(no=no)]
    for conversation, tags in BEFORE.items():
        rows += [
            SNOOZED.format(org="default", id=conversation, status="open", until="NULL"),
            TAGS.format(id=conversation, tags=json.dumps(tags)),
        ]
    rows.append(SNOOZED.format(org="other", id="conv_9", status="open", until="NULL"))
    rows.append(TAGS.format(id="conv_9", tags='["billing"]'))
    before = schema.migrations().render(engine, None, "0012")
    await run(empty_database_url, [*before, *rows])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        service = TagService(store.storage)
        listed, _ = await service.page(ADA, "", None, 10)
        assert [(tag.name, tag.conversations) for tag in listed] == [
            ("Billing", 4),
            ("late", 1),
            ("VIP", 1),
        ]
        assert {tag.color.value for tag in listed} == {"gray"}
        # One spelling for all: a job brings it to those that have another one.
        [work] = service.works()
        [(organization, arguments)] = Truth(empty_database_url).query(
            "SELECT org_id, arguments FROM campfire_jobs WHERE kind = ?", work.kind
        )
        assert organization == "default"
        job: Job[Any] = Job("job_1", "default", Rewriting(**json.loads(arguments)), 1, ADA)
        await store.storage.submit(await Rewriter(store.storage).step(job))
        after = {item: (await store.storage.read(_get(item))).tags for item in BEFORE}
    finally:
        await store.stop()
    assert after == {
        "conv_1": ["Billing", "VIP"],
        "conv_2": ["Billing", "late"],
        "conv_3": ["Billing"],
        "conv_4": [],
        "conv_5": ["Billing"],
    }
    others = Truth(empty_database_url).query(
        "SELECT name FROM campfire_tags WHERE org_id = 'other'"
    )
    assert others == [("billing",)]


def _get(conversation: str) -> Any:
    return lambda session: queries.get(session, ADA, conversation)


@pytest.mark.parametrize("name", ["Straße", "ﬁne", "İstanbul", "ΑΣ", "Ａ", "e\u0301", "K", "ǅ"])
def test_names_are_compared_as_the_rules_do(name: str) -> None:
    """The migration has its own copy, since the rule may change and the migration must not."""
    assert (
        r0013_tags._folded(name) == rules.same_name(name) == rules.same_name(rules.same_name(name))
    )
