"""The rules of a conversation: how messages and changes alter it."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from campfire_chat.access import labels
from campfire_chat.access.actor import NAMELESS, SYSTEM, Principal
from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core import clock, text
from campfire_chat.core.errors import InvalidError
from campfire_chat.core.projection import projection
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.contacts.records import Contact
from campfire_chat.features.conversations import events
from campfire_chat.features.conversations.errors import (
    ImpossibleTransitionError,
    SnoozeInPastError,
)
from campfire_chat.features.conversations.records import (
    ConversationSummary,
    Counts,
    Priority,
    Status,
    VisitorSummary,
)
from campfire_chat.features.conversations.transitions import StatusReason, allows, wakes
from campfire_chat.features.messages.records import Message, Preview, Visibility
from campfire_chat.features.tags.rules import check_name
from campfire_chat.features.teams.records import TeamName
from campfire_chat.ledger.events import EventType

MAX_TAGS = 20
MAX_SUBJECT_LENGTH = 200
#: Conversations that are counted; beyond that the number stands still, so that a count costs the
#: same however much there is.
MOST_COUNTED = 10_000


class Conversation(Struct, kw_only=True):
    """The state of one conversation while a transaction works on it; times in microseconds.

    Attributes:
        number: By which people quote it.
        snoozed_by: The id of who snoozed it; None when it is not snoozed, and when a version before
            revision 0017 did.
        last_at: The time of its last event on any stream; the next one is later.
        last_activity_at: The last public message; notes and internal changes do not move it,
            since the visitor sees it.
        head: The last seq of ``conversation:<id>``.
        notes_head: The last seq of ``notes:<id>``.
        visitor_messages: Public messages of the visitor, deleted ones included.
        agent_messages: Public messages of everybody else.
        access_labels: Which agents see it; see :mod:`campfire_chat.access.labels`.
        continues_id: The resolved conversation that goes on here.
        continued_in_id: The later conversation in which this one goes on.
    """

    organization: str
    id: str
    number: int
    contact: Contact
    status: Status = Status.OPEN
    priority: Priority | None = None
    subject: str | None = None
    assignee: Assignee | None = None
    team: TeamName | None = None
    tags: list[str] = []
    last_message: Preview | None = None
    created_at: int
    last_at: int
    last_activity_at: int
    waiting_since: int | None = None
    first_response_at: int | None = None
    resolved_at: int | None = None
    snoozed_until: int | None = None
    snoozed_by: str | None = None
    reopen_count: int = 0
    head: int = 0
    notes_head: int = 0
    visitor_messages: int = 0
    agent_messages: int = 0
    access_labels: frozenset[str] = frozenset()
    continues_id: str | None = None
    continued_in_id: str | None = None

    @property
    def visitor_id(self) -> str:
        """The visitor whose it is, for the policy."""
        return self.contact.id

    def next_at(self, now: int) -> int:
        """The time of the next event: now, but always later than the last event."""
        self.last_at = max(now, self.last_at + 1)
        return self.last_at

    @property
    def counts(self) -> Counts:
        return Counts(visitor=self.visitor_messages, agent=self.agent_messages)

    @property
    def summary(self) -> ConversationSummary:
        return _summarize(self, counts=self.counts)

    @property
    def visitor_summary(self) -> VisitorSummary:
        return _summarize_for_visitor(self, counts=self.counts)


_summarize = projection(Conversation, ConversationSummary, added=("counts",))
_summarize_for_visitor = projection(Conversation, VisitorSummary, added=("counts",))


class Change(Struct, frozen=True):
    """An event that a change causes. ``internal`` ones go to the notes stream."""

    event: EventType
    data: Struct
    internal: bool = False


class Patch(Struct, frozen=True, kw_only=True):
    """What to change. Unset fields stay. ``assignee``, ``team`` and ``snoozed_until`` are
    resolved."""

    status: Status | UnsetType = UNSET
    snoozed_until: int | UnsetType | None = UNSET
    priority: Priority | UnsetType | None = UNSET
    assignee: Assignee | UnsetType | None = UNSET
    team: TeamName | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    subject: str | UnsetType | None = UNSET
    access_labels: list[str] | UnsetType = UNSET

    @property
    def restricts(self) -> bool:
        """Whether it changes who sees the conversation."""
        return self.access_labels is not UNSET

    @property
    def manages(self) -> bool:
        """Whether it changes anything else."""
        return any(
            getattr(self, name) is not UNSET
            for name in self.__struct_fields__
            if name != "access_labels"
        )


def changes_more(
    conversation: Conversation,
    sender: Participant | Principal,
    visibility: Visibility,
    *,
    assign: bool,
) -> bool:
    """Whether a message changes more than what every message does: the status or the assignee."""
    if visibility is Visibility.INTERNAL:
        return False
    if wakes(conversation.status, conversation.snoozed_by, sender.kind, sender.id) is not None:
        return True
    return assign and sender.kind is SenderKind.AGENT and conversation.assignee is None


def comes_back(
    conversation: Conversation, sender: Participant | Principal, visibility: Visibility
) -> bool:
    """Whether a message is the visitor's word in a conversation that was resolved."""
    return (
        conversation.status is Status.RESOLVED
        and sender.kind is SenderKind.VISITOR
        and visibility is Visibility.PUBLIC
    )


