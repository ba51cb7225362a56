"""Contacts can be listed, searched and followed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkInsert

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one. What older code
#: stores is found by name once newer code has seen the contact.
oldest = "0016"

#: Contacts that are read at a time.
_PAGE = 1_000
_LAST = "\U0010ffff"
_BY_CHARACTER = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "campfire_contacts",
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column(
        "campfire_contacts",
        sa.Column("sort_name", _BY_CHARACTER, nullable=False, server_default=_LAST),
    )
    op.add_column(
        "campfire_contacts", sa.Column("words", sa.Text(), nullable=False, server_default="")
    )
    for name, column in _INDEXES.items():
        op.create_index(name, "campfire_contacts", ["org_id", column, "contact_id"])
    op.create_table(
        "campfire_contact_words",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("word", _BY_CHARACTER, nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "word", "contact_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campfire_contact_changes",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("change_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "contact_id", "at", "change_id"),
    )


def downgrade() -> None:
    op.drop_table("campfire_contact_changes")
    op.drop_table("campfire_contact_words")
    for name in _INDEXES:
        op.drop_index(name, "campfire_contacts")
    for column in ("words", "sort_name", "last_seen_at"):
        op.drop_column("campfire_contacts", column)


_INDEXES = {
    "campfire_contacts_seen": "last_seen_at",
    "campfire_contacts_name": "sort_name",
    "campfire_contacts_created": "created_at",
}

_metadata = sa.MetaData()
_contacts = sa.Table(
    "campfire_contacts",
    _metadata,
    *(
        sa.Column(name, sa.Text())
        for name in ("org_id", "contact_id", "external_id", "name", "email", "sort_name", "words")
    ),
    sa.Column("created_at", sa.BigInteger()),
    sa.Column("last_seen_at", sa.BigInteger()),
)
_INSERT_WORDS = BulkInsert(
    sa.Table(
        "campfire_contact_words",
        _metadata,
        *(sa.Column(name, sa.Text()) for name in ("org_id", "word", "contact_id")),
    ),
    ignore=True,
)


async def rewrite(session: Session) -> None:
    """Make every contact findable, and note when they were seen: with their first message."""
    c = _contacts.c
    async for page in _pages(session):
        rows: list[tuple[str, str, str]] = []
        for row in page:
            organization, contact_id = row["org_id"], row["contact_id"]
            words = _words(row["name"], row["email"], row["external_id"])
            shown = _folded(row["name"] or row["email"] or "").strip()
            await session.execute(
                sa.update(_contacts)
                .where(c.org_id == organization, c.contact_id == contact_id)
                .values(
                    words="".join(f" {word}" for word in words),
                    sort_name=shown[:60] or _LAST,
                    last_seen_at=row["created_at"],
                )
            )
            rows += [(organization, word, contact_id) for word in words]
        await session.write(_INSERT_WORDS, rows)


async def _pages(session: Session) -> AsyncIterator[list[dict[str, Any]]]:
    """All contacts, some at a time."""
    c = _contacts.c
    after = ("", "")
    while True:
        rows = await session.all(
            sa.select(c.org_id, c.contact_id, c.external_id, c.name, c.email, c.created_at)
            .where(sa.tuple_(c.org_id, c.contact_id) > sa.tuple_(*map(sa.literal, after)))
            .order_by(c.org_id, c.contact_id)
            .limit(_PAGE)
        )
        yield rows
        if len(rows) < _PAGE:
            return
        after = (rows[-1]["org_id"], rows[-1]["contact_id"])


_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)


def _folded(words: str) -> str:
    apart = unicodedata.normalize("NFKD", words)
    bare = "".join(item for item in apart if not unicodedata.category(item).startswith("M"))
    return bare.casefold().translate(_PLAIN)


def _words(*values: str | None) -> list[str]:
    found: dict[str, None] = {}
    for value in values:
        pieces = (re.sub(r"^\W+|\W+$", "", piece) for piece in _folded(value or "").split())
        for piece in dict.fromkeys(piece[:64] for piece in pieces if piece):
            for start in re.finditer(r"(?<!\w)\w", piece):
                found[piece[start.start() :][:64]] = None
    return list(found)[:40]
