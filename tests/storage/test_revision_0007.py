"""A database from before organisations were records: each of them gets its row."""

from __future__ import annotations

import pytest

from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

AGENT = """
    INSERT INTO campfire_agents
        (org_id, agent_id, external_id, name, role, availability, created_at)
    VALUES ('{org}', 'agt_{id}', '{id}', 'Ada', 'agent', 'online', {at})
"""
CONTACT = """
    INSERT INTO campfire_contacts (org_id, contact_id, verified, created_at)
    VALUES ('{org}', 'vis_{id}', {no}, {at})
"""
REVOCATION = """
    INSERT INTO campfire_revocations (org_id, visitor_id, not_before, number)
    VALUES ('{org}', 'vis_1', {at}, 1)
"""
FACT = "INSERT INTO campfire_settings (org_id, key, value) VALUES ('', 'fact', '1')"


async def test_every_organisation_gets_its_row(empty_database_url: str, engine: str) -> None:
    no = "0" if engine == "sqlite" else "false"
    await run(
        empty_database_url,
        [
            *schema.migrations().render(engine_of(empty_database_url), None, "0006"),
            FACT,
            AGENT.format(org="tea", id="ada", at=7),
            AGENT.format(org="tea", id="bob", at=5),
            CONTACT.format(org="tea", id="mia", no=no, at=6),
            CONTACT.format(org="coffee", id="mia", no=no, at=3),
            SNOOZED.format(org="milk", id="conv_a", status="open", until="NULL"),
            REVOCATION.format(org="wine", at=9),
        ],
    )
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    await store.stop()
    truth = Truth(empty_database_url)
    rows = truth.query("SELECT org_id, created_at FROM campfire_organizations")
    # Those of the whole installation belong to no organisation.
    assert {(org, at) for org, at in rows} == {("tea", 5), ("coffee", 3), ("milk", 1), ("wine", 9)}
    for table, count in {"agents": 2, "contacts": 2, "conversations": 1, "revocations": 1}.items():
        ((kept,),) = truth.query(f"SELECT count(*) FROM campfire_{table}")
        assert kept == count, table
