"""SQLite's index of words also has their first two and three letters. A job for each organisation
indexes conversations again, since they are found by their ids too."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from campfire_chat.core import ids
from campfire_chat.core.clock import now
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkInsert

revision = "0031"
down_revision = "0028"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0016"

_KIND = "search.rebuild"
_ARGUMENTS = json.dumps({"stage": "conversation", "after": ""})


def upgrade() -> None:
    _create_index(", prefix = '2 3'")


def downgrade() -> None:
    _create_index("")


def _create_index(prefixes: str) -> None:
    """Create the index of SQLite anew, and fill it. The triggers that keep it stay."""
    if op.get_context().dialect.name != "sqlite":
        return
    op.execute("DROP TABLE campfire_search_index")
    op.execute(
        "CREATE VIRTUAL TABLE campfire_search_index USING fts5("
        f"tokens, content = '', tokenize = \"ascii tokenchars '_'\"{prefixes})"
    )
    op.execute(
        "INSERT INTO campfire_search_index (rowid, tokens) "
        "SELECT number, tokens FROM campfire_search_documents ORDER BY number"
    )


_conversations = sa.table("campfire_conversations", sa.column("org_id", sa.String()))
_jobs = sa.Table(
    "campfire_jobs",
    sa.MetaData(),
    *(sa.Column(name, sa.Text()) for name in ("org_id", "job_id", "kind", "arguments")),
    *(sa.Column(name, sa.BigInteger()) for name in ("due_at", "attempts", "created_at")),
)
_INSERT_JOBS = BulkInsert(_jobs)


async def rewrite(session: Session) -> None:
    """Have a job index what every organisation has, unless one has just been asked to."""
    at = now()
    asked = sa.select(_jobs.c.org_id).where(_jobs.c.kind == _KIND, _jobs.c.arguments == _ARGUMENTS)
    found = await session.all(
        sa.select(_conversations.c.org_id).where(_conversations.c.org_id.not_in(asked)).distinct()
    )
    jobs = [(row["org_id"], ids.new("job"), _KIND, _ARGUMENTS, at, 0, at) for row in found]
    await session.write(_INSERT_JOBS, jobs)
