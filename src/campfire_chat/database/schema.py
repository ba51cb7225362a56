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
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from campfire_chat.core import scalars
from campfire_chat.core.errors import CampfireError
from campfire_chat.database import tables
from campfire_chat.database.dialects import Engine
from campfire_chat.database.errors import MigrationError
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.settings import Migrate

if TYPE_CHECKING:
    from campfire_chat.database.upgrade import Migrations

logger = logging.getLogger("campfire_chat.storage")

VERSION_TABLE = "campfire_alembic_version"
#: The migrations, in the form that Alembic expects.
SCRIPTS = Path(__file__).parent / "migrations"
#: The key in ``campfire_settings`` for ``oldest`` of the newest migration.
OLDEST = "oldest_revision"
#: A number that no other program uses for a PostgreSQL advisory lock: "campfire" in ASCII.
_LOCK = 0x63616D7066697265


def head() -> str:
    """The revision that this version needs: the last one that a file is named after."""
    found = [path.stem[1:].partition("_")[0] for path in (SCRIPTS / "versions").glob("r*.py")]
    if not found:
        raise MigrationError("The migrations are missing. Install campfire-chat again.")
    return max(found)


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
    if current is None or current in (known := migrations().oldest()):
        return False
    column = tables.settings.c
    mine = (column.org_id == scalars.INSTALLATION) & (column.key == OLDEST)
    row = await session.first(select(column.value).where(mine))
    # Revisions are in one line, so code that knows a revision is at least as new.
    return row is not None and row["value"] in known


def migrations() -> Migrations:
    """What Alembic knows of the migrations; see :mod:`campfire_chat.database.upgrade`."""
    return _migrations(SCRIPTS)


@functools.cache
def _migrations(folder: Path) -> Migrations:
    # Not at the top: most starts find the right schema and need no Alembic.
    from campfire_chat.database import upgrade

    return upgrade.Migrations(folder, VERSION_TABLE)


async def _upgrade(session: Session, current: str | None) -> str:
    engine, wanted, known = session.engine, head(), migrations()
    at = current
    for script in known.steps(current, wanted):
        for statement in known.render(engine, at, script.revision):
            # It may go through a large table.
            await session.command(statement, patient=True)
        # What SQL cannot say, a migration does to the rows itself.
        rewrite = getattr(script.module, "rewrite", None)
        if rewrite is not None:
            await rewrite(session)
        at = script.revision
    oldest = known.oldest()[wanted]
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
        if current != wanted and mode == "auto" and (current or wanted) in migrations().oldest():
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
