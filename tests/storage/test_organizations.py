"""Every statement of the storage names its organisation, for every table that it touches.

A join that forgets it shows another tenant's people, and no test of behaviour sees that as long as
ids differ by chance. So the statements themselves are looked at: all queries that are kept
compiled, on both engines, and all that are built while the code runs, of which none may be missed.
"""

from __future__ import annotations

import ast
import itertools
import sys
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import UNSET
from sqlalchemy import Column, Join, Select, Table
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.dml import Delete, Insert, Update, UpdateBase
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseElement,
    Tuple,
)
from sqlalchemy.sql.selectable import Alias, FromClause

from campfire_chat.access import tables as access_tables
from campfire_chat.access.actor import Actor, actor_of_visitor, system_actor
from campfire_chat.access.records import Agent, Availability, Role, Visitor
from campfire_chat.core import clock
from campfire_chat.core.attributes import Attribute, AttributeType
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.postgresql import PostgreSQLEngine
from campfire_chat.database.sqlite import SQLiteEngine
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query
from campfire_chat.features.agents import tables as agent_tables
from campfire_chat.features.api_keys.errors import UnknownAgentError
from campfire_chat.features.api_keys.operations import NoteUse
from campfire_chat.features.contacts import tables as contact_tables
from campfire_chat.features.conversations import listing
from campfire_chat.features.conversations import tables as conversation_tables
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.drafts.errors import DraftStaleError
from campfire_chat.features.drafts.records import DraftText
from campfire_chat.features.drafts.service import DraftService
from campfire_chat.features.jobs.service import JobService
from campfire_chat.features.notifications.operations import Tell, Telling
from campfire_chat.features.notifications.records import NotificationKind
from campfire_chat.features.notifications.rules import Dealt, Due
from campfire_chat.features.notifications.service import NotificationService
from campfire_chat.features.saved_replies.errors import ShortcutTakenError
from campfire_chat.features.saved_replies.operations import Changes, Draft
from campfire_chat.features.saved_replies.service import SavedReplyService
from campfire_chat.features.tags.operations import Changes as TagChanges
from campfire_chat.features.tags.operations import Draft as TagDraft
from campfire_chat.features.tags.records import TagColor
from campfire_chat.features.tags.rewriting import REWRITE, Rewriter, Rewriting
from campfire_chat.features.tags.service import TagService
from campfire_chat.features.webhooks import queries as webhook_queries
from campfire_chat.features.webhooks.job_kinds import Replaying
from campfire_chat.features.webhooks.operations import WebhookPatch
from campfire_chat.features.webhooks.records import DeliveryState, TextChoice, WebhookState
from campfire_chat.features.webhooks.service import WebhookService
from campfire_chat.feed.reading import FeedPage
from campfire_chat.jobs.job import Claimed, Job
from campfire_chat.realtime.bus import Bus
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.rooms import modules, place_of, sources
from tests.support.store import Store

ENGINES = (SQLiteEngine(), PostgreSQLEngine())

#: Queries that are about all organisations on purpose. Nothing else may be.
OF_ALL = {
    "jobs.statements.DUE": "a process does the jobs of everybody",
    "jobs.statements.NEXT_DUE": "the same",
    "jobs.statements.END_LEASES": "a wrong clock was wrong for everybody",
    "jobs.statements.PARK_UNKNOWN": "code that is gone is gone for everybody",
    "jobs.retention.OLD_KEYS": "keys are forgotten for everybody",
    "presence.session_queries.OVER": "any process ends the sessions of a dead one",
    "presence.retention.DELETE_DEAD": "what dead processes left behind, of everybody",
    "webhooks.queries.ORGANIZATIONS": "every process knows who has webhooks",
    "notifications.queries.OLD": "notifications are forgotten for everybody",
    "webhooks.queries.OLD_DELIVERIES": "deliveries are forgotten for everybody",
    "webhooks.queries.OLD_ATTEMPTS": "attempts are forgotten for everybody",
    "feed.statements.BEHIND": "a process reads the feeds of everybody",
    "feed.statements.ORGANIZATIONS": "the same",
    "feed.statements.STATES": "who runs the installation sees how far each reader is",
    "organizations.queries.CHANGED": "every process keeps the settings of everybody in memory",
    "access.usage_table._OTHERS": "processes tell each other of all their callers",
}
#: The same for statements that are built while the code runs: module and function.
BUILT_OF_ALL = {
    ("access.revocation_table", "read"): "every process refuses the revoked tokens of everybody",
    ("access.revocation_table", "sweep"): "what no token can be from any more, of everybody",
    ("access.usage_table", "sweep"): "what dead processes left behind, of everybody",
    ("access.usage_table", "<lambda>"): "the same",
    ("api_keys.queries", "shown"): "a request shows its key first; its digest is compared",
    ("jobs.queue", "latest"): "who runs the installation sees what failed in it",
}


