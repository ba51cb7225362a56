"""The version of the package after this one, made up: one migration more, otherwise the same."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from campfire_chat.database import schema
from tests.support import host

#: Read by :func:`from_environment`: the folder of the migrations.
MIGRATIONS = "CAMPFIRE_TEST_MIGRATIONS"

REVISION = "9001"

_EXPANDS = '''
"""Made up: what a migration may do while the version before it still runs."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = {head!r}
branch_labels = None
depends_on = None
oldest = {oldest!r}


def upgrade() -> None:
    op.add_column("campfire_messages", sa.Column("mood", sa.String(), nullable=True))
    op.add_column(
        "campfire_conversations",
        sa.Column("language", sa.String(), nullable=False, server_default="en"),
    )
    op.create_table(
        "campfire_moods",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("mood", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "mood"),
    )
    op.create_index("campfire_messages_mood", "campfire_messages", ["org_id", "mood"])
'''


def write_migrations(folder: Path, *, head: str, oldest: str) -> Path:
    """This version's migrations and the next one's, as the next version would ship them."""
    shutil.copytree(schema.SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = _EXPANDS.format(head=head, oldest=oldest).lstrip()
    (folder / "versions" / "r9001_made_up.py").write_text(text, "utf-8")
    return folder


def from_environment() -> Any:
    """The host app of the tests, on the next version."""
    schema.SCRIPTS = Path(os.environ[MIGRATIONS])
    return host.from_environment()
