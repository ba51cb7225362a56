"""The search index. A job for each organisation fills it with what there is already."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from campfire_chat.core import ids
from campfire_chat.core.clock import now
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkInsert

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0016"


def upgrade() -> None:
    on_sqlite = op.get_context().dialect.name == "sqlite"
    op.create_table(
        "campfire_search_documents",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("tokens", sa.Text() if on_sqlite else postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "document_id"),
        sa.UniqueConstraint("org_id", "number"),
    )
    if not on_sqlite:
        op.create_index(
            "campfire_search_documents_tokens",
            "campfire_search_documents",
            ["tokens"],
            postgresql_using="gin",
        )
        return
    # Tokens are ASCII letters and digits, underscores, and whatever is not ASCII.
    op.execute(
        "CREATE VIRTUAL TABLE campfire_search_index USING fts5("
        "tokens, content = '', tokenize = \"ascii tokenchars '_'\")"
    )
    forget = (
        "INSERT INTO campfire_search_index (campfire_search_index, rowid, tokens) "
        "VALUES ('delete', old.number, old.tokens);"
    )
    learn = "INSERT INTO campfire_search_index (rowid, tokens) VALUES (new.number, new.tokens);"
    for name, when, what in (
        ("added", "AFTER INSERT", learn),
        ("removed", "AFTER DELETE", forget),
        ("changed", "AFTER UPDATE OF number, tokens", f"{forget} {learn}"),
    ):
        op.execute(
            f"CREATE TRIGGER campfire_search_{name} {when} ON campfire_search_documents "
            f"BEGIN {what} END"
        )


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE campfire_search_index")
    op.drop_table("campfire_search_documents")


_conversations = sa.table("campfire_conversations", sa.column("org_id", sa.String()))
_INSERT_JOBS = BulkInsert(
    sa.Table(
        "campfire_jobs",
        sa.MetaData(),
        *(sa.Column(name, sa.Text()) for name in ("org_id", "job_id", "kind", "arguments")),
        *(sa.Column(name, sa.BigInteger()) for name in ("due_at", "attempts", "created_at")),
    )
)


async def rewrite(session: Session) -> None:
    """Have a job fill the index of every organisation that has conversations."""
    at, arguments = now(), json.dumps({"stage": "conversation", "after": ""})
    found = await session.all(sa.select(_conversations.c.org_id).distinct())
    jobs = [
        (row["org_id"], ids.new("job"), "search.rebuild", arguments, at, 0, at) for row in found
    ]
    await session.write(_INSERT_JOBS, jobs)
