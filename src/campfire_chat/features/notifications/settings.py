"""Of what each agent wants to be told, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from campfire_chat.core.runtime_settings import Scope, Setting
from campfire_chat.features.notifications.records import NotificationKind
from campfire_chat.features.organizations.permissions import OWN_SETTINGS_EDIT


def _own(name: str, label: str, description: str, *, default: bool = True) -> Setting[bool]:
    return Setting[bool](
        name=name,
        label=label,
        type=bool,
        default=default,
        scope=Scope.AGENT,
        permission=OWN_SETTINGS_EDIT.name,
        edited_in="Your settings",
        description=description,
    )


NOTIFY_MENTIONS: Final = _own(
    "notify_mentions",
    "Tell me when a note mentions me",
    "Whether the agent is told of notes that mention them or a team of theirs.",
)
NOTIFY_ASSIGNMENTS: Final = _own(
    "notify_assignments",
    "Tell me when a conversation is assigned to me",
    "Whether the agent is told of conversations that somebody else assigns to them.",
)
NOTIFY_REPLIES: Final = _own(
    "notify_replies",
    "Tell me when a visitor writes in a conversation of mine",
    "Whether the agent is told of visitors' messages in conversations that are assigned to them.",
)
NOTIFY_SOUND: Final = _own(
    "notify_sound",
    "Play a sound",
    "Whether the console plays a sound for each new notification. Of several tabs one plays it.",
)
NOTIFY_DESKTOP: Final = _own(
    "notify_desktop",
    "Show notifications on the desktop",
    "Whether the console shows new notifications on the desktop while no tab of it is in sight. "
    "The browser asks for the permission once.",
    default=False,
)

#: Whether an agent wants to be told, by the kind of notification.
WANTED: Final[Mapping[NotificationKind, Setting[bool]]] = {
    NotificationKind.MENTION: NOTIFY_MENTIONS,
    NotificationKind.ASSIGNMENT: NOTIFY_ASSIGNMENTS,
    NotificationKind.REPLY: NOTIFY_REPLIES,
}
SETTINGS: Final = (
    NOTIFY_MENTIONS,
    NOTIFY_ASSIGNMENTS,
    NOTIFY_REPLIES,
    NOTIFY_SOUND,
    NOTIFY_DESKTOP,
)
