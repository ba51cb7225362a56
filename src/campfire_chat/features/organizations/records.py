"""Settings, as they go over the wire."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from campfire_chat.core.runtime_settings import Scope
from campfire_chat.core.setting_controls import Control


class SettingChoice(Struct, frozen=True, kw_only=True):
    """One of the values of a setting, and what the screen calls it."""

    value: Any
    label: str


class SettingRecord(Struct, frozen=True, kw_only=True):
    """One setting, as the caller sees it.

    Attributes:
        name: Its name.
        label: Its name on the screen.
        value: Its present value.
        default: Its value when nobody has chosen one.
        scope: Whose setting it is.
        permission: The permission that a change needs.
        editable: Whether the caller may change it.
        edited_in: The section of the settings in which a person edits it.
        description: What it does.
        control: The kind of field in which a person edits it.
        nullable: Whether it can be null: ``unset`` says what counts then.
        choices: Its values, if there are only a few.
        minimum: The least number, or the least number of characters or items.
        maximum: The greatest one.
        unit: The unit of a number.
        unset: What counts while it is null, in words for the screen.
    """

    name: str
    label: str
    value: Any
    default: Any
    scope: Scope
    permission: str
    editable: bool
    edited_in: str
    description: str
    control: Control
    nullable: bool
    choices: list[SettingChoice]
    minimum: float | None
    maximum: float | None
    unit: str
    unset: str


class SettingsRecord(Struct, frozen=True, kw_only=True):
    """All settings of an organisation, or all of the calling agent.

    Attributes:
        etag: Names this state of all of them, for ``If-Match``.
        values: The present value of each setting, by its name.
        settings: What there is to say about each of them.
    """

    etag: str
    values: dict[str, Any]
    settings: list[SettingRecord]
