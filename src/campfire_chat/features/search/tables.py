"""The table of the search index, and what each database makes of it.

On PostgreSQL the column ``tokens`` is a ``tsvector`` with a GIN index. On SQLite it is their text,
and triggers keep an FTS5 table beside it, ``campfire_search_index``, whose rowid is the number of
the document. That table keeps no text of its own: it has to be told what it forgets, which is why
the tokens stay in the row.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from campfire_chat.database.tables import metadata

#: The FTS5 table of SQLite.
SQLITE_INDEX: Final = "campfire_search_index"


class SearchTokens(TypeDecorator[str]):
    """The tokens of a document: the text of a ``tsvector`` on PostgreSQL, else a text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())


documents = Table(
    "campfire_search_documents",
    metadata,
    Column("org_id", String, nullable=False),
    # The id of the message or the conversation.
    Column("document_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    # Grows with the time of the thing; see `rules.number`.
    Column("number", BigInteger, nullable=False),
    # Of what the index holds of it.
    Column("digest", String, nullable=False),
    Column("tokens", SearchTokens, nullable=False),
    PrimaryKeyConstraint("org_id", "document_id"),
    UniqueConstraint("org_id", "number"),
    Index("campfire_search_documents_tokens", "tokens", postgresql_using="gin").ddl_if(
        dialect="postgresql"
    ),
)
