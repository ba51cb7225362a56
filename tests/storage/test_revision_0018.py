"""A database of revision 0015 keeps its contacts, who are found by what they are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat import Agent
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.migrations.versions import r0018_contact_lists
from campfire_chat.features.contacts import rules
from campfire_chat.features.contacts.listing import Filter
from campfire_chat.features.contacts.records import Contact
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import run
from tests.support.host import agent_actor
from tests.support.store import Store

CONTACT = """
    INSERT INTO campfire_contacts
        (org_id, contact_id, external_id, verified, name, email, created_at)
    VALUES ('{org}', 'vis_{number}', {external}, {no}, {name}, {email}, {number})
"""
ROWS = {1: ("'7'", "'Zoë'", "NULL"), 2: ("NULL", "NULL", "NULL"), 3: ("'8'", "NULL", "'a@b.org'")}


@pytest.mark.anyio
async def test_contacts_are_found(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(r0018_contact_lists, "_PAGE", 2)
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    rows = [
        CONTACT.format(org=org, number=number, external=external, no=no, name=name, email=email)
        for org in ("default", "other")
        for number, (external, name, email) in ROWS.items()
    ]
    await run(empty_database_url, [*schema.migrations().render(engine, None, "0015"), *rows])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    ada = agent_actor(Agent(id="ada", name="Ada"))
    await store.start()
    try:
        listed, _ = await store.contacts.page(ada, Filter(), order="name", after=None, limit=10)
        found = {
            word: [
                contact.id
                for contact in (
                    await store.contacts.page(
                        ada, Filter(words=(word,)), order="name", after=None, limit=10
                    )
                )[0]
            ]
            for word in ("zo", "b.org", "8", "nobody")
        }
    finally:
        await store.stop()
    assert [contact.id for contact in listed] == ["vis_3", "vis_1", "vis_2"]
    assert [contact.last_seen_at for contact in listed] == [
        clock.rfc3339(number) for number in (3, 1, 2)
    ]
    assert found == {"zo": ["vis_1"], "b.org": ["vis_3"], "8": ["vis_3"], "nobody": []}


@given(*(st.none() | st.text(max_size=200) for _ in range(3)))
def test_contacts_are_found_as_the_rules_say(
    name: str | None, email: str | None, external_id: str | None
) -> None:
    """The migration has its own copy, since the rule may change and the migration must not."""
    contact = Contact(
        id="vis_1",
        external_id=external_id,
        verified=False,
        name=name,
        email=email,
        avatar_url=None,
        blocked=False,
    )
    assert r0018_contact_lists._words(name, email, external_id) == rules.words_of(contact)
