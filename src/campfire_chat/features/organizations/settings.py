"""The settings of an organisation that belong to no other noun."""

from __future__ import annotations

from typing import Final, Literal

from campfire_chat.core.runtime_settings import Scope, Setting
from campfire_chat.core.setting_controls import Control
from campfire_chat.features.organizations import rules
from campfire_chat.features.organizations.permissions import SETTINGS_EDIT

Position = Literal["right", "left"]

NAME: Final = Setting[str | None](
    name="name",
    label="Name",
    unset="the id of the organisation",
    type=str | None,
    default=None,
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="General",
    description="The name of the organisation, as agents see it.",
    check=rules.check_name,
)
LOCALE: Final = Setting[str](
    name="locale",
    label="Language",
    control=Control.LOCALE,
    type=str,
    default="en",
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="General",
    description="The language of the organisation, as a tag such as `en` or `de-AT`.",
    check=rules.check_locale,
)
TIME_ZONE: Final = Setting[str](
    name="time_zone",
    label="Time zone",
    control=Control.TIME_ZONE,
    type=str,
    default="UTC",
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="General",
    description="The time zone of the organisation, by its IANA name such as `Europe/Vienna`.",
    check=rules.check_time_zone,
)
ALLOWED_ORIGINS: Final = Setting[tuple[str, ...]](
    name="allowed_origins",
    label="Allowed origins",
    control=Control.ORIGINS,
    type=tuple[str, ...],
    default=(),
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Widget",
    description=(
        "Origins whose pages may show the widget of this organisation, besides those that the "
        "host app allows for all organisations."
    ),
    check=rules.check_allowed_origins,
)
WIDGET_NAME: Final = Setting[str | None](
    name="widget_name",
    label="Title",
    unset="Chat with us",
    type=str | None,
    default=None,
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Widget",
    description="The title of the widget.",
    check=rules.check_name,
)
WIDGET_COLOR: Final = Setting[str | None](
    name="widget_color",
    label="Colour",
    control=Control.COLOR,
    unset="the colour of campfire-chat",
    type=str | None,
    default=None,
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Widget",
    description=(
        "The colour of the widget, such as `#0f766e`. The texts on it are white or black, "
        "whichever can be read."
    ),
    check=rules.check_color,
)
WIDGET_LOGO: Final = Setting[str | None](
    name="widget_logo",
    label="Logo",
    control=Control.PICTURE,
    unset="the pictures of the agents",
    type=str | None,
    default=None,
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Widget",
    description=(
        "The picture in the head of the widget: an address with `https`, or a path on the site. "
        "It is loaded without cookies, as the pictures of agents are."
    ),
    check=rules.check_picture_url,
)
WIDGET_GREETING: Final = Setting[str | None](
    name="widget_greeting",
    label="Greeting",
    unset="How can we help?",
    type=str | None,
    default=None,
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Widget",
    description="The first line of an empty conversation.",
    check=rules.check_greeting,
)
WIDGET_POSITION: Final = Setting[Position](
    name="widget_position",
    label="Side of the page",
    type=Position,
    default="right",
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Widget",
    description=(
        "The side of the page on which the widget is: `right` or `left`. Pages that are written "
        "from right to left have it on the opposite side."
    ),
)

SETTINGS: Final = (
    NAME,
    LOCALE,
    TIME_ZONE,
    ALLOWED_ORIGINS,
    WIDGET_NAME,
    WIDGET_COLOR,
    WIDGET_LOGO,
    WIDGET_GREETING,
    WIDGET_POSITION,
)