class Unguarded(Exception):
    """A table is touched whose organisation nothing says."""


def check(statement: ClauseElement) -> None:
    """
    Raises:
        Unguarded: A table is read or changed without a condition on its ``org_id``.
    """
    for element in visitors.iterate(statement):
        if isinstance(element, Select):
            _check_select(element)
        elif isinstance(element, Update | Delete):
            _check_change(element)
        elif isinstance(element, Insert) and element.select is None:
            _check_insert(element)


def _check_select(query: Select[Any]) -> None:
    conditions = list(_terms(query.whereclause))
    leaves: list[FromClause] = []
    for origin in query.get_final_froms():
        _take_apart(origin, leaves, conditions)
    _check_leaves(leaves, conditions)


def _check_change(change: UpdateBase) -> None:
    conditions = list(_terms(getattr(change, "whereclause", None)))
    _check_leaves([change.table], conditions)  # type: ignore[list-item]


def _check_insert(insert: Insert) -> None:
    compiled = insert.compile()
    if "org_id" not in insert.table.c or "org_id" in compiled.params:
        return
    raise Unguarded(f"a row of {insert.table.name} is stored without org_id")


def _take_apart(origin: Any, leaves: list[FromClause], conditions: list[ClauseElement]) -> None:
    """A join's tables, and its conditions among the others."""
    if isinstance(origin, Join):
        conditions += _terms(origin.onclause)
        _take_apart(origin.left, leaves, conditions)
        _take_apart(origin.right, leaves, conditions)
    else:
        leaves.append(origin)


def _check_leaves(leaves: list[FromClause], conditions: list[ClauseElement]) -> None:
    # What is not a table is a query of its own, which is looked at by itself.
    said = {leaf for leaf in leaves if not _is_table(leaf)}
    while True:
        more = {
            owner
            for condition in conditions
            for owner, other in _equations(condition)
            if owner not in said and (other is None or other in said)
        }
        if not more:
            break
        said |= more
    for leaf in leaves:
        if "org_id" in leaf.c and leaf not in said:
            raise Unguarded(f"nothing says whose rows of {leaf} are meant")


def _is_table(leaf: FromClause) -> bool:
    return isinstance(leaf, Table) or (isinstance(leaf, Alias) and isinstance(leaf.element, Table))


def _equations(condition: ClauseElement) -> Iterator[tuple[FromClause, FromClause | None]]:
    """``org_id`` of a table that has to be that of another, or a value (None)."""
    if not isinstance(condition, BinaryExpression):
        return
    left, right = condition.left, condition.right
    if condition.operator is operators.eq:
        for one, other in ((left, right), (right, left)):
            if not _is_org_id(one):
                continue
            if isinstance(other, BindParameter):
                yield one.table, None
            elif _is_org_id(other):
                yield one.table, other.table
    elif condition.operator is operators.in_op and isinstance(left, Tuple):
        # A pair that is one of a list of pairs, which begin with an organisation.
        first = next(iter(left.clauses))
        if _is_org_id(first):
            yield first.table, None


def _is_org_id(element: Any) -> bool:
    return isinstance(element, Column | ClauseElement) and getattr(element, "name", "") == "org_id"


def _terms(condition: Any) -> Iterator[ClauseElement]:
    """Conditions that all have to hold; one of several alternatives says nothing."""
    if condition is None:
        return
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for term in condition.clauses:
            yield from _terms(term)
    elif hasattr(condition, "element") and type(condition).__name__ == "Grouping":
        yield from _terms(condition.element)
    else:
        yield condition


# What is kept compiled.


