"""What each agent chooses for the list of contacts."""

from __future__ import annotations

from typing import Final

from campfire_chat.core.errors import InvalidError
from campfire_chat.core.runtime_settings import Scope, Setting
from campfire_chat.features.organizations.permissions import OWN_SETTINGS_EDIT

COLUMNS: Final = ("email", "external_id", "verified", "last_seen_at", "created_at")


def _check(columns: list[str]) -> list[str]:
    """
    Raises:
        InvalidError: There is no such column, or it is named twice.
    """
    if not set(columns) <= set(COLUMNS) or len(set(columns)) < len(columns):
        raise InvalidError(f"Each column is one of {', '.join(COLUMNS)}.")
    return columns


CONTACT_COLUMNS: Final = Setting[list[str]](
    name="contact_columns",
    label="Columns of the list of contacts",
    type=list[str],
    default=["email", "verified", "last_seen_at", "created_at"],
    scope=Scope.AGENT,
    permission=OWN_SETTINGS_EDIT.name,
    edited_in="Your settings",
    description="The columns beside the name, in this order: `email`, `external_id`, `verified`, "
    "`last_seen_at`, `created_at`.",
    check=_check,
)

SETTINGS: Final = (CONTACT_COLUMNS,)
