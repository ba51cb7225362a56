"""Creating, changing, merging and deleting tags.

Each locks the inbox of the organisation before it reads, as every change of a conversation does. So
what was counted or compared still holds when it is written.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, structs
from sqlalchemy import delete, insert, update

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import clock, ids
from campfire_chat.core.errors import InvalidError
from campfire_chat.features.tags import queries, rules, using
from campfire_chat.features.tags.errors import TagNameTakenError
from campfire_chat.features.tags.events import TAG_CHANGED, TAG_DELETED, TagChanged, TagDeleted
from campfire_chat.features.tags.permissions import TAGS_CREATE, TAGS_WRITE
from campfire_chat.features.tags.records import TagColor, TagRecord
from campfire_chat.features.tags.rewriting import REWRITE, Rewriting
from campfire_chat.features.tags.tables import former_tag_names, tags
from campfire_chat.ledger.operation import IdempotentOperation, Operation
from campfire_chat.ledger.transaction import Transaction

_t, _f = tags.c, former_tag_names.c


class Draft(Struct, frozen=True, kw_only=True):
    """A new tag, checked."""

    name: str
    color: TagColor
    description: str


class Changes(Struct, frozen=True, kw_only=True):
    """What is to change, checked. What is not set stays."""

    name: str | UnsetType = UNSET
    color: TagColor | UnsetType = UNSET
    description: str | UnsetType = UNSET


async def claim(transaction: Transaction, organization: str, name: str, tag_id: str | None) -> None:
    """
    Args:
        tag_id: The tag that is to have the name; None for a new one.

    Raises:
        TagNameTakenError: Another tag has the name, or conversations still say it for another one.
    """
    found, _ = await queries.resolve(transaction.session, organization, [name])
    there = found.get(rules.same_name(name))
    if there is None or (there.id is not None and there.id == tag_id):
        return
    if there.id is None:
        sentence = f"The tag {name} is being deleted. Try again in a moment."
    elif rules.same_name(there.name) == rules.same_name(name):
        sentence = f"Another tag has the name {there.name}. You can merge the two."
    else:
        sentence = f"{name} is being replaced by {there.name}. Try again in a moment."
    raise TagNameTakenError(sentence, field="name")


async def retire(
    transaction: Transaction,
    actor: Actor,
    record: TagRecord,
    *,
    name: str | None,
    becomes: str | None,
) -> None:
    """Have the conversations of a tag follow.

    Args:
        record: The tag as it was.
        name: The name that it does not have any longer; None if only its spelling changes.
        becomes: The tag that this name stands for until then; None for none.
    """
    organization, rewrite_id = actor.organization, ids.new("rew")
    if name is not None:
        row = {
            "org_id": organization,
            "folded": rules.same_name(name),
            "tag_id": becomes,
            "rewrite_id": rewrite_id,
        }
        await transaction.session.execute(insert(former_tag_names).values(row))
    about = Rewriting(tag_id=record.id, rewrite_id=rewrite_id, actor=actor.principal.participant)
    REWRITE.defer(transaction, organization, about, run_at=transaction.now)


class CreateTag(IdempotentOperation[TagRecord]):
    """Store a new one."""

    def __init__(self, actor: Actor, draft: Draft, *, client_id: str | None) -> None:
        content = f"create tag {draft.name} {draft.color.value} {draft.description}"
        super().__init__(actor, (), client_id=client_id, content=content)
        self._draft = draft

    async def do(self, transaction: Transaction) -> TagRecord:
        require(self.actor, TAGS_CREATE)
        draft = self._draft
        await claim(transaction, self.organization, draft.name, None)
        await using.make_room(transaction, self.organization, 1)
        return using.create(transaction, self.actor, draft.name, draft.color, draft.description)

    async def repeat(self, transaction: Transaction) -> TagRecord:
        found, _ = await queries.resolve(transaction.session, self.organization, [self._draft.name])
        there = found.get(rules.same_name(self._draft.name))
        tag_id = "" if there is None else there.id or ""
        return await queries.get(transaction.session, self.organization, tag_id)


class ChangeTag(Operation[TagRecord]):
    """Change one. After a change of its name, its conversations follow."""

    def __init__(self, actor: Actor, tag_id: str, changes: Changes) -> None:
        super().__init__(actor)
        self._id = tag_id
        self._changes = changes

    async def run(self, transaction: Transaction) -> TagRecord:
        require(self.actor, TAGS_WRITE)
        session, organization = transaction.session, self.organization
        before = await queries.get(session, organization, self._id)
        wanted = structs.asdict(self._changes)
        known = {name: value for name, value in wanted.items() if value is not UNSET}
        after = structs.replace(before, **known)
        if after == before:
            return before
        me = self.actor.principal
        after = structs.replace(after, updated_by=me.id, updated_at=clock.rfc3339(transaction.now))
        if after.name != before.name:
            await self._rename(transaction, before, after)
        await session.execute(
            update(tags)
            .where(_t.org_id == organization, _t.tag_id == self._id)
            .values(
                name=after.name,
                folded=rules.same_name(after.name),
                color=after.color.value,
                description=after.description,
                updated_by=after.updated_by,
                updated_at=transaction.now,
            )
        )
        data = TagChanged(tag=after, actor=me.participant)
        transaction.tell_inbox(organization, TAG_CHANGED, data)
        return after

    async def _rename(self, transaction: Transaction, before: TagRecord, after: TagRecord) -> None:
        await claim(transaction, self.organization, after.name, self._id)
        # A former name of its own may be its name again.
        await transaction.session.execute(
            delete(former_tag_names).where(
                _f.org_id == self.organization, _f.folded == rules.same_name(after.name)
            )
        )
        same = rules.same_name(before.name) == rules.same_name(after.name)
        name = None if same else before.name
        await retire(transaction, self.actor, before, name=name, becomes=self._id)


async def remove(
    transaction: Transaction, actor: Actor, record: TagRecord, *, into: str | None
) -> None:
    """Remove a tag, and have its conversations follow.

    Args:
        into: The tag that they get instead; None for none.
    """
    session, organization = transaction.session, actor.organization
    await session.execute(delete(tags).where(_t.org_id == organization, _t.tag_id == record.id))
    await session.execute(
        update(former_tag_names)
        .where(_f.org_id == organization, _f.tag_id == record.id)
        .values(tag_id=into)
    )
    await retire(transaction, actor, record, name=record.name, becomes=into)
    data = TagDeleted(id=record.id, merged_into=into, actor=actor.principal.participant)
    transaction.tell_inbox(organization, TAG_DELETED, data)


class MergeTag(IdempotentOperation[TagRecord]):
    """Merge a tag into another one, which is the result."""

    def __init__(self, actor: Actor, tag_id: str, into: str, *, client_id: str | None) -> None:
        content = f"merge tag {tag_id} {into}"
        super().__init__(actor, (), client_id=client_id, content=content)
        self._id = tag_id
        self._into = into

    async def do(self, transaction: Transaction) -> TagRecord:
        require(self.actor, TAGS_WRITE)
        record = await queries.get(transaction.session, self.organization, self._id)
        if self._into == self._id:
            raise InvalidError("A tag cannot be merged into itself.", field="into")
        other = await self.repeat(transaction)
        await remove(transaction, self.actor, record, into=other.id)
        return other

    async def repeat(self, transaction: Transaction) -> TagRecord:
        return await queries.get(transaction.session, self.organization, self._into)


class DeleteTag(Operation[TagRecord]):
    """Delete one. The result is what it was."""

    def __init__(self, actor: Actor, tag_id: str) -> None:
        super().__init__(actor)
        self._id = tag_id

    async def run(self, transaction: Transaction) -> TagRecord:
        require(self.actor, TAGS_WRITE)
        record = await queries.get(transaction.session, self.organization, self._id)
        await remove(transaction, self.actor, record, into=None)
        return record
