"""Every event that tells of a contact is found, and none of anybody else. Its plan is looked at by
:mod:`tests.storage.test_plans`."""

from __future__ import annotations

import pytest

from campfire_chat import Agent, Attribute, Role
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Visitor
from campfire_chat.features.contacts.attributes import ContactAttributes
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.messages.events_of_contact import of_contact
from campfire_chat.features.messages.records import Visibility
from tests.storage.test_store import AGENT, VISITOR, begin, campfire, say, store
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

__all__ = ["campfire", "store"]

pytestmark = pytest.mark.anyio

WALT = actor_of_visitor(Visitor(id="walt", name="Walt"))
#: The same person of the host, elsewhere.
ABROAD = actor_of_visitor(Visitor(id="mia", name="Mia", organization="other"))


async def test_every_event_of_a_contact_is_found(store: Store, database_url: str) -> None:
    await store.agents.remember(AGENT)
    hers = [await begin(store), await begin(store, id="second")]
    walts = await begin(store, WALT, "third")
    abroad = await begin(store, ABROAD, "first")
    for number, conversation in enumerate([*hers, walts]):
        await say(store, conversation, f"a{number}", actor=AGENT)
        note = {"visibility": Visibility.INTERNAL, "actor": AGENT}
        await say(store, conversation, f"n{number}", **note)
        await store.conversations.change(
            AGENT, conversation, Patch(status=Status.RESOLVED, tags=["tea"]), AGENT.principal.id
        )
    await say(store, hers[0], "again")
    sent = await say(store, hers[1], "regretted")
    await store.messages.delete(VISITOR, sent.message_id)
    store.contacts.attributes = ContactAttributes(None, (Attribute(key="plan"),))
    boss = agent_actor(Agent(id="boss", name="Bo", role=Role.ADMIN))
    await store.contacts.edit(boss, VISITOR.principal.id, {"plan": "pro"})
    await store.contacts.edit(boss, WALT.principal.id, {"plan": "free"})
    await store.contacts.block(boss, VISITOR.principal.id, blocked=True)

    found = await store.storage.read(
        lambda session: of_contact(session, "default", VISITOR.principal.id)
    )
    places = [(item.stream, item.seq) for item in found]
    assert len(set(places)) == len(places)
    logged = Truth(database_url).query(
        "SELECT stream, seq, payload FROM campfire_events WHERE org_id = ?", "default"
    )
    about = (VISITOR.principal.id, *hers)
    assert sorted(places) == sorted(
        (stream, seq) for stream, seq, payload in logged if any(one in payload for one in about)
    )
    kinds = {stream.partition(":")[0] for stream, _ in places}
    assert kinds == {"conversation", "notes", "inbox", "visitor"}
    assert not any(walts in stream or abroad in stream for stream, _ in places)


async def test_a_contact_without_conversations_has_no_events(store: Store) -> None:
    found = await store.storage.read(lambda session: of_contact(session, "default", "vis_none"))
    assert found == []
