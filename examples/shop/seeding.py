"""Fills the desk with the shop's past.

It goes the way every message goes, through the desk's own storage, only with a clock that shows
the past: the event log, the unread counts and the inbox come out as if it had really happened.
The client ids are fixed, so a seeding that was interrupted simply runs again.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

from msgspec import UNSET, UnsetType

from campfire_chat.access.actor import Actor, actor_of_agent, actor_of_visitor, anonymous
from campfire_chat.access.roles import Roles
from campfire_chat.core import clock, ids
from campfire_chat.core.runtime_settings import SettingRegistry
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION
from campfire_chat.features.agents.service import AgentService
from campfire_chat.features.contacts.attributes import ContactAttributes
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.features.conversations.records import Priority, Status
from campfire_chat.features.conversations.reopening import Reopening
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.messages.service import MessageService
from campfire_chat.features.organizations.service import StoredSettings
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.features.receipts.service import ReceiptService
from campfire_chat.features.saved_replies.errors import ShortcutTakenError
from campfire_chat.features.saved_replies.operations import Draft as ReplyDraft
from campfire_chat.features.saved_replies.service import SavedReplyService
from campfire_chat.features.tags.operations import Draft as TagDraft
from campfire_chat.features.tags.records import TagColor
from campfire_chat.features.tags.service import TagService
from campfire_chat.features.teams.errors import TeamNameTakenError
from campfire_chat.features.teams.operations import Draft as TeamDraft
from campfire_chat.features.teams.service import TeamService
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.write_batch import Committed, Heads, Notice
from campfire_chat.runtime import AGGREGATES, OWN_STREAMS
from campfire_chat.settings import Settings

from .accounts import User
from .history import Line, Past, lines, load

#: Tags that mean something to a shop at first sight; the others are grey.
_TAGS = {
    "damaged": (TagColor.RED, "It arrived broken, or a part of it is"),
    "lost parcel": (TagColor.RED, "The carrier does not know where it is"),
    "refund": (TagColor.ORANGE, "Money goes back"),
    "returns": (TagColor.ORANGE, "Something comes back to us"),
    "payment": (TagColor.YELLOW, "Cards, invoices and vouchers"),
    "shipping": (TagColor.TEAL, "Where is it, and when does it arrive?"),
    "customs": (TagColor.TEAL, "Duties and papers outside the EU"),
    "product question": (TagColor.BLUE, "Before somebody buys"),
    "wholesale": (TagColor.PURPLE, "Shops that order from us"),
    "gift": (TagColor.PINK, "It is for somebody else"),
    "feedback": (TagColor.GREEN, ""),
}

#: Teams, with what they do and the user names of their members.
_TEAMS = {
    "Orders": ("Parcels, returns and refunds", ["ada", "grace"]),
    "Wholesale": ("Shops that order from us", ["grace"]),
}

#: Saved replies for everybody: shortcut, title, text.
_REPLIES = [
    (
        "returns",
        "How to send something back",
        "Hi {{contact.first_name|there}}, of course. You have 60 days, and the return is free. "
        "I am sending you the label by e-mail; just stick it on the parcel.",
    ),
    (
        "parcel",
        "Where is my parcel?",
        "Hi {{contact.first_name|there}}, let me look where it is. One moment, please.",
    ),
    (
        "bye",
        "Goodbye",
        "Happy to help! Is there anything else? Best wishes, {{agent.first_name|your team}}",
    ),
]


class _PastClock:
    """A clock that somebody sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> int:
        return _micros(self.at)


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * clock.SECOND)


async def seed(database_url: str, users: list[User]) -> None:
    """Write the history; the users are those whom it mentions."""
    now = datetime.now(UTC)
    past = load()
    hands = _PastClock(now - timedelta(days=60))
    storage = Storage(
        database_url,
        settings=Settings(),
        kinds=AGGREGATES,
        own_streams=OWN_STREAMS,
        on_commit=_nobody_listens,
        now=hands,
    )
    await storage.start()
    try:
        await _Seeding(storage, hands, users, now).run(past)
    finally:
        await storage.stop()


def _nobody_listens(events: list[Committed], notices: list[Notice], repeated: Heads) -> None:
    """No browser is connected to the past."""


