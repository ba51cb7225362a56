"""What the host app may do with the desk inside its own transaction."""

from __future__ import annotations

from campfire_chat.access.records import Visitor
from campfire_chat.core import ids
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION
from campfire_chat.database.host_connection import HostConnection
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.features.conversations.opening import OPEN, Opening
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.jobs import deferral, tables
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
        contacts: ContactService,
    ) -> None:
        self._connection = connection
        self._storage = storage
        self._conversations = conversations
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
        if isinstance(visitor, str):
            visitor = await self._contacts.described(organization, visitor)
        about = ids.new(ids.CONVERSATION)
        opening = Opening(about, visitor, body, subject)
        self._conversations.check_opening(opening)
        await self._storage.read(self._connection.check_same)
        row = deferral.row(
            visitor.organization,
            OPEN.name,
            OPEN.encode(opening),
            self._storage.now(),
        )
        await self._connection.insert(tables.jobs, row)
        return about
