"""What each agent chooses for the list of contacts."""

from __future__ import annotations

from typing import Final

from campfire_chat.core.attributes import Attribute, check_schema
from campfire_chat.core.errors import InvalidError
from campfire_chat.core.runtime_settings import Scope, Setting
from campfire_chat.core.setting_controls import Control
from campfire_chat.features.contacts.rules import ATTRIBUTE
from campfire_chat.features.organizations.permissions import OWN_SETTINGS_EDIT, SETTINGS_EDIT

COLUMNS: Final = ("email", "external_id", "verified", "last_seen_at", "created_at")
MOST_COLUMNS: Final = 12


def _check(columns: list[str]) -> list[str]:
    """
    Raises:
        InvalidError: There is no such column, or it is named twice.
    """
    own = {name for name in columns if name not in COLUMNS}
    if any(not name.startswith(ATTRIBUTE) for name in own) or len(set(columns)) < len(columns):
        known = ", ".join(COLUMNS)
        raise InvalidError(f"Each column is one of {known}, or {ATTRIBUTE} and a key.")
    if len(columns) > MOST_COLUMNS:
        raise InvalidError(f"The list can have {MOST_COLUMNS} columns.")
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
    "`last_seen_at`, `created_at`, or `attributes.` and the key of an attribute.",
    check=_check,
)

CONTACT_ATTRIBUTES: Final = Setting[tuple[Attribute, ...]](
    name="contact_attributes",
    label="Attributes of contacts",
    control=Control.ATTRIBUTES,
    type=tuple[Attribute, ...],
    default=(),
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Contacts",
    description="What agents can note of a contact, each with a type. The code of the host app may "
    "declare more of them.",
    check=check_schema,
)

SETTINGS: Final = (CONTACT_COLUMNS, CONTACT_ATTRIBUTES)
