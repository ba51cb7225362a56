"""The errors of organisations and their settings."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, InvalidError


class UnknownSettingError(InvalidError):
    """There is no setting of that name."""

    code = "unknown_setting"


class SettingsStaleError(CampfireError):
    """Somebody has changed the settings meanwhile. Read them again; nothing was stored."""

    code = "settings_stale"
    status = 412
