"""The schema's history, as Alembic revisions with a version table of their own."""