def receive(
    conversation: Conversation,
    message: Message,
    at: int,
    *,
    assign: bool = False,
    leaves: bool = False,
) -> list[Change]:
    """Count a message, and return what else it changes.

    A visitor's reply opens a conversation that is not open, and starts the wait for an answer. The
    first public message of an agent ends the wait. It also reopens a conversation that somebody
    else has snoozed. Notes change nothing.

    Args:
        assign: Whether an agent who answers an unassigned conversation gets it.
        leaves: Whether the assignee of a resolved conversation that is reopened loses it.
    """
    if message.visibility is Visibility.INTERNAL:
        return []
    sender = message.sender
    reason = wakes(conversation.status, conversation.snoozed_by, sender.kind, sender.id)
    changes: list[Change] = []
    conversation.last_activity_at = at
    conversation.last_message = Preview(
        id=message.id,
        seq=message.seq,
        at=message.at,
        sender=sender,
        text=text.preview(message.body),
    )
    if sender.kind is not SenderKind.VISITOR:
        conversation.agent_messages += 1
        if sender.kind is SenderKind.AGENT:
            conversation.waiting_since = None
            if conversation.first_response_at is None:
                conversation.first_response_at = at
            if assign and conversation.assignee is None:
                taker = Assignee(
                    id=sender.id, name=sender.name or NAMELESS, avatar_url=sender.avatar_url
                )
                changes += _set_assignee(conversation, taker, actor=sender)
    else:
        conversation.visitor_messages += 1
        if conversation.waiting_since is None:
            conversation.waiting_since = at
    if reason is not None:
        changes += _set_status(
            conversation, Status.OPEN, actor=sender, at=at, until=None, reason=reason
        )
    if leaves and conversation.assignee is not None:
        changes += _set_assignee(conversation, None, actor=SYSTEM)
    return changes


def change(
    conversation: Conversation,
    patch: Patch,
    *,
    actor: Participant,
    now: int,
    reason: StatusReason | None = None,
) -> list[Change]:
    """Apply ``patch`` and return what really changed. A value that is set already is no change.

    Args:
        reason: Why the status changes, if nobody has chosen it.

    Raises:
        InvalidError: A value is out of range.
        SnoozeInPastError: A snooze ends in the past.
        ImpossibleTransitionError: The status cannot follow the present one.
    """
    changes: list[Change] = []
    about = conversation.id
    until = None if patch.snoozed_until is UNSET else patch.snoozed_until
    if until is not None and until <= now:
        raise SnoozeInPastError(field="snoozed_until")
    if until is not None and patch.status is not Status.SNOOZED:
        raise InvalidError(
            "snoozed_until is allowed only with the status snoozed.", field="snoozed_until"
        )
    if patch.status is not UNSET:
        changes += _set_status(
            conversation, patch.status, actor=actor, at=now, until=until, reason=reason
        )
    if patch.assignee is not UNSET and patch.assignee != conversation.assignee:
        changes += _set_assignee(conversation, patch.assignee, actor=actor)
    if patch.team is not UNSET:
        changes += _set_team(conversation, patch.team, actor=actor)
    if patch.priority is not UNSET and patch.priority != conversation.priority:
        conversation.priority = patch.priority
        changes.append(
            Change(
                events.PRIORITY_CHANGED,
                events.PriorityChanged(conversation_id=about, priority=patch.priority, actor=actor),
                internal=True,
            )
        )
    if patch.tags is not UNSET and (tags := check_tags(patch.tags)) != conversation.tags:
        conversation.tags = tags
        changes.append(
            Change(
                events.TAGS_CHANGED,
                events.TagsChanged(conversation_id=about, tags=tags, actor=actor),
                internal=True,
            )
        )
    if patch.subject is not UNSET:
        subject = check_subject(patch.subject)
        if subject != conversation.subject:
            conversation.subject = subject
            changes.append(
                Change(
                    events.SUBJECT_CHANGED,
                    events.SubjectChanged(conversation_id=about, subject=subject, actor=actor),
                )
            )
    if patch.access_labels is not UNSET:
        found = labels.check(patch.access_labels)
        if found != conversation.access_labels:
            conversation.access_labels = found
            changes.append(
                Change(
                    events.ACCESS_CHANGED,
                    events.AccessChanged(
                        conversation_id=about, access_labels=sorted(found), actor=actor
                    ),
                    internal=True,
                )
            )
    return changes


