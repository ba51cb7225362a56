"""Messages, for the code of the host app."""

from __future__ import annotations

from campfire_chat.features.mentions.records import Mention
from campfire_chat.features.messages.records import Message, MessageVersion, Visibility
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class MessagesApi:
    """What one caller may do with messages."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def send(
        self,
        conversation_id: str,
        body: str,
        *,
        reply_to: str | None = None,
        seen: int | None = None,
        client_id: str | None = None,
    ) -> Message:
        """Send a message that the visitor and the agents see.

        Args:
            body: The text.
            reply_to: The ``msg_…`` id of the message that it answers.
            seen: The last seq of ``conversation:<id>`` that the writer had seen. None sends it
                whatever was said since.
            client_id: Repeated with the same one, it is stored once.

        Raises:
            NotFoundError: There is no such conversation, or the caller may not see it.
            ForbiddenError: The caller may not write there.
            InvalidError: A value is refused.
            ClientIdConflictError: The client id was used for something else.
            AnsweredSinceError: An agent, other than the caller, has answered after ``seen``.
                Nothing was sent.
        """
        return await self._write(
            conversation_id, body, Visibility.PUBLIC, reply_to, client_id, seen
        )

    async def note(
        self,
        conversation_id: str,
        body: str,
        *,
        reply_to: str | None = None,
        client_id: str | None = None,
    ) -> Message:
        """Write a private note, which only agents see.

        Everything else is as in :meth:`send`.

        Args:
            body: The text. ``<@agt_…>`` and ``<@team_…>`` in it mention agents and teams.
        """
        return await self._write(conversation_id, body, Visibility.INTERNAL, reply_to, client_id)

    async def list(
        self, conversation_id: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Message]:
        """A page of a thread, the newest message first.

        Raises:
            NotFoundError: There is no such conversation, or the caller may not see it.
        """
        return await self._caller.call(
            "list_messages",
            path={"conversation_id": conversation_id},
            query={"cursor": cursor, "limit": limit},
        )

    async def get(self, message_id: str) -> Message:
        """A message as it is now.

        Raises:
            NotFoundError: There is no such message, or the caller may not see it.
        """
        return await self._caller.call("get_message", path={"message_id": message_id})

    async def edit(self, message_id: str, body: str, *, client_id: str | None = None) -> Message:
        """Replace the text of an own message.

        Raises:
            NotFoundError: There is no such message, or the caller may not see it.
            ForbiddenError: It is somebody else's.
            MessageDeletedError: It was deleted.
            InvalidError: The text is refused.
            ClientIdConflictError: The client id was used for something else.
        """
        return await self._caller.call(
            "edit_message",
            path={"message_id": message_id},
            body={"body": body},
            client_id=client_id,
        )

    async def delete(self, message_id: str, *, client_id: str | None = None) -> Message:
        """Remove the text of a message.

        Raises:
            NotFoundError: There is no such message, or the caller may not see it.
            ForbiddenError: The caller may not delete it.
            ClientIdConflictError: The client id was used for something else.
        """
        return await self._caller.call(
            "delete_message", path={"message_id": message_id}, client_id=client_id
        )

    async def redact(
        self, message_id: str, text: str | None = None, *, client_id: str | None = None
    ) -> Message:
        """Remove a text from a message and from what it said before, for good.

        Args:
            text: Exactly what is to be removed, wherever it stands; None removes everything.

        Raises:
            NotFoundError: There is no such message, or the caller may not see it.
            ForbiddenError: The caller may not remove texts.
            MessageDeletedError: It was deleted.
            TextNotFoundError: The message does not contain the text, and never did.
            InvalidError: The text is empty.
            ClientIdConflictError: The client id was used for something else.
        """
        return await self._caller.call(
            "redact_message",
            path={"message_id": message_id},
            body={"text": text},
            client_id=client_id,
        )

    async def versions(
        self, message_id: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[MessageVersion]:
        """A page of what a message said before it was edited, the oldest text first.

        Raises:
            NotFoundError: There is no such message, or the caller may not see it.
        """
        return await self._caller.call(
            "list_message_versions",
            path={"message_id": message_id},
            query={"cursor": cursor, "limit": limit},
        )

    async def mentions(self, message_id: str) -> Page[Mention]:
        """Whom a note mentions: agents, then teams, with the names that they have now.

        Raises:
            NotFoundError: There is no such message, or the caller may not see it.
        """
        return await self._caller.call("list_mentions", path={"message_id": message_id})

    async def _write(
        self,
        conversation_id: str,
        body: str,
        visibility: Visibility,
        reply_to: str | None,
        client_id: str | None,
        seen: int | None = None,
    ) -> Message:
        return await self._caller.call(
            "create_message",
            path={"conversation_id": conversation_id},
            body={
                "body": body,
                "visibility": visibility,
                "reply_to": reply_to,
                "seen": seen,
                "client_id": client_id,
            },
        )
