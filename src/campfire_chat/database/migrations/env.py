"""Alembic's entry: renders the SQL of the revisions; ``storage.schema`` runs it."""

from __future__ import annotations

from alembic import context

context.configure(
    dialect_name=context.config.attributes["dialect_name"],
    version_table=context.config.attributes["version_table"],
)
context.run_migrations()
