"""Runtime settings, for the code of the host app."""

from __future__ import annotations

from typing import Any

from campfire_chat.features.organizations.records import SettingsRecord
from campfire_chat.http.in_process import InProcess


class SettingsApi:
    """What one caller may do with settings."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def get(self) -> SettingsRecord:
        """The settings of the organisation."""
        return await self._caller.call("get_settings")

    async def change(
        self, values: dict[str, Any], *, client_id: str | None = None
    ) -> SettingsRecord:
        """Change settings of the organisation: all of them or none.

        Args:
            values: The new values by the names of the settings. None means the default.
            client_id: Repeated with the same one, the change is made once.

        Raises:
            ForbiddenError: The caller may not change one of them.
            UnknownSettingError: There is no setting of that name.
            InvalidSettingError: A setting cannot have that value.
            ClientIdConflictError: The client id was used for something else.
        """
        return await self._caller.call("change_settings", body=values, client_id=client_id)

    async def get_own(self) -> SettingsRecord:
        """The calling agent's own settings."""
        return await self._caller.call("get_own_settings")

    async def change_own(
        self, values: dict[str, Any], *, client_id: str | None = None
    ) -> SettingsRecord:
        """Change the calling agent's own settings. Everything else is as in :meth:`change`."""
        return await self._caller.call("change_own_settings", body=values, client_id=client_id)
