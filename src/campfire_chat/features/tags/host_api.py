"""Tags, for the code of the host app."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from campfire_chat.features.tags.records import ListedTag, TagColor, TagRecord
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class TagsApi:
    """What one caller may do with tags. Conversations get theirs by ``conversations.change``."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(
        self, *, search: str = "", cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[ListedTag]:
        """A page of the tags in the order of their names.

        Args:
            search: A part of the name.
            cursor: ``next_cursor`` of the page before.
            limit: 1 to 100.
        """
        return await self._caller.call(
            "list_tags", query={"search": search, "cursor": cursor, "limit": limit}
        )

    async def get(self, tag_id: str) -> TagRecord:
        """
        Raises:
            NotFoundError: There is no such tag.
        """
        return await self._caller.call("get_tag", path={"tag_id": tag_id})

    async def create(
        self,
        name: str,
        *,
        color: TagColor = TagColor.GRAY,
        description: str = "",
        client_id: str | None = None,
    ) -> TagRecord:
        """Create a tag.

        Args:
            client_id: Repeated with the same one, the tag is created once.

        Raises:
            InvalidError: A value is refused.
            TagNameTakenError: Another tag has the name.
            TooManyTagsError: There is no room for one more.
        """
        return await self._caller.call(
            "create_tag",
            body={"name": name, "color": color, "description": description},
            client_id=client_id,
        )

    async def change(
        self,
        tag_id: str,
        *,
        name: str | UnsetType = UNSET,
        color: TagColor | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
    ) -> TagRecord:
        """Change a tag. What is left out stays as it is. When the name changes, the conversations
        follow within moments.

        Raises:
            NotFoundError: There is no such tag.
            InvalidError: A value is refused.
            TagNameTakenError: Another tag has the name.
        """
        return await self._caller.call(
            "change_tag",
            path={"tag_id": tag_id},
            body={"name": name, "color": color, "description": description},
        )

    async def merge(self, tag_id: str, *, into: str, client_id: str | None = None) -> TagRecord:
        """Replace a tag by another one in all conversations, and return that one.

        Args:
            into: The id of the tag that stays.
            client_id: Repeated with the same one, it answers the same.

        Raises:
            NotFoundError: One of the two does not exist.
            InvalidError: The two are one.
        """
        return await self._caller.call(
            "merge_tag", path={"tag_id": tag_id}, body={"into": into}, client_id=client_id
        )

    async def delete(self, tag_id: str) -> TagRecord:
        """Delete a tag, take it from all conversations, and return it as it was.

        Raises:
            NotFoundError: There is no such tag.
        """
        return await self._caller.call("delete_tag", path={"tag_id": tag_id})