def kept(kind: type) -> dict[str, Any]:
    """The statements of a kind at the top of the storage's modules, by name."""
    found: dict[int, tuple[str, Any]] = {}
    for name, module in modules().items():
        for attribute, value in vars(module).items():
            if isinstance(value, kind):
                short = f"{name}.{attribute}"
                found.setdefault(id(value), (short, value))
    if kind is Query:
        for whose, statuses, order in itertools.product(
            ("all", "assigned", "unassigned", "own"), (1, 3), typing.get_args(listing.Order)
        ):
            query = listing.page_query(whose, statuses, order)
            found[id(query)] = (
                f"conversations.listing.page_query({whose}, {statuses}, {order})",
                query,
            )
    return dict(found.values())


@pytest.mark.parametrize("database", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("name", sorted(kept(Query)))
def test_every_query(name: str, database: Engine) -> None:
    try:
        statement = kept(Query)[name]._build(database)
    except NotImplementedError:
        return
    if name in OF_ALL:
        with pytest.raises(Unguarded):
            check(statement)
        return
    check(statement)


@pytest.mark.parametrize("kind", [BulkInsert, BulkDelete])
def test_every_bulk_statement(kind: type) -> None:
    for name, statement in kept(kind).items():
        table = statement.table if kind is BulkInsert else statement._table
        keys = [column.name for column in table.primary_key.columns]
        assert keys[0] == "org_id", name
        if kind is BulkInsert and statement._keys:
            # A row is updated only where all of its key is the same.
            assert "org_id" in statement._keys, name


# What is built while the code runs.


def calls() -> dict[tuple[str, int], tuple[str, str]]:
    """Where a statement that was just built is run: file and line → module and function."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for path in sources():
        if path.stem == "schema":
            # It speaks of the tables themselves, and of the version they are at.
            continue
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in ("all", "first", "execute")
                    and ast.unparse(node.func.value).endswith("session")
                ):
                    found[str(path), node.lineno] = (place_of(path), function.name)
    return found


async def _everything_rare(store: Store) -> None:
    """Runs all the code that builds statements."""
    mia = actor_of_visitor(Visitor(id="mia", name="Mia"))
    boss = agent_actor(Agent(id="boss", name="Boss", role=Role.ADMIN))
    await store.agents.remember(boss)
    opened, _ = await store.conversations.open(mia, client_id="1", body="Hello")
    renamed = actor_of_visitor(Visitor(id="mia", name="Mia Miller"))
    await store.contacts.refresh(renamed)
    await store.contacts.put(boss, Visitor(id="zoe", name="Zoe"))
    await store.organizations.ensure("other")
    await store.runtime_settings.change(boss, Scope.ORGANIZATION, {"name": "Shop"}, client_id=None)
    for _ in range(2):
        await store.conversations.change(boss, opened.id, Patch(), "boss", client_id="key")
    await store.conversations.change(boss, opened.id, Patch(subject="Tea"), UNSET)
    ((message,), _) = await store.messages.page(mia, opened.id, None, 10)
    await store.messages.edit(mia, message.id, "Hello!")
    await store.messages.redact(boss, message.id, "Hello")
    await store.contacts.edit(boss, mia.principal.id, {"plan": "pro"})
    for blocked in (True, False):
        await store.contacts.block(boss, mia.principal.id, blocked=blocked)
    await store.messages.delete(mia, message.id)
    await store.agents.set_availability(boss, "boss", Availability.AWAY)
    await store.nodes.beat("node", "memory")
    assert [node.id for node in await store.nodes.all()] == ["node"]
    await store.nodes.forget(["node"])
    for _ in range(2):
        await store.key_checks.enter("node", ["check"])
    assert await store.key_checks.of(["node"]) == [frozenset(["check"])]
    await store.key_checks.forget(["node"])
    await store.usage.tell("other", [("default", "sends:visitor:mia", 1)], [])
    long_ago = (
        access_tables.usage.update().values(at=0).where(access_tables.usage.c.org_id == "default")
    )
    await store.storage.writer.run(lambda session: session.execute(long_ago))
    await store.usage.sweep()
    revoked = await store.revocations.add("default", mia.principal.id)
    assert await store.revocations.since(0) == [revoked]
    await store.revocations.sweep(revoked.not_before + 1)
    for _ in range(2):
        await store.conversations.take(boss, client_id="take")
    until = Patch(status=Status.SNOOZED, snoozed_until=clock.now() + clock.SECOND // 10)
    await store.conversations.change(boss, opened.id, until, UNSET)
    jobs: list[Claimed] = []
    while not jobs:
        jobs = await store.jobs.claim(["conversation.wake"], 1, room={}, most=1)
    await store.jobs.park(jobs[0], error="oh")
    assert await store.jobs.parked()
    organizations_jobs = JobService(store.storage)
    shown, _ = await organizations_jobs.parked(boss, None, 10)
    for before in (None, (0, shown[0].id)):
        await organizations_jobs.parked(boss, before, 10)
        await organizations_jobs.pending(boss, before, 10)
    await organizations_jobs.retry(boss, shown[0].id)
    jobs = await store.jobs.claim(["conversation.wake"], 1, room={}, most=1)
    await store.jobs.park(jobs[0], error="oh")
    assert await store.jobs.restart("default", jobs[0].id)
    made = await store.api_keys.create(
        boss, name="Shop", permissions=["agents.read", "agents.impersonate"], expires_at=None
    )
    with pytest.raises(UnknownAgentError):
        await store.api_keys.credentials(made.secret, "nobody")
    await store.api_keys.rotate(boss, made.key.id, overlap=60, expires_at=UNSET)
    # As if another secret key had been the newest one.
    note = NoteUse(system_actor("default"), made.key.id, before="an older one", digest="a newer")
    await store.storage.submit(note)
    assert len(await store.api_keys.list_all(boss)) == 1
    await store.api_keys.revoke(boss, made.key.id)
    await store.jobs.drop("default", jobs[0].id)
    await _saved_replies(SavedReplyService(store.storage), boss)
    await _drafts(DraftService(store.storage, store.settings), boss, opened.id)
    await _notifications(store, boss, opened.id)
    await _tags(store, boss, opened.id)
    await _webhooks(store, boss)


async def _tags(store: Store, boss: Actor, conversation: str) -> None:
    service = TagService(store.storage)
    draft = TagDraft(name="tea", color=TagColor.GREEN, description="")
    tea = await service.create(boss, draft, client_id=None)
    await store.conversations.change(boss, conversation, Patch(tags=["tea", "late"]), UNSET)
    for name in ("drinks", "tea"):
        await service.change(boss, tea.id, TagChanges(name=name))
    listed, _ = await service.page(boss, "late", None, 10)
    assert await service.merge(boss, listed[0].id, tea.id, client_id=None) == await service.get(
        boss, tea.id
    )
    rewriting = Rewriting(tag_id=listed[0].id, rewrite_id="rew_1")
    actor = system_actor("default", *REWRITE.permissions)
    job = Job("job_1", "default", rewriting, 1, actor)
    await store.storage.submit(await Rewriter(store.storage).step(job))
    found, _ = await store.conversations.page(
        boss, statuses=list(Status), assignee_id=listing.ANYONE, tag="tea", before=None, limit=10
    )
    assert [item.tags for item in found] == [["tea"]]
    await service.delete(boss, tea.id)


async def _drafts(service: DraftService, boss: Actor, conversation: str) -> None:
    made = await service.save(boss, conversation, DraftText(reply="Hello"), None)
    with pytest.raises(DraftStaleError):
        await service.save(boss, conversation, DraftText(reply="Bye"), None)
    assert await service.page(boss, "", 10) == ([made], None)
    await service.save(boss, conversation, DraftText(), made.updated_at)


async def _notifications(store: Store, boss: Actor, conversation: str) -> None:
    service = NotificationService(store.storage, store.runtime_settings)
    (consumer,) = service.consumers()
    opened = await store.conversations.get(boss, conversation)
    due = Due(NotificationKind.REPLY, boss.principal.id, conversation, None, None, 1)
    await store.storage.submit(Tell("default", [Telling(boss.principal.id, due, [])], []))
    dealt = Dealt(boss.principal.id, conversation, frozenset(NotificationKind), 2)
    await store.storage.submit(Tell("default", [], [dealt]))
    assert await consumer.handle("default", FeedPage([], 0)) is None
    for unread in (False, True):
        await service.page(boss, unread=unread, before=None, limit=10)
    assert (await service.count(boss)).unread == 0
    for about in (None, opened.id):
        await service.mark_read(boss, conversation_id=about, until=None)


async def _saved_replies(service: SavedReplyService, boss: Actor) -> None:
    hello = Draft(shortcut="hello", title="Hello", body="Hello!", shared=True)
    made = await service.create(boss, hello)
    with pytest.raises(ShortcutTakenError):
        await service.create(boss, hello)
    await service.change(boss, made.id, Changes(title="Hello again"))
    for after in (None, ("a", "srp_1")):
        await service.page(boss, "hel", after, 10)
    await service.delete(boss, made.id)


async def _webhooks(store: Store, boss: Actor) -> None:
    service = WebhookService(
        store.storage, Bus("memory://", node="store", on_wake=lambda _: None), store.settings
    )
    made = await service.create(
        boss,
        url="https://shop.example/hook",
        description="",
        events=None,
        text=TextChoice.NONE,
        state=WebhookState.ACTIVE,
    )
    await service.list_all(boss)
    shown = await service.send_test(boss, made.id)
    for state, before in ((None, None), (DeliveryState.WAITING, shown.id)):
        await service.deliveries(boss, made.id, state, before, 10)
    await service.delivery(boss, made.id, shown.id)
    await service.replay(boss, made.id, shown.id)
    only = DeliveryState.FAILED
    await service.replay_span(boss, made.id, since=0, until=clock.now(), only=only)
    await service.change(boss, made.id, WebhookPatch(state=WebhookState.PAUSED))
    await service.change(boss, made.id, WebhookPatch(state=WebhookState.ACTIVE))

    async def deliver(session: Session) -> None:
        now = clock.now()
        (delivery,) = await webhook_queries.due(session, "default", made.id, now, 10)
        await webhook_queries.next_due(session, "default", made.id)
        attempt = {"number": 1, "at": now, "duration": 1}
        await webhook_queries.add_attempt(session, "default", delivery, attempt)
        await webhook_queries.write_delivery(session, "default", delivery, {"attempts": 1})
        replaying = Replaying(
            webhook_id=made.id, since=0, until=now, only=only, after="", end=delivery.id
        )
        await webhook_queries.restart_some(session, "default", replaying, now=now, count=1)

    await store.storage.writer.run(deliver)
    await service.delete(boss, made.id)


@pytest.mark.anyio
async def test_every_statement_that_is_built(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int, ClauseElement]] = []

    def recorded(name: str) -> Any:
        run = getattr(Session, name)

        def method(self: Session, query: ClauseElement) -> Any:
            frame = sys._getframe(1)
            seen.append((frame.f_code.co_filename, frame.f_lineno, query))
            return run(self, query)

        return method

    for name in ("all", "first", "execute"):
        monkeypatch.setattr(Session, name, recorded(name))
    settings = Settings(contact_attributes=(Attribute(key="plan", type=AttributeType.TEXT),))
    store = Store(empty_database_url, settings=settings, on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        await _everything_rare(store)
    finally:
        await store.stop()
    places = calls()
    missed = places.keys() - {(path, line) for path, line, _ in seen}
    assert not missed, "run it in _everything_rare, so that its statements can be looked at"
    for path, line, statement in seen:
        place = places.get((path, line))
        if place is None or place in BUILT_OF_ALL:
            continue
        check(statement)


def test_a_statement_that_forgets_the_organisation_is_found() -> None:
    contact, conversation = contact_tables.contacts.c, conversation_tables.conversations.c
    forgetful = conversation_tables.conversations.join(
        contact_tables.contacts, contact.contact_id == conversation.contact_id
    )
    mine = conversation.org_id == "default"
    for statement in (
        contact_tables.contacts.select(),
        contact_tables.contacts.select().where(
            (contact.org_id == "default") | (contact.name == "Mia")
        ),
        conversation_tables.conversations.select().select_from(forgetful).where(mine),
        contact_tables.contacts.update().where(contact.contact_id == "vis_1").values(name="Mia"),
        contact_tables.contacts.delete().where(
            contact.name.in_(
                agent_tables.agents.select().with_only_columns(agent_tables.agents.c.name)
            )
        ),
    ):
        with pytest.raises(Unguarded):
            check(statement)
