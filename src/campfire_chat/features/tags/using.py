"""Giving tags to conversations. A conversation names its tags, and a tag that is named for the
first time is created.

Whoever calls this holds the lock of the organisation's inbox, as every operation does that changes
a conversation or a tag. So no tag is renamed, merged or deleted in the meantime.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import clock, ids
from campfire_chat.database.statement import BulkDelete, BulkInsert
from campfire_chat.features.tags import queries, rules
from campfire_chat.features.tags.codec import TAG_ROWS
from campfire_chat.features.tags.errors import TagNameTakenError, TooManyTagsError
from campfire_chat.features.tags.events import TAG_CHANGED, TagChanged
from campfire_chat.features.tags.permissions import TAGS_CREATE
from campfire_chat.features.tags.records import TagColor, TagRecord
from campfire_chat.features.tags.tables import conversation_tags, tags
from campfire_chat.ledger.transaction import Transaction

#: The prefix of the ids of tags.
PREFIX: Final = "tag"

INSERT_TAGS = BulkInsert(tags)
INSERT_LINKS = BulkInsert(conversation_tags, ignore=True)
DELETE_LINKS = BulkDelete(conversation_tags)

#: The ids of the tags that a conversation had, and of those that it has.
Tagging = tuple[Iterable[str], Iterable[str]]


async def use(
    transaction: Transaction,
    actor: Actor,
    conversation_id: str,
    names: Sequence[str],
    *,
    said: Iterable[str],
) -> list[str]:
    """Give a conversation these tags and no others, and return their names as the tags spell them.

    Args:
        said: The names that it says so far. If the tag of one was deleted, that name is left out:
            whoever gives it a further tag only repeats what their screen shows.

    Raises:
        ForbiddenError: A tag does not exist, and the caller may not create it.
        TagNameTakenError: A tag of this name is being deleted.
        TooManyTagsError: There is no room for one more.
    """
    session, organization = transaction.session, actor.organization
    found, links = await queries.resolve(session, organization, names, [conversation_id])
    new = {key: name for name in names if (key := rules.same_name(name)) not in found}
    if new:
        require(actor, TAGS_CREATE)
        await make_room(transaction, organization, len(new))
    for key, name in new.items():
        record = create(transaction, actor, rules.check_name(name), TagColor.GRAY, "")
        found[key] = queries.Named(record.id, record.name)
    leaving = {rules.same_name(name) for name in said}
    used: dict[str, str] = {}
    for name in names:
        key = rules.same_name(name)
        there = found[key]
        if there.id is None:
            if key in leaving:
                continue
            raise TagNameTakenError(
                f"The tag {name} is being deleted. Try again in a moment.", field="tags"
            )
        used[there.id] = there.name
    await link(transaction, organization, {conversation_id: (links[conversation_id], used)})
    return list(used.values())


async def link(
    transaction: Transaction, organization: str, taggings: Mapping[str, Tagging]
) -> None:
    """Note which tags conversations have, by the conversation's id."""
    gone: list[tuple[str, str, str]] = []
    for conversation_id, (before, after) in taggings.items():
        had, has = set(before), set(after)
        gone += [(organization, tag_id, conversation_id) for tag_id in sorted(had - has)]
        for tag_id in sorted(has - had):
            transaction.insert(INSERT_LINKS, (organization, tag_id, conversation_id))
    await transaction.session.write(DELETE_LINKS, gone)


def create(
    transaction: Transaction, actor: Actor, name: str, color: TagColor, description: str
) -> TagRecord:
    """Store a new tag and tell of it. The name is not taken."""
    me, at = actor.principal, clock.rfc3339(transaction.now)
    record = TagRecord(
        id=ids.new(PREFIX),
        name=name,
        color=color,
        description=description,
        created_by=me.id,
        created_at=at,
        updated_by=me.id,
        updated_at=at,
    )
    organization = actor.organization
    transaction.insert(INSERT_TAGS, TAG_ROWS.write(record, organization, rules.same_name(name)))
    data = TagChanged(tag=record, actor=me.participant)
    transaction.tell_inbox(organization, TAG_CHANGED, data)
    return record


async def make_room(transaction: Transaction, organization: str, wanted: int) -> None:
    """
    Raises:
        TooManyTagsError: There is no room for so many more.
    """
    if await queries.count(transaction.session, organization) + wanted > rules.MOST_TAGS:
        raise TooManyTagsError(
            f"An organisation can have {rules.MOST_TAGS} tags. Delete or merge some first."
        )
