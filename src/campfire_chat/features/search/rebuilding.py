"""Goes through everything of an organisation, and has the index hold what is there.

It needs no second index: each step replaces some documents in one transaction, so searching goes on
and finds what it found before. What is written meanwhile is indexed by the consumer as always.
After an upgrade a job does it, and a person does it by the command line.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from campfire_chat.access.actor import Actor, system_actor
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ, NOTES_READ
from campfire_chat.features.search import queries
from campfire_chat.features.search.operations import Index
from campfire_chat.features.search.preparing import Prepared, parts, prepare
from campfire_chat.jobs.job import Job, JobKind
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.transaction import Transaction

#: Documents that one transaction writes at most. With fewer, those who send messages wait less.
STEP: Final = 200


class Stage(StrEnum):
    """What is gone through: first what is there, then the documents of what is gone."""

    CONVERSATION = "conversation"
    MESSAGE = "message"
    DOCUMENT = "document"


_QUERIES = {
    Stage.CONVERSATION: queries.CONVERSATIONS_AFTER,
    Stage.MESSAGE: queries.MESSAGES_AFTER,
    Stage.DOCUMENT: queries.DOCUMENTS_AFTER,
}
_FOLLOWING = {Stage.CONVERSATION: Stage.MESSAGE, Stage.MESSAGE: Stage.DOCUMENT}


class Rebuild(Struct, frozen=True, kw_only=True):
    """How far it has come.

    Attributes:
        after: The last id of this stage that was done; empty at its beginning.
    """

    stage: Stage = Stage.CONVERSATION
    after: str = ""


REBUILD = JobKind("search.rebuild", Rebuild, permissions=(CONVERSATIONS_READ, NOTES_READ))


class RebuildSome(Index):
    """Index some, and go on with the next ones.

    Args:
        stage: What the ids are of. Those of documents may be of either.
        following: Where it goes on; None at the end.
    """

    def __init__(
        self,
        actor: Actor,
        stage: Stage,
        ids: list[str],
        following: Rebuild | None,
        ready: Mapping[str, Prepared],
    ) -> None:
        super().__init__(actor, *_split(stage, ids), ready=ready)
        self.following = following

    async def run(self, transaction: Transaction) -> None:
        await super().run(transaction)
        if self.following is not None:
            REBUILD.defer(transaction, self.organization, self.following, run_at=transaction.now)


def _split(stage: Stage, ids: list[str]) -> tuple[list[str], list[str]]:
    """The ids that may be messages, and those that may be conversations."""
    return (
        [] if stage is Stage.CONVERSATION else ids,
        [] if stage is Stage.MESSAGE else ids,
    )


class Rebuilder:
    """Does the job."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def step(self, job: Job[Rebuild]) -> RebuildSome:
        ids, following, ready = await self._next(job.organization, job.arguments)
        return RebuildSome(job.actor, job.arguments.stage, ids, following, ready)

    async def everything(self, organization: str) -> AsyncIterator[int]:
        """Index all of an organisation again, without jobs. After each step it tells how many
        messages, conversations and index entries it has checked so far."""
        actor = system_actor(organization, *REBUILD.permissions)
        at: Rebuild | None = Rebuild()
        seen = 0
        while at is not None:
            ids, following, ready = await self._next(organization, at)
            message_ids, conversation_ids = _split(at.stage, ids)
            # The last stage comes after all that is there: what it looks at is new by then.
            rewrite = at.stage is not Stage.DOCUMENT
            await self._storage.submit(
                Index(actor, message_ids, conversation_ids, rewrite=rewrite, ready=ready)
            )
            seen += len(ids)
            at = following
            yield seen

    async def _next(
        self, organization: str, at: Rebuild
    ) -> tuple[list[str], Rebuild | None, dict[str, Prepared]]:
        """The ids that come next, where it goes on after them, which is None at the end, and what
        is to be written."""
        ids = await self._storage.read(
            lambda session: queries.ids_after(
                session, _QUERIES[at.stage], organization, at.after, STEP
            )
        )
        ready = await prepare(self._storage, organization, *_split(at.stage, ids))
        part: list[str] = next(parts(ids, ready)) if ids else []
        if len(ids) == STEP or len(part) < len(ids):
            return part, Rebuild(stage=at.stage, after=part[-1]), ready
        following = _FOLLOWING.get(at.stage)
        return part, None if following is None else Rebuild(stage=following), ready
