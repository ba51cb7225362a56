"""What conversations say follows the tags: after a tag was renamed, merged or deleted, a job gives
each conversation that has it the present names, some at a time.

Until it has been everywhere, the former name stays reserved and stands for what the tag is now. So
whoever names it in the meantime, from a screen that does not know yet, means the right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import delete

from campfire_chat.access.actor import SYSTEM, Actor
from campfire_chat.access.policy import require
from campfire_chat.access.records import Participant
from campfire_chat.features.conversations.aggregate import CONVERSATIONS, append_changes
from campfire_chat.features.conversations.permissions import (
    CONVERSATIONS_MANAGE,
    CONVERSATIONS_READ,
)
from campfire_chat.features.conversations.rules import Conversation, Patch, change
from campfire_chat.features.tags import queries, rules, using
from campfire_chat.features.tags.queries import Named
from campfire_chat.features.tags.tables import former_tag_names
from campfire_chat.jobs.job import Job, JobKind
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.transaction import Transaction

_f = former_tag_names.c

#: Conversations that one transaction changes: it holds their locks and that of the inbox.
STEP: Final = 50


class Rewriting(Struct, frozen=True, kw_only=True):
    """Which conversations are to follow.

    Attributes:
        tag_id: Those that have this tag, which may be gone.
        rewrite_id: The former names that are free once this has ended.
        actor: Who has changed the tag; None for the system.
        after: The last conversation that was done; empty at the beginning.
    """

    tag_id: str
    rewrite_id: str
    actor: Participant | None = None
    after: str = ""


REWRITE = JobKind("tag.rewrite", Rewriting, permissions=(CONVERSATIONS_READ, CONVERSATIONS_MANAGE))


class RewriteSome(Operation[None]):
    """Give some conversations the present names of their tags, and go on with the next ones.

    Args:
        conversations: The next ones, in order.
    """

    kind = CONVERSATIONS

    def __init__(self, actor: Actor, rewriting: Rewriting, conversations: Sequence[str]) -> None:
        super().__init__(actor, conversations)
        self._rewriting = rewriting

    async def run(self, transaction: Transaction) -> None:
        require(self.actor, CONVERSATIONS_MANAGE)
        session, organization = transaction.session, self.organization
        some = [
            transaction.aggregate(CONVERSATIONS, self.actor, item) for item in self.aggregate_ids
        ]
        names = {name for item in some for name in item.tags}
        found, links = await queries.resolve(session, organization, names, self.aggregate_ids)
        taggings: dict[str, using.Tagging] = {}
        for conversation in some:
            used = present(conversation.tags, found)
            self._rename(transaction, conversation, list(used))
            after = [tag_id for tag_id in used.values() if tag_id is not None]
            taggings[conversation.id] = (links[conversation.id], after)
        await using.link(transaction, organization, taggings)
        if len(self.aggregate_ids) == STEP:
            following = Rewriting(
                tag_id=self._rewriting.tag_id,
                rewrite_id=self._rewriting.rewrite_id,
                actor=self._rewriting.actor,
                after=self.aggregate_ids[-1],
            )
            REWRITE.defer(transaction, organization, following, run_at=transaction.now)
            return
        await session.execute(
            delete(former_tag_names).where(
                _f.org_id == organization, _f.rewrite_id == self._rewriting.rewrite_id
            )
        )

    def _rename(
        self, transaction: Transaction, conversation: Conversation, names: list[str]
    ) -> None:
        actor = self._rewriting.actor or SYSTEM
        changes = change(conversation, Patch(tags=names), actor=actor, now=transaction.now)
        append_changes(transaction, conversation, changes)


def present(names: Sequence[str], found: dict[str, Named]) -> dict[str, str | None]:
    """The present names of the tags that a conversation names, in order, each with the tag's id.

    The name of a deleted tag is left out. A name that no tag has, with None, is kept.
    """
    used: dict[str, str | None] = {}
    for name in names:
        there = found.get(rules.same_name(name))
        if there is None:
            used[name] = None
        elif there.id is not None:
            used[there.name] = there.id
    return used


class Rewriter:
    """Does the job."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def step(self, job: Job[Rewriting]) -> RewriteSome:
        about = job.arguments
        found = await self._storage.read(
            lambda session: queries.used_by(
                session, job.organization, about.tag_id, about.after, STEP
            )
        )
        return RewriteSome(job.actor, about, found)