def is_silent(conversation: Conversation, until: int) -> bool:
    """Whether an open conversation is over: its visitor does not wait for an answer, and nothing
    has happened in it since that time, no note and no change either."""
    return (
        conversation.status is Status.OPEN
        and conversation.waiting_since is None
        and conversation.last_at <= until
    )


def link(before: Conversation, later: Conversation) -> tuple[Change, Change]:
    """Have a conversation go on in a later one of the same visitor; what both tell of it."""
    before.continued_in_id, later.continues_id = later.id, before.id
    return _linked(before), _linked(later)


def _linked(conversation: Conversation) -> Change:
    data = events.Linked(
        conversation_id=conversation.id,
        continues_id=conversation.continues_id,
        continued_in_id=conversation.continued_in_id,
        actor=SYSTEM,
    )
    return Change(events.LINKED, data, internal=True)


def check_tags(tags: list[str]) -> list[str]:
    """The tags, trimmed and without repetitions, in the given order.

    Raises:
        InvalidError: Too many, or one is empty or too long.
    """
    clean = list(dict.fromkeys(check_name(tag, field="tags") for tag in tags))
    if len(clean) > MAX_TAGS:
        raise InvalidError(f"A conversation may have at most {MAX_TAGS} tags.", field="tags")
    return clean


def check_subject(subject: str | None) -> str | None:
    """
    Raises:
        InvalidError: Empty, too long, or more than a line.
    """
    if subject is None:
        return None
    return text.check_line(subject, field="subject", limit=MAX_SUBJECT_LENGTH)


def _set_assignee(
    conversation: Conversation, assignee: Assignee | None, *, actor: Participant
) -> list[Change]:
    previous, conversation.assignee = conversation.assignee, assignee
    data = events.AssigneeChanged(
        conversation_id=conversation.id, assignee=assignee, previous=previous, actor=actor
    )
    return [Change(events.ASSIGNEE_CHANGED, data)]


def _set_team(
    conversation: Conversation, team: TeamName | None, *, actor: Participant
) -> list[Change]:
    previous, conversation.team = conversation.team, team
    if team is previous or (team and previous and team.id == previous.id):
        # At most it has another name, which another process has given it.
        return []
    data = events.TeamChanged(
        conversation_id=conversation.id, team=team, previous=previous, actor=actor
    )
    return [Change(events.TEAM_CHANGED, data, internal=True)]


def _set_status(
    conversation: Conversation,
    status: Status,
    *,
    actor: Participant,
    at: int,
    until: int | None,
    reason: StatusReason | None = None,
) -> list[Change]:
    changes: list[Change] = []
    previous = conversation.status
    if status is not previous:
        if not allows(previous, status, reason):
            raise ImpossibleTransitionError(
                f"A {previous} conversation cannot be {status}. Reopen it first.",
                field="status",
                details=conversation.summary,
            )
        if status is Status.RESOLVED:
            conversation.resolved_at = at
            conversation.waiting_since = None
        elif previous is Status.RESOLVED:
            conversation.resolved_at = None
            conversation.reopen_count += 1
        conversation.status = status
        conversation.snoozed_by = actor.id if status is Status.SNOOZED else None
        changes.append(
            Change(
                events.STATUS_CHANGED,
                events.StatusChanged(
                    conversation_id=conversation.id,
                    status=status,
                    previous=previous,
                    actor=actor,
                    reason=reason,
                ),
            )
        )
    if until != conversation.snoozed_until:
        conversation.snoozed_until = until
        if status is Status.SNOOZED:
            conversation.snoozed_by = actor.id
        changes.append(
            Change(
                events.SNOOZE_CHANGED,
                events.SnoozeChanged(
                    conversation_id=conversation.id,
                    snoozed_until=clock.rfc3339_or_none(until),
                    actor=actor,
                ),
                internal=True,
            )
        )
    return changes
