"""Updates the tables to the revision that this code needs.

Alembic renders the SQL. It runs on the connection of the writer lane, in one transaction and under
a lock. So several processes may start at once, and no second driver is needed.

During a deployment two versions may use one database. Each migration names the oldest revision
whose code can run on its tables, and the database stores that of the newest migration. A process
that finds a newer schema reads there whether it may continue.
"""

from __future__ import annotations

import functools
import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from campfire_chat.core import scalars
from campfire_chat.core.errors import CampfireError
from campfire_chat.database import tables
from campfire_chat.database.dialects import Engine
from campfire_chat.database.errors import MigrationError
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.settings import Migrate

logger = logging.getLogger("campfire_chat.storage")

VERSION_TABLE = "campfire_alembic_version"
#: The migrations, in the form that Alembic expects.
SCRIPTS = Path(__file__).parent / "migrations"
#: The key in ``campfire_settings`` for ``oldest`` of the newest migration.
OLDEST = "oldest_revision"
#: A number that no other program uses for a PostgreSQL advisory lock: "campfire" in ASCII.
_LOCK = 0x63616D7066697265


class _Statements(list[str]):
    """The output that Alembic writes to: each call is one statement."""

    def write(self, statement: str) -> None:
        # Alembic writes comments, and for PostgreSQL a comment alone is an empty query.
        lines = [line for line in statement.splitlines() if not line.startswith("--")]
        sql = "\n".join(lines).strip().rstrip(";")
        if sql:
            self.append(sql)

    def flush(self) -> None:
        """Does nothing, because nothing is buffered."""


def _config(engine: Engine, output: _Statements) -> Config:
    config = Config(output_buffer=output)  # type: ignore[arg-type]
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["dialect_name"] = engine.name
    config.attributes["version_table"] = VERSION_TABLE
    return config


@functools.cache
def _scripts(folder: Path) -> ScriptDirectory:
    """The migrations of a folder. They are read once, and do not change while a process runs."""
    return ScriptDirectory(str(folder))


def head() -> str:
    """The revision that this version needs."""
    found = _scripts(SCRIPTS).get_current_head()
    if found is None:
        raise MigrationError("The migrations are missing. Install campfire-chat again.")
    return found


def _render(engine: Engine, current: str | None, following: str) -> list[str]:
    output = _Statements()
    command.upgrade(_config(engine, output), f"{current or 'base'}:{following}", sql=True)
    return output


async def revision(session: Session) -> str | None:
    """The revision of the database. None before the first migration."""
    if session.engine.name == "sqlite":
        exists = await session.first(
            text("SELECT name FROM sqlite_master WHERE name = :name").bindparams(name=VERSION_TABLE)
        )
    else:
        exists = await session.first(
            text("SELECT 1 AS one WHERE to_regclass(:name) IS NOT NULL").bindparams(
                name=VERSION_TABLE
            )
        )
    if exists is None:
        return None
    row = await session.first(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    return None if row is None else row["version_num"]


async def welcomes(session: Session, current: str | None) -> bool:
    """Whether this version may run on the schema: it has our revision, or a newer one allows it."""
    if current == head():
        return True
    known = _revisions()
    if current is None or current in known:
        return False
    column = tables.settings.c
    mine = (column.org_id == scalars.INSTALLATION) & (column.key == OLDEST)
    row = await session.first(select(column.value).where(mine))
    # Revisions are in one line, so code that knows a revision is at least as new.
    return row is not None and row["value"] in known


def _revisions() -> dict[str, str]:
    """Every revision that this version knows, with the oldest that can run on its tables."""
    scripts = _scripts(SCRIPTS).walk_revisions()
    return {script.revision: script.module.oldest for script in scripts}


async def _upgrade(session: Session, current: str | None) -> str:
    engine, wanted = session.engine, head()
    at = current
    for script in reversed(list(_scripts(SCRIPTS).iterate_revisions(wanted, current))):
        for statement in _render(engine, at, script.revision):
            await session.command(statement)
        # What SQL cannot say, a migration does to the rows itself.
        rewrite = getattr(script.module, "rewrite", None)
        if rewrite is not None:
            await rewrite(session)
        at = script.revision
    oldest = _revisions()[wanted]
    await session.execute(
        engine.upsert(tables.settings)
        .values(org_id=scalars.INSTALLATION, key=OLDEST, value=oldest)
        .on_conflict_do_update(index_elements=["org_id", "key"], set_={"value": oldest})
    )
    if current is None:
        logger.info("the tables were created, with the schema %s", wanted)
    else:
        logger.info("schema upgraded from %s to %s", current, wanted)
    return wanted


async def prepare(lane: Lanes, engine: Engine, mode: Migrate) -> str:
    """Update or check the schema as ``mode`` says, and return its revision.

    Raises:
        MigrationError: ``check``, and the schema is not at this version's revision; or the
            schema is of a newer version of this package that does not work with this one; or
            the upgrade failed.
    """
    wanted = head()
    if mode == "off":
        return wanted

    async def bring_up(session: Session) -> tuple[str | None, bool]:
        if engine.name == "postgresql":
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=_LOCK))
        current = await revision(session)
        if current != wanted and mode == "auto" and (current or wanted) in _revisions():
            current = await _upgrade(session, current)
        return current, await welcomes(session, current)

    try:
        current, welcome = await lane.run(
            lambda session: session.transaction(lambda _: bring_up(session)),
            # Rewriting a long history takes its time.
            deadline=None,
        )
    except CampfireError:
        raise
    except Exception as error:
        raise MigrationError(f"The schema could not be updated to {wanted}: {error}") from error
    if current is None or not welcome:
        raise MigrationError(
            f"The database has no tables of campfire-chat yet; this version needs {wanted}. "
            "Run `campfire-chat migrate`."
            if current is None
            else f"The database schema is at {current}, but this version needs {wanted}: "
            "run `campfire-chat migrate`, or install the version that the schema belongs to."
        )
    if current != wanted:
        logger.info("the schema is at %s, which is newer than %s and works", current, wanted)
    return current
