"""The migrations, read and rendered by Alembic.

Alembic takes a tenth of a second to import. Only a schema that is not the expected one needs it:
:mod:`campfire_chat.database.schema` does without it at every other start.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from campfire_chat.database.dialects import Engine


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


class Migrations:
    """The migrations of a folder, which do not change while a process runs.

    Args:
        folder: In the form that Alembic expects.
        version_table: The table in which the database keeps its revision.
    """

    def __init__(self, folder: Path, version_table: str) -> None:
        self._folder = folder
        self._version_table = version_table
        self._scripts = ScriptDirectory(str(folder))

    def oldest(self) -> dict[str, str]:
        """Every revision that this version knows, with the oldest that can run on its tables."""
        scripts = self._scripts.walk_revisions()
        return {script.revision: script.module.oldest for script in scripts}

    def steps(self, current: str | None, wanted: str) -> list[Script]:
        """The migrations from one revision to another, in their order."""
        return list(reversed(list(self._scripts.iterate_revisions(wanted, current))))

    def render(self, engine: Engine, current: str | None, following: str) -> list[str]:
        """The statements from one revision to another. None is a database without tables."""
        output = _Statements()
        config = Config(output_buffer=output)  # type: ignore[arg-type]
        config.set_main_option("script_location", str(self._folder).replace("%", "%%"))
        config.attributes["dialect_name"] = engine.name
        config.attributes["version_table"] = self._version_table
        command.upgrade(config, f"{current or 'base'}:{following}", sql=True)
        return output
