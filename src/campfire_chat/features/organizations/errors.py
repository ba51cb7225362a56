"""The errors of settings."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError


class SettingsStaleError(CampfireError):
    """Somebody has changed the settings meanwhile. Read them again; nothing was stored."""

    code = "settings_stale"
    status = 412
