"""What each agent chooses for themselves."""

from __future__ import annotations

from typing import Final, Literal

from campfire_chat.core.runtime_settings import Scope, Setting
from campfire_chat.features.organizations.permissions import OWN_SETTINGS_EDIT

Theme = Literal["light", "dark", "system"]

THEME: Final = Setting[Theme](
    name="theme",
    label="Appearance",
    choices={"system": "As the device"},
    type=Theme,
    default="system",
    scope=Scope.AGENT,
    permission=OWN_SETTINGS_EDIT.name,
    edited_in="Your settings",
    description="The colours of the console: `light`, `dark`, or `system` for those of the device.",
)
DETAILS_OPEN: Final = Setting[bool](
    name="details_open",
    label="Show the details beside the conversation",
    type=bool,
    default=True,
    scope=Scope.AGENT,
    permission=OWN_SETTINGS_EDIT.name,
    edited_in="Your settings",
    description="Whether a wide console shows the details of a conversation beside it.",
)
UNDO_SEND: Final = Setting[bool](
    name="undo_send",
    label="Wait five seconds before a message is sent",
    type=bool,
    default=False,
    scope=Scope.AGENT,
    permission=OWN_SETTINGS_EDIT.name,
    edited_in="Your settings",
    description="Whether the console waits five seconds before it sends, so that one can undo it.",
)

SETTINGS: Final = (THEME, DETAILS_OPEN, UNDO_SEND)
