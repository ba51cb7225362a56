"""The widget as an organisation wants it: its settings as rules of CSS, and as words."""

from __future__ import annotations

from typing import Any

from campfire_chat.core.runtime_settings import SettingValues
from campfire_chat.features.organizations import settings
from campfire_chat.features.organizations.palette import palette_of
from campfire_chat.http.launcher import Branding

#: The side of the page at which a line of text begins. On small screens the panel fills the page.
_LEFT = (
    "#launcher,#note{inset-inline:20px auto}"
    "@media (width>=480px) and (height>=480px){#campfire #panel{inset-inline:20px auto}}"
)


def branding_of(values: SettingValues) -> Branding:
    """What the settings of an organisation change of the widget."""
    color = values[settings.WIDGET_COLOR]
    css = "" if color is None else _colors(color)
    if values[settings.WIDGET_POSITION] == "left":
        css += _LEFT
    return Branding(css, _words(values))


def _colors(color: str) -> str:
    """Rules for the launcher, and variables for the panel that count before the panel's own."""
    found = palette_of(color)
    return (
        f"#launcher{{background-color:{found.accent}}}"
        f"#launcher:hover{{background-color:{found.hover}}}"
        f"#launcher:focus-visible{{outline-color:{found.accent}}}"
        f"svg{{fill:{found.text}}}path+path{{fill:{found.accent}}}"
        f"svg+svg{{fill:none;stroke:{found.text}}}"
        f"#campfire#campfire{{--accent:{found.accent};--on:{found.text};"
        f"--strong:{found.light_strong};--tint:{found.light_tint}}}"
        f"#campfire#campfire.dark{{--strong:{found.dark_strong};--tint:{found.dark_tint}}}"
    )


def _words(values: SettingValues) -> dict[str, Any]:
    name, logo = values[settings.WIDGET_NAME], values[settings.WIDGET_LOGO]
    greeting = values[settings.WIDGET_GREETING]
    words: dict[str, Any] = {}
    if name is not None:
        words["title"] = name
    if greeting is not None:
        words["greeting"] = greeting
    if name is not None or logo is not None:
        words["team"] = {"name": name, "avatar_url": logo}
    return words
