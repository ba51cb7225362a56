"""The errors of the database that stop the start."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError


class MigrationError(CampfireError):
    """The database schema is not the one that this version needs."""

    code = "schema_mismatch"
    status = 503
