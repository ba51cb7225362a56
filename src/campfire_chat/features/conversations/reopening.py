"""What becomes of a resolved conversation when its visitor writes again."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from campfire_chat.core import clock
from campfire_chat.core.runtime_settings import Scope, Setting
from campfire_chat.features.agents import queries as agent_queries
from campfire_chat.features.agents.rules import takes_back
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.features.organizations.permissions import SETTINGS_EDIT
from campfire_chat.features.organizations.service import StoredSettings
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.ledger.transaction import Transaction

#: Microseconds in one day.
DAY = 24 * 3600 * clock.SECOND

Days = Annotated[int, Meta(ge=1, le=3650)]

REOPEN_DAYS: Final = Setting[Days | None](
    name="reopen_days",
    label="Reopen within",
    unset="always",
    unit="days",
    type=Days | None,
    default=None,
    scope=Scope.ORGANIZATION,
    permission=SETTINGS_EDIT.name,
    edited_in="Conversations",
    description=(
        "For how many days after it was resolved a conversation is reopened by a message of its "
        "visitor. A later message begins a new conversation that is linked to it."
    ),
)


class Return(Struct, frozen=True):
    """What a visitor's message does to a resolved conversation.

    Attributes:
        is_late: It belongs into a new one.
        keeps: The assignee has it again.
    """

    is_late: bool
    keeps: bool


def is_late(conversation: Conversation, days: int | None, now: int) -> bool:
    """Whether a resolved conversation is reopened no more.

    Args:
        days: The setting.
        now: In microseconds since 1970.
    """
    resolved = conversation.resolved_at
    return days is not None and resolved is not None and now >= resolved + days * DAY


class Reopening:
    """Reads what decides it, in the transaction that stores the message: one visit to the
    database, and only for a message in a conversation that is resolved."""

    def __init__(self, settings: StoredSettings, presence: PresenceService) -> None:
        self._settings = settings
        self._presence = presence

    async def read(self, transaction: Transaction, conversation: Conversation) -> Return:
        session, organization = transaction.session, conversation.organization
        asked = [self._settings.ask(session.engine, organization)]
        if conversation.assignee is not None:
            asked += agent_queries.ask_availability(
                *(session.engine, organization, conversation.assignee.id),
                alive=self._presence.alive,
            )
        chosen, *agent = await session.fetch_all(*asked)
        days = self._settings.read(organization, chosen)[REOPEN_DAYS]
        return Return(
            is_late=is_late(conversation, days, transaction.now),
            keeps=bool(agent) and takes_back(agent_queries.read_availability(*agent)),
        )
