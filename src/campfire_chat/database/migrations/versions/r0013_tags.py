"""Tags as records, made of those that conversations have."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator

import sqlalchemy as sa
from alembic import op

from campfire_chat.core import ids
from campfire_chat.core.clock import now
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import BulkInsert

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one. Older code would
#: give conversations tags that no record and no link tells of.
oldest = "0013"

#: Conversations that are read at a time.
_PAGE = 1_000


def upgrade() -> None:
    op.create_table(
        "campfire_tags",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("tag_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("color", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "tag_id"),
        sa.UniqueConstraint("org_id", "folded"),
    )
    op.create_table(
        "campfire_former_tag_names",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("tag_id", sa.String(), nullable=True),
        sa.Column("rewrite_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "folded"),
    )
    op.create_table(
        "campfire_conversation_tags",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("tag_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "tag_id", "conversation_id"),
    )
    op.create_index(
        "campfire_conversation_tags_conversation",
        "campfire_conversation_tags",
        ["org_id", "conversation_id", "tag_id"],
    )


def downgrade() -> None:
    op.drop_index(
        "campfire_conversation_tags_conversation", table_name="campfire_conversation_tags"
    )
    op.drop_table("campfire_conversation_tags")
    op.drop_table("campfire_former_tag_names")
    op.drop_table("campfire_tags")


_conversations = sa.table(
    "campfire_conversations",
    *(sa.column(name, sa.Text()) for name in ("org_id", "conversation_id", "tags")),
)
_metadata = sa.MetaData()


def _table(name: str, texts: str, times: str = "") -> sa.Table:
    columns = [sa.Column(each, sa.Text()) for each in texts.split()]
    columns += [sa.Column(each, sa.BigInteger()) for each in times.split()]
    return sa.Table(name, _metadata, *columns)


_INSERT_TAGS = BulkInsert(
    _table(
        "campfire_tags",
        "org_id tag_id name folded color description created_by updated_by",
        "created_at updated_at",
    )
)
_INSERT_LINKS = BulkInsert(_table("campfire_conversation_tags", "org_id tag_id conversation_id"))
_INSERT_JOBS = BulkInsert(
    _table("campfire_jobs", "org_id job_id kind arguments", "due_at attempts created_at")
)

#: An organisation, and the name of a tag as it is compared.
_Place = tuple[str, str]


async def rewrite(session: Session) -> None:
    """Make a record of every tag that is in use, and note which conversations have it.

    Tags that differ only in the case of their letters, or in how Unicode writes them, become one,
    with the spelling that most conversations have. A job gives the others that spelling.
    """
    spellings: dict[_Place, Counter[str]] = {}
    async for page in _pages(session):
        for organization, _, names in page:
            for name in names:
                spellings.setdefault((organization, _folded(name)), Counter())[name] += 1
    at = now()
    ids_of = {place: ids.new("tag") for place in sorted(spellings)}
    tags: list[Row] = []
    jobs: list[Row] = []
    for (organization, folded), tag_id in ids_of.items():
        found = spellings[organization, folded]
        name = min(found, key=lambda spelling: (-found[spelling], spelling))
        name = unicodedata.normalize("NFC", name)
        who = ("system", "system")
        tags.append((organization, tag_id, name, folded, "gray", "", *who, at, at))
        if found.keys() != {name}:
            arguments = json.dumps({"tag_id": tag_id, "rewrite_id": ids.new("rew")})
            jobs.append((organization, ids.new("job"), "tag.rewrite", arguments, at, 0, at))
    await session.write(_INSERT_TAGS, tags)
    await session.write(_INSERT_JOBS, jobs)
    async for page in _pages(session):
        links = [
            (organization, ids_of[organization, _folded(name)], conversation_id)
            for organization, conversation_id, names in page
            for name in names
        ]
        # Two spellings of one tag are one.
        await session.write(_INSERT_LINKS, list(dict.fromkeys(links)))


async def _pages(session: Session) -> AsyncIterator[list[tuple[str, str, list[str]]]]:
    """Conversations with tags, some at a time: organisation, id and tags."""
    c = _conversations.c
    after = ("", "")
    while True:
        rows = await session.all(
            sa.select(c.org_id, c.conversation_id, c.tags)
            .where(
                c.tags != "[]",
                sa.tuple_(c.org_id, c.conversation_id) > sa.tuple_(*map(sa.literal, after)),
            )
            .order_by(c.org_id, c.conversation_id)
            .limit(_PAGE)
        )
        yield [(row["org_id"], row["conversation_id"], json.loads(row["tags"])) for row in rows]
        if len(rows) < _PAGE:
            return
        after = (rows[-1]["org_id"], rows[-1]["conversation_id"])


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
