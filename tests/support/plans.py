"""How the engines go about the desk's queries: by an index, or through a whole tenant.

The engine is asked for its plan, and PostgreSQL also for the rows that it really went through, with
a plan made for these values and with the one that it keeps for any.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from campfire_chat.access.records import SenderKind
from campfire_chat.database.engines import engine_of
from campfire_chat.database.statement import Query
from campfire_chat.features.agents import queries as agent_queries
from campfire_chat.features.contacts import blocking as contact_blocking
from campfire_chat.features.contacts import listing as contact_listing
from campfire_chat.features.contacts import queries as contact_queries
from campfire_chat.features.contacts.rules import Order
from campfire_chat.features.conversations import contact_history, listing, numbers, silence
from campfire_chat.features.conversations import queries as conversation_queries
from campfire_chat.features.conversations import rules as conversation_rules
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.drafts import queries as draft_queries
from campfire_chat.features.history import queries as history_queries
from campfire_chat.features.mentions import queries as mention_queries
from campfire_chat.features.messages import events_of_contact, originals, versions
from campfire_chat.features.messages import queries as message_queries
from campfire_chat.features.notifications import queries as notification_queries
from campfire_chat.features.organizations import queries as organization_queries
from campfire_chat.features.presence import queries as presence_queries
from campfire_chat.features.presence import session_queries
from campfire_chat.features.receipts import queries as receipt_queries
from campfire_chat.features.search import finding
from campfire_chat.features.search import queries as search_queries
from campfire_chat.features.search import rules as search_rules
from campfire_chat.features.search.documents import SENDER_ID, organization_mark
from campfire_chat.features.search.tokens import Term
from campfire_chat.features.tags import queries as tag_queries
from campfire_chat.features.teams import queries as team_queries
from campfire_chat.feed import reading
from campfire_chat.feed import statements as feed_statements
from campfire_chat.ledger import event_log, rewriting
from tests.support.engines import run_apart
from tests.support.truth import Truth

LIMIT = 50
#: Rows that a query may go through: those of a page or of fifty ids, and two names for each.
MOST = 3 * LIMIT + 25


def values_of(database_url: str) -> dict[str, Any]:
    """A value for every parameter that any query has, from a database with an archive in it."""
    truth = Truth(database_url)
    ids = [
        row[0]
        for row in truth.query(
            "SELECT conversation_id FROM campfire_conversations ORDER BY head DESC LIMIT 50"
        )
    ]
    contact = truth.query("SELECT contact_id FROM campfire_contacts ORDER BY contact_id LIMIT 1")
    contacts = truth.query("SELECT contact_id FROM campfire_contacts ORDER BY contact_id LIMIT 50")
    known = truth.query("SELECT message_id, client_key FROM campfire_messages LIMIT 50")
    moments = truth.query("SELECT last_activity_at FROM campfire_conversations ORDER BY 1")
    middle = moments[len(moments) // 2][0]
    engine = engine_of(database_url)
    listed = engine.list_value
    on_sqlite = engine.name == "sqlite"
    # What one visitor wrote: every word of an archive is in many messages.
    whole = Term((organization_mark("default"),))
    word = Term((SENDER_ID + contact[0][0].lower(),))
    for_index = finding._for_fts5 if on_sqlite else finding._for_tsquery
    return {
        "org_id": "default",
        "id": ids[0],
        "conversation_id": ids[0],
        "agent_id": "agent-3",
        "agents": listed(["agent-3"]),
        "team_id": "team-1",
        "teams": listed(["team-1"]),
        "kind": SenderKind.AGENT.value,
        "participant_id": "agent-3",
        "place": ids[0],
        "places": listed(ids),
        "stream": f"conversation:{ids[0]}",
        "inbox": "inbox:default",
        "names": listed([f"conversation:{item}" for item in ids]),
        "keys": listed([row[1] for row in known]),
        "depth": 2,
        "after": 1,
        "through": 10,
        "head": 10,
        "of_visitor": 1,
        "before_public": 10**9,
        "before_internal": 10**9,
        "alive_since": 0,
        "alive_until": 2**62,
        "now": middle,
        "at": middle,
        "count": LIMIT + 1,
        "conversations": listed(ids),
        "notifications": listed([f"reply:{item}" for item in ids]),
        "messages": listed([row[0] for row in known]),
        "message_id": known[0][0],
        "contact": contact[0][0],
        "contacts": listed([row[0] for row in contacts]),
        "label": "l",
        **{f"attribute_{number}": "plan" for number in range(2)},
        **{f"first_{number}": "pro" for number in range(2)},
        **{f"last_{number}": "pro" for number in range(2)},
        "word_0": "% v%",
        "word_1": "% 1%",
        "first": "visitor",
        "last": "visitor\U0010ffff",
        "stretch": 2 * LIMIT,
        "skipped": 2 * LIMIT - 1,
        "verified": True,
        "blocked": True,
        "seen_since": 0,
        "created_since": 0,
        "seen_at": middle,
        "unless_since": middle,
        "labels": listed(["vip"]),
        "statuses": listed([status.value for status in Status]),
        "not_statuses": listed(["none"]),
        "assignees": listed(["", *(f"agent-{number}" for number in range(1, 9))]),
        "not_assignees": listed(["nobody"]),
        "tag_0": "tag_vip",
        "not_tags": listed(["tag_x"]),
        "tag_id": "tag_vip",
        "spans": engine.spans_value([(f"conversation:{item}", 1, 3) for item in ids]),
        "organizations": listed(["default", "other"]),
        "words": for_index([whole, word], [(Term(("_dnote",)),)]),
        "ranked": listed([finding._as_part(word)]) if on_sqlite else for_index([word], []),
        "numbers": engine.spans_value(
            [("", number, number) for number in range(middle * 1_000, middle * 1_000 + LIMIT)]
        ),
        "end": search_rules.END,
        "nothing": 0,
        "beginning": "",
        **{f"status_{number}": status.value for number, status in enumerate(Status)},
    }


ORDERS: tuple[listing.Order, ...] = ("latest", "longest_waiting")

TAGGED: tuple[listing.Tagged, ...] = ("few", "many")

#: Where a page of contacts begins, by the order of the list.
PLACES_OF_CONTACTS: dict[Order, dict[str, str]] = {
    "last_seen": {"id": "contact"},
    "name": {"id": "contact", "at": "label"},
    "created": {"id": "contact"},
}
#: What a search can be narrowed by; nothing, and everything.
NARROWINGS = (
    finding.Narrowing(),
    finding.Narrowing(
        narrowed=True,
        statuses=True,
        not_statuses=True,
        assignees=True,
        not_assignees=True,
        tags=1,
        not_tags=True,
    ),
)

#: Query → values that mean something else in it than elsewhere, by the name of a value.
QUERIES: dict[str, tuple[Query, dict[str, str]]] = {
    "agents.queries.CANDIDATES": (agent_queries.CANDIDATES, {"keys": "agents"}),
    "agents.queries.TEAM": (agent_queries.TEAM, {}),
    "agents.queries.PRESENT": (agent_queries.PRESENT, {}),
    "agents.queries.CHOSEN": (agent_queries.CHOSEN, {}),
    "agents.queries.DESCRIBED": (agent_queries.DESCRIBED, {"external_id": "participant_id"}),
    "contacts.queries.BY_ID": (contact_queries.BY_ID, {"id": "contact"}),
    "contacts.queries.LOCK": (contact_queries.LOCK, {"id": "contact"}),
    **{
        f"contacts.queries.record_query({narrowed=}, {owned=})": (
            contact_queries.record_query(contact_queries.Sight(narrowed, owned)),
            {"id": "contact"},
        )
        for narrowed, owned in itertools.product((False, True), repeat=2)
    },
    "contacts.queries.SEEN": (contact_queries.SEEN, {"ids": "contacts"}),
    "contacts.queries.CHANGES": (contact_queries.CHANGES, {"id": "contact", "before": "label"}),
    "contacts.blocking.LATEST": (contact_blocking.LATEST, {"contact_id": "contact"}),
    "contacts.listing.OWN_CONTACTS": (contact_listing.OWN_CONTACTS, {}),
    "contacts.queries.KNOWN": (contact_queries.KNOWN, {"id": "contact"}),
    "contacts.listing.WITH_VALUE": (
        contact_listing.WITH_VALUE,
        {"attribute": "label", "skipped": "nothing"},
    ),
    "contacts.listing.WITH_WORD": (contact_listing.WITH_WORD, {"skipped": "nothing"}),
    **{
        f"contacts.listing.stretch_end({order}, {narrowed=})": (
            contact_listing.stretch_end(order, contact_queries.Sight(narrowed)),
            PLACES_OF_CONTACTS[order],
        )
        for order, narrowed in itertools.product(PLACES_OF_CONTACTS, (False, True))
    },
    **{
        f"contacts.listing.page_query({order}, {few=}, {words}, {sight=})": (
            contact_listing.page_query(
                contact_listing.Shape(order, few, words, words, given, sight)
            ),
            {"ids": "contacts", **PLACES_OF_CONTACTS[order]},
        )
        for order in PLACES_OF_CONTACTS
        for few, words, given, sight in (
            (False, 0, (), contact_queries.Sight()),
            (False, 0, (), contact_queries.Sight(narrowed=True)),
            (
                *(False, 2, ("verified", "blocked", "seen_since", "created_since")),
                contact_queries.Sight(narrowed=True),
            ),
            (True, 0, (), contact_queries.Sight(owned=True)),
            (True, 2, ("verified",), contact_queries.Sight(narrowed=True, owned=True)),
        )
    },
    **{
        f"conversations.contact_history.page_query({by}, {narrowed=}, {owned=})": (
            contact_history.page_query(by, narrowed=narrowed, owned=owned),
            {"contact_id": "contact"},
        )
        for by, narrowed, owned in itertools.product(
            ("last_activity_at", "created_at", "resolved_at"), (False, True), (False, True)
        )
    },
    "conversations.queries.BY_ID": (conversation_queries.BY_ID, {"ids": "conversations"}),
    "conversations.queries.LOCK": (conversation_queries.LOCK, {"ids": "conversations"}),
    "conversations.queries.LOCK_HEADS": (conversation_queries.LOCK_HEADS, {"ids": "conversations"}),
    "conversations.queries.OWNERS": (conversation_queries.OWNERS, {"ids": "conversations"}),
    "conversations.numbers.LAST": (numbers.LAST, {}),
    "conversations.numbers.BY_NUMBER": (numbers.BY_NUMBER, {"number": "depth"}),
    "conversations.queries.OPEN_ASSIGNED": (conversation_queries.OPEN_ASSIGNED, {}),
    "conversations.silence.SILENT": (
        silence.SILENT,
        {"until": "now", "activity": "depth", "after": "beginning"},
    ),
    **{
        f"conversations.listing.counts_query({narrowed=}, {of_team=})": (
            listing.counts_query(narrowed=narrowed, of_team=of_team),
            {},
        )
        for narrowed, of_team in itertools.product((False, True), repeat=2)
    },
    "drafts.queries.PAGE": (draft_queries.PAGE, {"after": "beginning"}),
    "drafts.queries.ONE": (draft_queries.ONE, {}),
    "drafts.queries.COUNT": (draft_queries.COUNT, {}),
    "history.queries.BEFORE": (history_queries.BEFORE, {"before": "before_public"}),
    "messages.queries.BY_CLIENT_KEY": (message_queries.BY_CLIENT_KEY, {}),
    "messages.queries.BY_ID": (message_queries.BY_ID, {"ids": "messages"}),
    "messages.events_of_contact.OF_CONTACT": (
        events_of_contact.OF_CONTACT,
        {"contact_id": "contact"},
    ),
    "messages.queries.COUNT_BETWEEN": (message_queries.COUNT_BETWEEN, {}),
    "messages.queries.SINCE": (message_queries.SINCE, {"seen": "after"}),
    "messages.queries.ANSWER": (
        message_queries.ANSWER,
        {"seen": "after", "writer_id": "agent_id"},
    ),
    "messages.queries.WITH_NOTES": (message_queries.WITH_NOTES, {}),
    "messages.queries.PUBLIC_ALONE": (message_queries.PUBLIC_ALONE, {}),
    "presence.queries.PRESENT_AT": (presence_queries.PRESENT_AT, {}),
    "presence.queries.VIEWERS": (presence_queries.VIEWERS, {}),
    "presence.queries.ONE": (presence_queries.ONE, {}),
    "presence.session_queries.OPEN": (session_queries.OPEN, {}),
    "presence.session_queries.IN_SESSION": (session_queries.IN_SESSION, {}),
    "presence.session_queries.END": (session_queries.END, {}),
    "presence.session_queries.FORGET_BEATS": (session_queries.FORGET_BEATS, {}),
    "search.queries.MESSAGES": (search_queries.MESSAGES, {"ids": "messages"}),
    "search.queries.CONVERSATIONS": (search_queries.CONVERSATIONS, {"ids": "conversations"}),
    "search.queries.INDEXED": (search_queries.INDEXED, {"ids": "messages"}),
    "search.queries.TAKEN": (search_queries.TAKEN, {"spans": "numbers"}),
    "search.queries.CONVERSATIONS_AFTER": (
        search_queries.CONVERSATIONS_AFTER,
        {"after": "beginning"},
    ),
    "search.queries.MESSAGES_AFTER": (search_queries.MESSAGES_AFTER, {"after": "beginning"}),
    "search.queries.DOCUMENTS_AFTER": (search_queries.DOCUMENTS_AFTER, {"after": "beginning"}),
    "search.finding.STRETCH_END": (
        finding.STRETCH_END,
        {"before": "end", "since": "nothing"},
    ),
    **{
        f"search.finding.found_query({sort}, {number})": (
            finding.found_query(sort, by),
            {"before": "end", "since": "nothing", "skipped": "nothing"},
        )
        for sort, (number, by) in itertools.product(("best", "newest"), enumerate(NARROWINGS))
    },
    "receipts.queries.OF_CONVERSATION": (receipt_queries.OF_CONVERSATION, {}),
    "receipts.queries.READ_COUNTS": (receipt_queries.READ_COUNTS, {"ids": "conversations"}),
    "receipts.queries.MARKS": (receipt_queries.MARKS, {"ids": "conversations"}),
    "ledger.rewriting.WITH_TEXT": (rewriting.WITH_TEXT, {"record_id": "message_id"}),
    "ledger.event_log.HEADS": (event_log.HEADS, {}),
    "ledger.event_log.INBOX_HEADS": (event_log.INBOX_HEADS, {}),
    "ledger.event_log.LOCK": (event_log.LOCK, {}),
    "ledger.event_log.PAGE": (event_log.PAGE, {}),
    "ledger.event_log.FIRST": (event_log.FIRST, {}),
    "ledger.event_log.SPANS": (event_log.SPANS, {"stream": "inbox"}),
    "ledger.event_log.NEWEST": (event_log.NEWEST, {}),
    "mentions.queries.AGENTS": (mention_queries.AGENTS, {}),
    "mentions.queries.TEAMS": (mention_queries.TEAMS, {}),
    **{
        f"notifications.queries.page_query({unread=}, {narrowed=}, {owned=})": (
            notification_queries.page_query(unread=unread, narrowed=narrowed, owned=owned),
            {},
        )
        for unread, narrowed, owned in itertools.product((False, True), repeat=3)
    },
    **{
        f"notifications.queries.count_query({narrowed=}, {owned=})": (
            notification_queries.count_query(narrowed=narrowed, owned=owned),
            {},
        )
        for narrowed, owned in itertools.product((False, True), repeat=2)
    },
    "notifications.queries.OWNERS": (notification_queries.OWNERS, {"ids": "conversations"}),
    "notifications.queries.KNOWN": (notification_queries.KNOWN, {"ids": "notifications"}),
    **{
        f"notifications.queries.unread_query({some=}, {narrowed=}, {owned=})": (
            notification_queries.unread_query(some=some, narrowed=narrowed, owned=owned),
            {},
        )
        for some, narrowed, owned in itertools.product((False, True), repeat=3)
    },
    "messages.versions.PAGE": (versions.PAGE, {}),
    "messages.originals.BY_KEY": (originals.BY_KEY, {}),
    "feed.reading.ENTRIES": (reading.ENTRIES, {}),
    "feed.reading.IN_SPANS": (reading.IN_SPANS, {}),
    "feed.reading.ONE": (reading.ONE, {"seq": "after"}),
    "feed.statements.ORGANIZATIONS": (feed_statements.ORGANIZATIONS, {}),
    "teams.queries.TEAMS": (team_queries.TEAMS, {}),
    "teams.queries.ONE": (team_queries.ONE, {}),
    "teams.queries.NAMED": (team_queries.NAMED, {"name_key": "team_id"}),
    "teams.queries.MEMBERS": (team_queries.MEMBERS, {}),
    "teams.queries.NAMES": (team_queries.NAMES, {"keys": "teams"}),
    "organizations.queries.ORGANIZATION": (organization_queries.ORGANIZATION, {}),
    "organizations.queries.CHOSEN": (organization_queries.CHOSEN, {"subject": "stream"}),
    "organizations.queries.CHANGED": (organization_queries.CHANGED, {}),
    "tags.queries.NAMED": (tag_queries.NAMED, {}),
    "tags.queries.ONCE_NAMED": (tag_queries.ONCE_NAMED, {}),
    "tags.queries.OF_CONVERSATIONS": (tag_queries.OF_CONVERSATIONS, {"ids": "conversations"}),
    **{
        f"conversations.listing.page_query({tagged} tagged, {whose}, {count})": (
            listing.page_query(whose, count, "latest", tagged=tagged),
            {"whose": "agent_id"},
        )
        for whose, count, tagged in itertools.product(("all", "assigned"), (1, 4), TAGGED)
    },
    **{
        f"conversations.listing.page_query({narrowed=}, {of_team=}, {whose}, {order}, {count})": (
            listing.page_query(whose, count, order, narrowed=narrowed, of_team=of_team),
            {"whose": "contact" if whose == "own" else "agent_id"},
        )
        for whose, order, count, narrowed, of_team in itertools.product(
            ("all", "assigned", "unassigned", "own"), ORDERS, (1, 4), (False, True), (False, True)
        )
        if whose != "own" or (order != "longest_waiting" and not narrowed and not of_team)
    },
}
#: What is found by a key of one column: an organisation, the number of a change, the next
#: organisation in an index, and the last number of an organisation.
BY_ONE = {
    *(f"organizations.queries.{name}" for name in ("ORGANIZATION", "CHANGED")),
    "feed.statements.ORGANIZATIONS",
    "conversations.numbers.LAST",
}
#: What is read and sorted whole: the agents, the teams, what one visitor began, and the few
#: conversations that have a tag.
WHOLE = {"agents.queries.TEAM", "teams.queries.TEAMS", "contacts.blocking.LATEST"} | {
    name for name in QUERIES if "own" in name or "few tagged" in name
}


def check(name: str, database_url: str, values: Mapping[str, Any], *, small: bool) -> None:
    """See that a query is answered by an index.

    Args:
        small: The tables are so small that PostgreSQL would rightly read all of one; the question
            is then whether it has to.

    Raises:
        AssertionError: It goes through more than it should; the plan is shown.
    """
    query, renamed = QUERIES[name]
    given = {**values, **{new: values[old] for new, old in renamed.items()}}
    prepared = query.prepare(engine_of(database_url), given)
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        _check_sqlite(name, path, prepared.sql, prepared.values)
    else:
        run_apart(_check_postgresql(name, database_url, prepared.sql, prepared.values, small))


def _check_sqlite(name: str, path: Path, sql: str, given: Sequence[Any]) -> None:
    connection = sqlite3.connect(path)
    try:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", given)]
    finally:
        connection.close()
    shown = "\n".join(steps)
    # The rows of a page are sorted once more when names have been added to them.
    sorted_by_index = "SEARCH campfire_conv" if "page_query" in name else "SEARCH campfire_"
    for before, step in itertools.pairwise(["", *steps]):
        if step.startswith("SCAN"):
            # FTS5 says SCAN of everything; behind the colon stands what it is asked for.
            asked = step.startswith("SCAN campfire_search_index ") and step.partition(":")[2]
            assert asked or not step.startswith("SCAN campfire_"), shown
        elif step.startswith("SEARCH campfire_"):
            # By more than the organisation.
            known = name in WHOLE | BY_ONE
            assert " AND " in step or "snoozed_until" in step or known, shown
        elif step == "USE TEMP B-TREE FOR ORDER BY" and before.startswith(sorted_by_index):
            assert name in WHOLE, shown


async def _check_postgresql(
    name: str, url: str, sql: str, given: Sequence[Any], small: bool
) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin") if small else ():
            if way == "bitmapscan" and "search.finding" in name:
                # A GIN index is read in no other way.
                continue
            await connection.execute(f"SET enable_{way} = off")
        # Some change rows, and are really run.
        undone = connection.transaction()
        await undone.start()
        if small and name.startswith("search.finding."):
            # All of few documents are soon read by another index, the one of words left aside.
            for (constraint,) in await connection.fetch(
                "SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u') "
                "AND conrelid = 'campfire_search_documents'::regclass"
            ):
                await connection.execute(
                    f"ALTER TABLE campfire_search_documents DROP CONSTRAINT {constraint}"
                )
        custom = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *given)
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE looked_at AS {sql}")
        arguments = ", ".join(map(_literal, given))
        generic = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE looked_at({arguments})"
        )
        await undone.rollback()
    finally:
        await connection.close()
    # A search is planned for its words each time: how rare they are decides.
    for text in (custom,) if "search.finding" in name else (custom, generic):
        plan = json.loads(text)[0]["Plan"]
        shown = "\n".join(_drawn(plan))
        touched = 0
        for node in _nodes(plan):
            if node["Node Type"] == "Seq Scan":
                # Agents are a page or two; there is no faster way to find somebody among them.
                assert node["Relation Name"] in ("campfire_agents", "campfire_teams"), shown
            elif "Relation Name" in node:
                touched += (node["Actual Rows"] + _filtered(node)) * node["Actual Loops"]
        # Each of four statuses has a range of its own.
        most = MOST + (3 * LIMIT if name.endswith("4)") else 0)
        if name == "conversations.queries.OPEN_ASSIGNED":
            most += conversation_queries.MOST_TOLD
        if name == "messages.events_of_contact.OF_CONTACT":
            # All that the contact and others said: conversations, messages, and their events.
            most *= 2
        if "search.finding" in name:
            # The documents, their conversations, and the tags of these.
            most += 6 * LIMIT
        if "tagged" in name:
            # For each status all conversations that have the tag, or those until enough have it.
            most += 8 * listing.FEW
        if "contacts.listing.stretch_end" in name or "few=False" in name:
            # Each contact of a stretch, and their conversations until one is seen.
            most += 2 * LIMIT
        if "counts_query" in name:
            # Each of six counts.
            most += 6 * conversation_rules.MOST_COUNTED
        assert touched <= most, f"{touched} rows\n{shown}"


def _drawn(plan: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """A plan as text, a line for each step."""
    what = [plan[key] for key in ("Node Type", "Index Name", "Index Cond", "Filter") if key in plan]
    rows = f"{plan['Actual Rows']} rows × {plan['Actual Loops']}"
    yield f"{'  ' * depth}{' · '.join(what)}: {rows}, filtered {_filtered(plan)}"
    for child in plan.get("Plans", ()):
        yield from _drawn(child, depth + 1)


def _filtered(node: Mapping[str, Any]) -> int:
    return node.get("Rows Removed by Filter", 0)


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(_literal, value))}]"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
