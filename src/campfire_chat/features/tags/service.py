"""Tags, for the API."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import text
from campfire_chat.feature import Service
from campfire_chat.features.tags import queries, rules
from campfire_chat.features.tags.operations import (
    Changes,
    ChangeTag,
    CreateTag,
    DeleteTag,
    Draft,
    MergeTag,
)
from campfire_chat.features.tags.permissions import TAGS_CREATE, TAGS_READ, TAGS_WRITE
from campfire_chat.features.tags.queries import Place
from campfire_chat.features.tags.records import ListedTag, TagRecord
from campfire_chat.features.tags.rewriting import REWRITE, Rewriter
from campfire_chat.jobs.job import Work
from campfire_chat.ledger.storage import Storage


class TagService(Service):
    """See the module."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def works(self) -> Iterable[Work]:
        yield REWRITE.done_by(Rewriter(self._storage).step)

    async def page(
        self, actor: Actor, search: str, after: Place | None, limit: int
    ) -> tuple[list[ListedTag], Place | None]:
        """A page of the tags in the order of their names, and where the next page begins.

        Args:
            search: A part of the name; upper and lower case are the same.

        Raises:
            ForbiddenError: The caller may not see tags.
        """
        require(actor, TAGS_READ)
        text.check_text(search, field="search")
        wanted = rules.same_name(search.strip())
        found = await self._storage.read(
            lambda session: queries.page(session, actor, wanted, after, limit + 1)
        )
        records = [record for _, record in found[:limit]]
        if len(found) <= limit:
            return records, None
        return records, (found[limit - 1][0], records[-1].id)

    async def get(self, actor: Actor, tag_id: str) -> TagRecord:
        """
        Raises:
            ForbiddenError: The caller may not see tags.
            NotFoundError: There is no such tag.
        """
        require(actor, TAGS_READ)
        return await self._storage.read(
            lambda session: queries.get(session, actor.organization, tag_id)
        )

    async def create(self, actor: Actor, draft: Draft, *, client_id: str | None) -> TagRecord:
        """
        Raises:
            ForbiddenError: The caller may not create tags.
            TagNameTakenError: Another one has the name.
            TooManyTagsError: There is no room for one more.
        """
        require(actor, TAGS_CREATE)
        return await self._storage.submit(CreateTag(actor, draft, client_id=client_id))

    async def change(self, actor: Actor, tag_id: str, changes: Changes) -> TagRecord:
        """Change a tag. When its name changes, the conversations that have it follow.

        Raises:
            ForbiddenError: The caller may not change tags.
            NotFoundError: There is no such tag.
            TagNameTakenError: Another one has the name.
        """
        require(actor, TAGS_WRITE)
        return await self._storage.submit(ChangeTag(actor, tag_id, changes))

    async def merge(
        self, actor: Actor, tag_id: str, into: str, *, client_id: str | None
    ) -> TagRecord:
        """Replace a tag by another one, which is returned, in all conversations.

        Raises:
            ForbiddenError: The caller may not change tags.
            NotFoundError: There is no such tag, or no such other one.
            InvalidError: The two are one.
        """
        require(actor, TAGS_WRITE)
        return await self._storage.submit(MergeTag(actor, tag_id, into, client_id=client_id))

    async def delete(self, actor: Actor, tag_id: str) -> TagRecord:
        """Delete a tag, and take it from all conversations.

        Raises:
            ForbiddenError: The caller may not delete tags.
            NotFoundError: There is no such tag.
        """
        require(actor, TAGS_WRITE)
        return await self._storage.submit(DeleteTag(actor, tag_id))
