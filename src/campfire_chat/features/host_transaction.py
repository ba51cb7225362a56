"""What the host app may do with the desk inside its own transaction."""

from __future__ import annotations

from campfire_chat.access.records import Visitor
from campfire_chat.core import ids
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION
from campfire_chat.database.host_connection import HostConnection
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.features.conversations.opening import OPEN, Opening
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.messages.ordering import SEND, MessageOrder
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.messages.service import MessageService
from campfire_chat.jobs import deferral, tables
from campfire_chat.jobs.job import A, JobKind
from campfire_chat.ledger.storage import Storage


class HostTransaction:
    """Puts work of the desk into a transaction of the host app.

    It is a row of the host's own commit. When that takes effect, a process that does jobs carries
    the work out, usually within a second. When the host rolls back, nothing happens.
    """

    def __init__(
        self,
        connection: HostConnection,
        storage: Storage,
        conversations: ConversationService,
        messages: MessageService,
        contacts: ContactService,
    ) -> None:
        self._connection = connection
        self._storage = storage
        self._conversations = conversations
        self._messages = messages
        self._contacts = contacts

    async def open_conversation(
        self,
        visitor: Visitor | str,
        body: str,
        *,
        subject: str | None = None,
        organization: str = DEFAULT_ORGANIZATION,
    ) -> str:
        """Begin a conversation in the name of one of your users.

        Args:
            visitor: The user; or only your id, and the rest is as it was when they last wrote.
            body: The text of the first message.
            subject: What it is about, one line.
            organization: The organisation, if only the id of the user is given.

        Returns:
            The ``conv_…`` id that the conversation will have.

        Raises:
            ConfigurationError: The connection is to another database, or the user has values that
                none may have.
            InvalidError: A text is refused.
        """
        visitor = await self._described(visitor, organization)
        about = ids.new(ids.CONVERSATION)
        opening = Opening(about, visitor, body, subject)
        self._conversations.check_opening(opening)
        await self._defer(visitor.organization, OPEN, opening)
        return about

    async def send_message(
        self,
        conversation_id: str,
        body: str,
        *,
        visitor: Visitor | str | None = None,
        organization: str = DEFAULT_ORGANIZATION,
    ) -> str:
        """Send a message that the visitor and the agents see.

        Args:
            conversation_id: One that there is, or that you have begun in this transaction.
            body: The text.
            visitor: The sender; or only your id of the user. Without it the system sends it.
            organization: The organisation, if no visitor names it.

        Returns:
            The ``msg_…`` id that the message will have.

        Raises:
            ConfigurationError: The connection is to another database, or the user has values that
                none may have.
            InvalidError: The text is refused.
        """
        if visitor is not None:
            visitor = await self._described(visitor, organization)
            organization = visitor.organization
        order = MessageOrder(ids.new(ids.MESSAGE), conversation_id, body, visitor)
        return await self._send(organization, order)

    async def write_note(
        self, conversation_id: str, body: str, *, organization: str = DEFAULT_ORGANIZATION
    ) -> str:
        """Write a private note of the system, which only agents see. Everything else is as in
        :meth:`send_message`."""
        order = MessageOrder(
            ids.new(ids.MESSAGE), conversation_id, body, visibility=Visibility.INTERNAL
        )
        return await self._send(organization, order)

    async def _send(self, organization: str, order: MessageOrder) -> str:
        self._messages.check_order(order)
        await self._defer(organization, SEND, order)
        return order.message_id

    async def _described(self, visitor: Visitor | str, organization: str) -> Visitor:
        if isinstance(visitor, str):
            return await self._contacts.described(organization, visitor)
        return visitor

    async def _defer(self, organization: str, kind: JobKind[A], arguments: A) -> None:
        """
        Raises:
            ConfigurationError: The connection is to another database.
        """
        await self._storage.read(self._connection.check_same)
        row = deferral.row(organization, kind.name, kind.encode(arguments), self._storage.now())
        await self._connection.insert(tables.jobs, row)
