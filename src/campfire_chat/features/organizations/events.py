"""The events of settings."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.ledger.events import EventType


class SettingChange(Struct, frozen=True, kw_only=True):
    """``before`` and ``after`` are values of the setting, its default if nothing was chosen."""

    before: Any
    after: Any


class SettingsChanged(Struct, frozen=True, kw_only=True):
    """Settings of the organisation were changed.

    Attributes:
        id: The organisation.
        changes: By the names of the settings. Only those that are different now.
        actor: Who changed them.
    """

    id: str
    changes: dict[str, SettingChange]
    actor: Participant


class OwnSettingsChanged(Struct, frozen=True, kw_only=True):
    """An agent has changed settings of their own. Only this agent learns of it.

    Attributes:
        id: The agent.
        changes: By the names of the settings. Only those that are different now.
        actor: Who changed them: the same agent.
    """

    id: str
    changes: dict[str, SettingChange]
    actor: Participant


SETTINGS_CHANGED: Final = EventType("settings.changed", ("inbox",), SettingsChanged)
OWN_SETTINGS_CHANGED: Final = EventType("own_settings.changed", ("agent",), OwnSettingsChanged)

EVENTS: Final = (SETTINGS_CHANGED, OWN_SETTINGS_CHANGED)
