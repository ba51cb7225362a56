"""Settings, as they go over the wire."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from campfire_chat.core.runtime_settings import Scope


class SettingRecord(Struct, frozen=True, kw_only=True):
    """One setting, as the caller sees it.

    Attributes:
        name: Its name.
        value: Its present value.
        default: Its value when nobody has chosen one.
        scope: Whose setting it is.
        permission: The permission that a change needs.
        editable: Whether the caller may change it.
        edited_in: The section of the settings in which a person edits it.
        description: What it does.
    """

    name: str
    value: Any
    default: Any
    scope: Scope
    permission: str
    editable: bool
    edited_in: str
    description: str


class SettingsRecord(Struct, frozen=True, kw_only=True):
    """All settings of an organisation, or all of the calling agent.

    Attributes:
        values: The present value of each setting, by its name.
        settings: What there is to say about each of them.
    """

    values: dict[str, Any]
    settings: list[SettingRecord]
