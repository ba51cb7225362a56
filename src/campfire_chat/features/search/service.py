"""Searching what was said, for the API."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import text
from campfire_chat.database.lanes import Session
from campfire_chat.feature import Service
from campfire_chat.features.agents import queries as agent_queries
from campfire_chat.features.agents.codec import AGENT_ROWS
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.features.search import rules
from campfire_chat.features.search.consumer import IndexFeed
from campfire_chat.features.search.documents import SearchKind
from campfire_chat.features.search.errors import SearchTooBroadError
from campfire_chat.features.search.finding import (
    MOST_TIME,
    Candidate,
    Place,
    Sort,
    Wanted,
    candidates,
)
from campfire_chat.features.search.hits import read_hits
from campfire_chat.features.search.parsing import Names, Search, parse
from campfire_chat.features.search.queries import organizations
from campfire_chat.features.search.rebuilding import REBUILD, Rebuilder
from campfire_chat.features.search.records import SearchHit
from campfire_chat.features.search.tokens import tokens_of
from campfire_chat.features.tags import queries as tag_queries
from campfire_chat.features.tags.rules import same_name
from campfire_chat.feed.consumer import Consumer
from campfire_chat.jobs.job import Work
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.streams import INBOX_READ

#: How often the index is asked for one page: because a stretch was at its end, or because what it
#: found was gone.
MOST_ROUNDS: Final = 5

_AGENT_ID, _AGENT_NAME = AGENT_ROWS.position("agent_id"), AGENT_ROWS.position("name")


class SearchService(Service):
    """See the module."""

    def __init__(self, storage: Storage, settings: SettingsService) -> None:
        self._storage = storage
        self._settings = settings
        self._feed = IndexFeed(storage)
        self._rebuilder = Rebuilder(storage)

    def consumers(self) -> Iterable[Consumer]:
        yield self._feed.consumer

    def works(self) -> Iterable[Work]:
        yield REBUILD.done_by(self._rebuilder.step)

    async def rebuild(self) -> AsyncIterator[tuple[str, int]]:
        """Index everything of all organisations again. After each step it tells the organisation,
        and how many messages, conversations and index entries of it were checked so far."""
        for organization in await self._storage.read(organizations):
            async for seen in self._rebuilder.everything(organization):
                yield organization, seen

    async def page(
        self,
        actor: Actor,
        wanted: str,
        *,
        kinds: frozenset[SearchKind],
        sort: Sort,
        place: Place | None,
        limit: int,
    ) -> tuple[list[SearchHit], Place | None]:
        """A page of what is found, and where the next one begins.

        A page may be shorter than ``limit``, or empty, although there may be a next one: when
        little of the matches that it looked through meets the conditions, or much of it is gone.

        Args:
            wanted: Words, phrases and operators; see :mod:`~campfire_chat.features.search.parsing`.
            kinds: Only what is of one of these kinds; empty for all.

        Raises:
            ForbiddenError: The caller may not see the inbox, or not read conversations.
            InvalidSearchError: The search cannot be understood.
            SearchTooBroadError: PostgreSQL has found nothing in time.
        """
        require(actor, INBOX_READ)
        require(actor, CONVERSATIONS_READ)
        text.check_text(wanted, field="q")
        zone = await self._settings.time_zone(actor.organization)
        search = parse(wanted, me=actor.principal.id, zone=zone)
        if search.is_empty:
            return [], None
        at = place or Place(rules.first_number(self._storage.now() + 1))
        return await self._storage.read(
            lambda session: _read_page(session, actor, search, kinds, sort, at, limit)
        )


async def _read_page(
    session: Session,
    actor: Actor,
    search: Search,
    kinds: frozenset[SearchKind],
    sort: Sort,
    place: Place,
    limit: int,
) -> tuple[list[SearchHit], Place | None]:
    resolved = await _resolved(session, actor, search)
    if resolved is None:
        return [], None
    hits: list[SearchHit] = []
    deadline = time.monotonic() + MOST_TIME / 1_000
    for attempt in range(MOST_ROUNDS):
        # One more than there is room for says whether there is a next page.
        asked = limit - len(hits) + 1
        try:
            found, end = await candidates(
                session,
                actor,
                Wanted(resolved, kinds),
                sort,
                place,
                limit=asked,
                deadline=deadline,
            )
        except SearchTooBroadError:
            if not attempt:
                raise
            # The next page goes on with what took too long.
            return hits, place
        for number, hit in enumerate(await read_hits(session, actor, resolved, found)):
            if hit is not None and len(hits) == limit:
                return hits, _after(place, sort, found[:number])
            if hit is not None:
                hits.append(hit)
        if len(found) == asked:
            place = _after(place, sort, found)
        elif end is None:
            return hits, None
        else:
            place = Place(end)
    return hits, place


def _after(place: Place, sort: Sort, found: Sequence[Candidate]) -> Place:
    """Where the page begins that follows these."""
    if sort == "best":
        return Place(place.before, place.skipped + len(found))
    return Place(found[-1].number) if found else place


async def _resolved(session: Session, actor: Actor, search: Search) -> Search | None:
    """The search with ids instead of names; None if nothing can be found."""
    assignees, tags = search.assignees, search.tags
    if any(assignees):
        rows = await session.fetch(agent_queries.TEAM, org_id=actor.organization)
        agents = [
            (row[_AGENT_ID], {token.text for token in tokens_of(row[_AGENT_NAME])}) for row in rows
        ]
        assignees = Names(
            *(
                tuple(item for value in values for item in _agents(value, actor, agents))
                for values in assignees
            )
        )
        if search.assignees.wanted and not assignees.wanted:
            return None
    if any(tags):
        known, _ = await tag_queries.resolve(
            session, actor.organization, [*tags.wanted, *tags.unwanted]
        )
        ids = {
            name: known[same_name(name)].id
            for name in (*tags.wanted, *tags.unwanted)
            if same_name(name) in known
        }
        wanted = [ids.get(name) for name in tags.wanted]
        if None in wanted:
            return None
        tags = Names(
            tuple(item for item in wanted if item is not None),
            tuple(item for name in tags.unwanted if (item := ids.get(name)) is not None),
        )
    return search._replace(assignees=assignees, tags=tags)


def _agents(value: str, actor: Actor, agents: Sequence[tuple[str, set[str]]]) -> list[str]:
    """The ids of the agents that an operator means; an empty one for nobody.

    Args:
        agents: The id of each, and the words of the name.
    """
    if value.lower() == "none":
        return [""]
    if value.lower() == "me":
        return [actor.principal.id]
    if value in (agent_id for agent_id, _ in agents):
        return [value]
    words = {token.text for token in tokens_of(value)}
    return [agent_id for agent_id, name in agents if words and words <= name]
