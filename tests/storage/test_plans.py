"""Every query of the desk finds its rows by an index, and touches about as many as it returns.

On an archive of a thousand conversations, a query that reads a whole tenant, or sorts one, shows
at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from campfire_chat.access import usage_table
from campfire_chat.access.actor import system_actor
from campfire_chat.core import clock
from campfire_chat.database.statement import Query
from campfire_chat.features.notifications import queries as notification_queries
from campfire_chat.features.presence import retention as presence_retention
from campfire_chat.features.presence import session_queries
from campfire_chat.features.search.operations import Index
from campfire_chat.features.search.rebuilding import Rebuild, Rebuilder
from campfire_chat.features.tags import queries as tag_queries
from campfire_chat.features.webhooks import queries as webhook_queries
from campfire_chat.feed import statements as feed_statements
from campfire_chat.hooks import statements as hook_statements
from campfire_chat.jobs import retention
from campfire_chat.jobs import statements as job_statements
from campfire_chat.jobs.job import Job
from campfire_chat.ledger import event_log
from campfire_chat.settings import Settings
from tests.benchmarks.archive import Archive
from tests.benchmarks.bulk import fill
from tests.support.engines import create_postgres_database, drop_postgres_database, run_apart
from tests.support.plans import QUERIES, check, values_of
from tests.support.rooms import modules
from tests.support.store import Store

#: Messages in the archive.
SIZE = 10_000
#: What reads a small table to its end, or to a limit of its own: the callers that are busy now.
CUT_OFF = {"campfire_chat.access.usage_table._OTHERS"}


async def index(url: str) -> None:
    """Have the search find all of it."""
    store = Store(url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        rebuilder = Rebuilder(store.storage)
        about: Rebuild | None = Rebuild()
        while about is not None:
            job = Job("job_1", "default", about, 1, system_actor("default"))
            step = await rebuilder.step(job)
            # Without the job that would go on.
            await store.storage.submit(Index(job.actor, step.message_ids, step.conversation_ids))
            about = step.following
        if not url.startswith("sqlite"):
            await store.storage.writer.run(
                lambda session: session.command("ANALYZE campfire_search_documents")
            )
    finally:
        await store.stop()


@pytest.fixture(scope="module")
def archive_url(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database with a past."""
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('archive')}/campfire.db"
        fill(url, Archive(SIZE))
        run_apart(index(url))
        yield url
        return
    server = request.getfixturevalue("postgres")
    url = create_postgres_database(server)
    fill(url, Archive(SIZE))
    run_apart(index(url))
    yield url
    drop_postgres_database(url, server)


@pytest.fixture(scope="module")
def values(archive_url: str) -> dict[str, Any]:
    return values_of(archive_url)


def test_no_query_is_left_out() -> None:
    looked_at = {id(query) for query, _ in QUERIES.values()}
    # A write; a table of a few rows, which is kept short; a daily look through all.
    exempt = {id(event_log.TELL), id(usage_table._OTHERS), id(retention.OLD_KEYS)}
    # At most a thousand rows of one organisation, and only when somebody creates one.
    exempt |= {id(tag_queries.COUNT)}
    # The list of the same rows, each with a count by an index.
    exempt |= {id(tag_queries.PAGE), id(tag_queries.NARROWED_PAGE)}
    exempt |= {id(webhook_queries.OLD_DELIVERIES), id(webhook_queries.OLD_ATTEMPTS)}
    exempt |= {id(notification_queries.OLD)}
    # As many rows as there are agents at work; a rare look through all.
    exempt |= {id(session_queries.OVER), id(presence_retention.DELETE_DEAD)}
    # As many rows as there are webhooks in the installation.
    exempt.add(id(webhook_queries.ORGANIZATIONS))
    # The queue of jobs holds what is to be done now, and is looked through in order of time.
    # A reader of the feed has a row for each organisation, and few events ever wait for a hook.
    short = [job_statements, feed_statements, hook_statements]
    exempt |= {
        id(value) for one in short for value in vars(one).values() if isinstance(value, Query)
    }
    for module, found in modules().items():
        for name, value in vars(found).items():
            if isinstance(value, Query) and id(value) not in exempt:
                assert id(value) in looked_at, f"{module}.{name}"


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_found_by_an_index(name: str, archive_url: str, values: dict[str, Any]) -> None:
    check(name, archive_url, values, small=True)
