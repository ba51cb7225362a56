"""Who may subscribe to a stream, and where its head is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from msgspec import Struct, structs

from campfire_chat.access.actor import Actor
from campfire_chat.access.permissions import Requirement
from campfire_chat.access.policy import can, meets, reaches, shares
from campfire_chat.core.errors import NotFoundError
from campfire_chat.database.batch_loader import BatchLoader
from campfire_chat.database.lanes import Lanes
from campfire_chat.ledger import event_log, screening, streams
from campfire_chat.ledger.aggregate import AnyKind, Owner, StreamOf
from campfire_chat.ledger.event_log import StreamPage
from campfire_chat.ledger.screening import ScreenedEvent


class OwnStream(Struct, frozen=True):
    """A kind of streams that belong to no aggregate. Their heads are rows of their own.

    They have no lock of their own: whoever appends to one holds the lock of the organisation's
    inbox until the commit. See :meth:`campfire_chat.ledger.transaction.Transaction.tell_stream`.

    Attributes:
        kind: The first part of the streams' names.
        subject: What the second part is, for lists.
        permission: What somebody needs to see one.
        admits: Whether the stream with this second part of the name is one that the permission
            is for.
    """

    kind: str
    subject: str
    permission: Requirement
    admits: Callable[[Actor, str], bool]

    def name(self, subject: str) -> str:
        return f"{self.kind}:{subject}"


INBOXES = OwnStream(
    streams.INBOX,
    "<organization>",
    streams.INBOX_READ,
    lambda actor, organization: organization == actor.organization,
)


class _Audience(Struct, frozen=True):
    """A kind of streams of aggregates, and where its owners are found."""

    kind: AnyKind
    stream: StreamOf
    index: int
    owners: BatchLoader[Owner]


class StreamAccess:
    """See the module. After a restart many clients ask at once, so they share queries.

    Args:
        readers: The lanes that run the queries.
        kinds: The kinds of aggregates.
        own: The kinds of streams that belong to none, beside the inboxes.
    """

    def __init__(self, readers: Lanes, kinds: Iterable[AnyKind], own: Iterable[OwnStream]) -> None:
        self._heads = BatchLoader(readers, event_log.heads)
        self._own = {item.kind: item for item in (INBOXES, *own)}
        self._owners: dict[AnyKind, BatchLoader[Owner]] = {
            kind: BatchLoader(readers, kind.owners) for kind in kinds
        }
        self._listed = {kind.list_event.name: owners for kind, owners in self._owners.items()}
        self._audiences = {
            stream.kind: _Audience(kind, stream, index, owners)
            for kind, owners in self._owners.items()
            for index, stream in enumerate(kind.streams)
        }

    async def check(self, kind: AnyKind, actor: Actor, aggregate_id: str) -> None:
        """
        Raises:
            NotFoundError: There is no such aggregate, or not one that the caller may see.
        """
        owner = await self._owners[kind].get(actor.organization, aggregate_id)
        if owner is None or not can(actor, kind.permission, owner):
            raise NotFoundError(kind.missing)

    async def screen(self, actor: Actor, name: str, page: StreamPage) -> StreamPage:
        """A page of a stream as a caller who was admitted may see it.

        Only an agent whom the host app narrows by labels may not see every event of an inbox, or
        of their own stream. It depends on the labels that a thing has now, not on those that it
        had then.
        """
        if actor.labels is None or not page.events:
            return page
        if streams.parse(name).kind not in streams.SCREENED:
            return page
        seen = await asyncio.gather(
            *(self._sees(actor, screening.read(text), text) for _, text in page.events)
        )
        return structs.replace(
            page,
            events=[
                (seq, text if visible else screening.hidden(text))
                for (seq, text), visible in zip(page.events, seen, strict=True)
            ],
        )

    async def _sees(self, actor: Actor, event: ScreenedEvent | None, text: str) -> bool:
        """Whether a narrowed agent may see what an event is about."""
        if event is None:
            return False
        audience = screening.audience_of(event.event, text)
        if audience is not None:
            return await self._is_admitted(actor, audience)
        owners = self._listed.get(event.event)
        if owners is None:
            return shares(actor.labels or frozenset(), event.data.access_labels)
        owner = await owners.get(actor.organization, event.data.id)
        return owner is not None and reaches(actor, owner)

    async def _is_admitted(self, actor: Actor, name: str) -> bool:
        try:
            await self.admit(actor, name)
        except NotFoundError:
            return False
        return True

    async def admit(self, actor: Actor, name: str) -> int:
        """The head of a stream, read after this was called, if the caller belongs to its audience.

        Raises:
            NotFoundError: No such stream, or not one that the caller may see.
        """
        stream = streams.parse(name)
        own = self._own.get(stream.kind)
        if own is not None:
            if meets(actor, own.permission) and own.admits(actor, stream.subject):
                return await self._heads.get(actor.organization, name) or 0
            raise NotFoundError("There is no such stream.")
        audience = self._audiences.get(stream.kind)
        if audience is not None and can(actor, audience.stream.permission):
            owner = await audience.owners.get(actor.organization, stream.subject)
            if owner is not None and can(actor, audience.kind.permission, owner):
                return owner.heads[audience.index]
        raise NotFoundError("There is no such stream.")
