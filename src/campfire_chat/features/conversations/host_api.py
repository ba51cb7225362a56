"""Conversations, for the code of the host app."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import UNSET, UnsetType

from campfire_chat.features.conversations.listing import Order, Tallies
from campfire_chat.features.conversations.records import (
    AgentConversation,
    Priority,
    Status,
)
from campfire_chat.http.in_process import InProcess, time_text
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page

#: The record of a conversation: what agents see, or what its visitor sees.
C = TypeVar("C")


class ConversationsApi(Generic[C]):
    """What one caller may do with conversations."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def open(
        self,
        body: str,
        *,
        subject: str | None = None,
        contact_id: str | None = None,
        client_id: str | None = None,
    ) -> C:
        """Begin a conversation with its first message.

        Args:
            body: The text of the message.
            subject: What it is about, one line.
            contact_id: The ``vis_…`` id of the contact to whom an agent writes. They have written
                before.
            client_id: Repeated with the same one, it answers with the same conversation.

        Raises:
            ForbiddenError: The caller may not begin conversations.
            InvalidError: A value is refused.
            ClientIdConflictError: The client id was used for something else.
        """
        return await self._caller.call(
            "create_conversation",
            body={
                "message": {"body": body, "client_id": client_id},
                "subject": subject,
                "contact_id": contact_id,
            },
        )

    async def list(
        self,
        *,
        status: Status | None = None,
        assignee: str | None = None,
        tag: str | None = None,
        team: str | None = None,
        number: int | None = None,
        order: Order = "latest",
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[C]:
        """A page of conversations.

        Args:
            status: Only those with this status.
            assignee: ``me``, ``unassigned`` or an agent's ``agt_…`` id. It needs the permission
                ``inbox.read``.
            tag: Only those with the tag of this name. It needs the same permission.
            team: Only those of this team, a ``team_…`` id. It needs ``inbox.read`` too.
            number: Only the one that people quote by this number, without other filters. It needs
                ``inbox.read`` too.
            order: The newest activity first, or the longest wait.
            cursor: ``next_cursor`` of the page before.
            limit: 1 to 100.
        """
        return await self._caller.call(
            "list_conversations",
            query={
                "status": status,
                "assignee": assignee,
                "tag": tag,
                "team": team,
                "number": number,
                "order": order,
                "cursor": cursor,
                "limit": limit,
            },
        )

    async def get(self, conversation_id: str) -> C:
        """
        Raises:
            NotFoundError: There is no such conversation, or the caller may not see it.
        """
        return await self._caller.call(
            "get_conversation", path={"conversation_id": conversation_id}
        )

    async def counts(self, *, team: str | None = None) -> Tallies:
        """How many open conversations are the agent's, nobody's, and there at all.

        Args:
            team: Only those of this team.
        """
        return await self._caller.call("count_conversations", query={"team": team})

    async def take(self, *, client_id: str | None = None) -> AgentConversation | None:
        """Assign the conversation whose visitor waits longest to the agent; None: nobody waits."""
        answer = await self._caller.call("take_conversation", body={"client_id": client_id})
        return answer["conversation"]

    async def change(
        self,
        conversation_id: str,
        *,
        status: Status | UnsetType = UNSET,
        snoozed_until: datetime | UnsetType | None = UNSET,
        priority: Priority | UnsetType | None = UNSET,
        assignee_id: str | UnsetType | None = UNSET,
        team_id: str | UnsetType | None = UNSET,
        tags: list[str] | UnsetType = UNSET,
        subject: str | UnsetType | None = UNSET,
        access_labels: list[str] | UnsetType = UNSET,
        client_id: str | None = None,
    ) -> C:
        """Change a conversation. What is left out stays as it is, and None clears a field.

        Args:
            status: A snooze is the status ``snoozed``.
            snoozed_until: When a snooze ends; a time with its zone.
            assignee_id: The ``agt_…`` id of an agent; None for nobody.
            team_id: The ``team_…`` id of a team; None for no team.
            tags: All tags that it has then.
            access_labels: All labels that it has then.
            client_id: Repeated with the same one, the change is made once.

        Raises:
            NotFoundError: There is no such conversation, or the caller may not see it.
            ForbiddenError: The caller may not make that change.
            InvalidError: A value is refused.
            ImpossibleTransitionError: The status cannot follow the present one. Its ``details`` are
                the summary of the conversation as it is now.
            ClientIdConflictError: The client id was used for something else.
        """
        return await self._caller.call(
            "change_conversation",
            path={"conversation_id": conversation_id},
            body={
                "status": status,
                "snoozed_until": time_text(snoozed_until, field="snoozed_until"),
                "priority": priority,
                "assignee_id": assignee_id,
                "team_id": team_id,
                "tags": tags,
                "subject": subject,
                "access_labels": access_labels,
            },
            client_id=client_id,
        )