class _Seeding:
    def __init__(
        self, storage: Storage, hands: _PastClock, users: list[User], now: datetime
    ) -> None:
        settings, roles = Settings(), Roles()
        presence = PresenceService(storage, life=settings.presence_life)
        self._agents = AgentService(storage, presence, roles)
        contacts = ContactService(storage, ContactAttributes(None, ()))
        self._conversations = ConversationService(storage, presence, settings, roles, contacts)
        self._messages = MessageService(
            storage, settings, roles, Reopening(StoredSettings(SettingRegistry(())), presence)
        )
        self._receipts = ReceiptService(storage)
        self._tags = TagService(storage)
        self._teams = TeamService(storage)
        self._replies = SavedReplyService(storage)
        self._hands = hands
        self._now = now
        self._actors = {
            user.username: (
                actor_of_agent(user.as_agent(), storage.agent_key, roles)
                if user.is_staff
                else actor_of_visitor(user.as_visitor())
            )
            for user in users
        }
        self._staff = [self._actors[user.username] for user in users if user.is_staff]
        self._ids: dict[int, str] = {}

    async def run(self, past: list[Past]) -> None:
        for actor in self._staff:
            await self._agents.remember(actor)
        await self._set_up(self._actors["ada"])
        for line in lines(past, self._now):
            self._hands.at = line.at
            await self._write(line, past[line.index])
            if line.last:
                await self._settle(line, past[line.index])

    async def _set_up(self, admin: Actor) -> None:
        """What an admin prepares. Teams and saved replies are there already when an earlier seeding
        was interrupted: their names are taken then."""
        for name, (color, description) in _TAGS.items():
            tag = TagDraft(name=name, color=color, description=description)
            await self._tags.create(admin, tag, client_id=f"history-tag-{name}")
        for name, (description, usernames) in _TEAMS.items():
            members = [self._actors[username].principal.id for username in usernames]
            team = TeamDraft(name=name, description=description, members=members)
            with contextlib.suppress(TeamNameTakenError):
                await self._teams.create(admin, team)
        for shortcut, title, body in _REPLIES:
            reply = ReplyDraft(shortcut=shortcut, title=title, body=body, shared=True)
            with contextlib.suppress(ShortcutTakenError):
                await self._replies.create(admin, reply)

    async def _write(self, line: Line, past: Past) -> None:
        client_id = f"history-{line.index}-{line.number}"
        if line.first:
            opened, _ = await self._conversations.open(
                self._visitor(line.index, past), client_id=client_id, body=line.text
            )
            self._ids[line.index] = opened.id
            await self._sort_in(line.index, past)
            return
        writer = (
            self._visitor(line.index, past) if line.who == "visitor" else self._actors[line.who]
        )
        # Who answers has read what came before.
        await self._mark(line.index, writer)
        await self._messages.send(
            writer,
            self._ids[line.index],
            client_id=client_id,
            body=line.text,
            visibility=Visibility.INTERNAL if line.internal else Visibility.PUBLIC,
        )

    async def _sort_in(self, index: int, past: Past) -> None:
        """What an agent decides on the first look."""
        by = self._actors[past.assignee or "grace"]
        patch = Patch(priority=Priority(past.priority) if past.priority else UNSET, tags=past.tags)
        assignee = by.principal.id if past.assignee else UNSET
        await self._conversations.change(by, self._ids[index], patch, assignee)

    async def _settle(self, line: Line, past: Past) -> None:
        """Who has read the last line, and what became of the conversation."""
        by = self._actors[past.assignee or "grace"]
        if past.read:
            await self._mark(line.index, by)
        if past.status == "resolved" or line.who != "visitor":
            await self._mark(line.index, self._visitor(line.index, past))
        if past.status == "open":
            return
        self._hands.at = min(line.at + timedelta(minutes=2), self._now)
        until: int | UnsetType = UNSET
        if past.snooze_days is not None:
            until = _micros(self._now + timedelta(days=past.snooze_days))
        patch = Patch(status=Status(past.status), snoozed_until=until)
        await self._conversations.change(by, self._ids[line.index], patch, UNSET)

    async def _mark(self, index: int, actor: Actor) -> None:
        conversation = await self._conversations.get(actor, self._ids[index])
        head = conversation.head
        await self._receipts.mark(actor, conversation.id, delivered=head, read=head)

    def _visitor(self, index: int, past: Past) -> Actor:
        if past.customer is not None:
            return self._actors[past.customer]
        guest = ids.visitor_of(DEFAULT_ORGANIZATION, f"history guest {index}")
        return anonymous(DEFAULT_ORGANIZATION, guest)
