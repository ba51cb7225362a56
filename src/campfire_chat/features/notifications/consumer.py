"""Reads the feed, and tells agents what concerns them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from campfire_chat.database.lanes import Session
from campfire_chat.features.notifications import queries
from campfire_chat.features.notifications.operations import (
    CONSUMER,
    Tell,
    Telling,
    is_dealt_with,
    is_new,
)
from campfire_chat.features.notifications.queries import Owned
from campfire_chat.features.notifications.rules import Dealt, Due, follow, remaining
from campfire_chat.features.notifications.settings import WANTED
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.feed.consumer import Consumer
from campfire_chat.feed.reading import FeedPage
from campfire_chat.ledger.storage import Storage


class NotificationFeed:
    """See the module. What changes nothing is found out before the ledger is asked."""

    def __init__(self, storage: Storage, settings: SettingsService) -> None:
        self._storage = storage
        self._settings = settings

    @property
    def consumer(self) -> Consumer:
        return Consumer(CONSUMER, self._handle)

    async def _handle(self, organization: str, page: FeedPage) -> Tell | None:
        found = follow(page.events)
        if not found:
            return None
        about = await self._storage.read(lambda session: _owners(session, organization, found))
        due, dealt = remaining(_addressed(found, about))
        wanted = [
            Telling(one.agent_id, one, sorted(about[one.conversation_id].access_labels))
            for one in due
            if one.agent_id is not None
            and (await self._settings.of_agent(organization, one.agent_id))[WANTED[one.kind]]
        ]
        return await self._storage.read(
            lambda session: _changes(session, organization, wanted, dealt)
        )


async def _owners(
    session: Session, organization: str, found: Iterable[Due | Dealt]
) -> dict[str, Owned]:
    """The conversations of which somebody may have to be told, by their ids."""
    ids = sorted({one.conversation_id for one in found if isinstance(one, Due)})
    return await queries.owners(session, organization, ids) if ids else {}


def _addressed(found: Iterable[Due | Dealt], about: Mapping[str, Owned]) -> Iterable[Due | Dealt]:
    """The same, with the agents who have the conversations now in place of nobody."""
    for one in found:
        if isinstance(one, Dealt):
            yield one
        elif (there := about.get(one.conversation_id)) is not None:
            if one.agent_id is not None:
                yield one
            elif there.agent_id is not None:
                yield one._replace(agent_id=there.agent_id)


async def _changes(
    session: Session, organization: str, wanted: list[Telling], dealt: list[Dealt]
) -> Tell | None:
    """What is to be written; None if it is all there."""
    new: list[Telling] = []
    done: list[Dealt] = []
    for agent_id in sorted({one.agent_id for one in dealt}):
        acts = [one for one in dealt if one.agent_id == agent_id]
        there = await queries.unread(
            session, organization, agent_id, sorted({one.conversation_id for one in acts})
        )
        done += [act for act in acts if any(is_dealt_with(one, [act]) for one in there)]
    for agent_id in sorted({one.agent_id for one in wanted}):
        mine = [one for one in wanted if one.agent_id == agent_id]
        known = await queries.known(
            session, organization, agent_id, sorted(one.due.id for one in mine)
        )
        marked = {one.conversation_id for one in done if one.agent_id == agent_id}
        new += [
            one
            for one in mine
            # What is marked here is unread until then.
            if one.due.conversation_id in marked or is_new(one.due, known.get(one.due.id))
        ]
    return Tell(organization, new, done) if new or done else None
