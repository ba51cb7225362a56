"""API keys, for the code of the host app."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, UnsetType

from campfire_chat.features.api_keys.records import (
    ApiKeyRecord,
    ApiKeySecret,
    GrantablePermission,
)
from campfire_chat.features.api_keys.rules import DEFAULT_OVERLAP
from campfire_chat.http.in_process import InProcess, time_text
from campfire_chat.http.pagination import Page


class ApiKeysApi:
    """What one caller may do with the API keys of the organisation.

    Every method raises ForbiddenError if the caller may not manage API keys.
    """

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(self) -> Page[ApiKeyRecord]:
        """The API keys of the organisation, the newest first, without their secrets."""
        return await self._caller.call("list_api_keys")

    async def permissions(self) -> Page[GrantablePermission]:
        """The permissions that the caller may give to an API key."""
        return await self._caller.call("list_key_permissions")

    async def create(
        self, name: str, permissions: Sequence[str], *, expires_at: datetime | None = None
    ) -> ApiKeySecret:
        """Create an API key. Only this answer and that of :meth:`rotate` have a secret.

        A repetition creates a second key.

        Args:
            name: One line of 1 to 100 characters.
            permissions: The names of what it may do, at least one.
            expires_at: When it ends; a time with its zone. None: it does not end.

        Raises:
            ForbiddenError: The caller lacks one of the permissions.
            InvalidError: A value is refused.
            TooManyKeysError: The organisation has as many keys as it may have.
        """
        return await self._caller.call(
            "create_api_key",
            body={
                "name": name,
                "permissions": permissions,
                "expires_at": time_text(expires_at, field="expires_at"),
            },
        )

    async def rotate(
        self,
        key_id: str,
        *,
        overlap: int = DEFAULT_OVERLAP,
        expires_at: datetime | UnsetType | None = UNSET,
    ) -> ApiKeySecret:
        """Give an API key a new secret.

        Args:
            overlap: Seconds for which the old secret stays valid, at most 30 days.
            expires_at: The new end of the key; a time with its zone. None: it does not end. If
                left out, the end stays as it is.

        Raises:
            ForbiddenError: The key may do more than the caller.
            NotFoundError: There is no such key.
            InvalidError: A value is refused, or the key has expired.
        """
        return await self._caller.call(
            "rotate_api_key",
            path={"key_id": key_id},
            body={"overlap": overlap, "expires_at": time_text(expires_at, field="expires_at")},
        )

    async def revoke(self, key_id: str) -> ApiKeyRecord:
        """End an API key at once, and return it as it was.

        Raises:
            NotFoundError: There is no such key.
        """
        return await self._caller.call("revoke_api_key", path={"key_id": key_id})
