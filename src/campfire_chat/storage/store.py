"""The storage of one ``Campfire``: its lanes, its ledger, and their public methods.

Reads use the reader lanes, writes go through the ledger. Both take the scope of the caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import UnsetType

from campfire_chat.domain import text
from campfire_chat.domain.conversations import Patch
from campfire_chat.domain.principal import Scope
from campfire_chat.jobs.queue import Queue
from campfire_chat.models import (
    AgentConversation,
    Message,
    MessageVersion,
    Status,
    Visibility,
    VisitorConversation,
)
from campfire_chat.protocols import Clock
from campfire_chat.settings import Settings
from campfire_chat.storage import (
    contacts,
    installation,
    listing,
    messages,
    queue,
    schema,
    streams,
    versions,
    views,
)
from campfire_chat.storage.audience import Audience
from campfire_chat.storage.desk import (
    ChangeConversation,
    DeleteMessage,
    EditMessage,
    OpenConversation,
    require_author,
    require_deleter,
)
from campfire_chat.storage.engines import engine_of
from campfire_chat.storage.key_checks import KeyChecks
from campfire_chat.storage.lanes import Lanes
from campfire_chat.storage.ledger import Ledger, OnCommit
from campfire_chat.storage.messages import Bounds
from campfire_chat.storage.nodes import Nodes
from campfire_chat.storage.operations import Marked, MarkSeen, Operation, Send, Sent
from campfire_chat.storage.retention import Retention
from campfire_chat.storage.revocations import RevocationTable
from campfire_chat.storage.streams import Page
from campfire_chat.storage.team import Team
from campfire_chat.storage.usage import Usage

logger = logging.getLogger("campfire_chat.storage")

T = TypeVar("T")

ANYONE = listing.ANYONE


class Store:
    """See the module.

    Attributes:
        epoch: Names the present life of the database. It changes when a backup is restored.
        agent_key: The key from which the ids of agents are derived.
        team: Agents and presence.
        nodes: The processes on this database.
        key_checks: Check values of their secret keys.
        usage: What the processes have admitted from their busiest callers.
        revocations: Which tokens of visitors were revoked.
        jobs: The queue of jobs.
        retention: Deletes what has been kept long enough.
    """

    def __init__(
        self, database_url: str, *, settings: Settings, on_commit: OnCommit, now: Clock
    ) -> None:
        self.engine = engine_of(database_url)
        self.epoch = ""
        self.agent_key = b""
        self._settings = settings
        self._now = now
        limit = settings.write_queue
        self._writer = Lanes(database_url, self.engine, count=1, writable=True, limit=limit)
        self._readers = Lanes(
            database_url, self.engine, count=settings.readers, writable=False, limit=limit
        )
        self._audience = Audience(self._readers)
        self.nodes = Nodes(self._writer, self._readers, now=now)
        self.key_checks = KeyChecks(self._writer, self._readers)
        self._ledger = Ledger(
            self._writer,
            on_commit=on_commit,
            now=now,
            limit=limit,
            limit_size=settings.write_queue_bytes,
        )
        self.usage = Usage(self._writer, self._readers, now=now)
        self.revocations = RevocationTable(self._writer, self._readers, now=now)
        self.jobs = Queue(self._writer, self._readers, now=now)
        self.retention = Retention(self._writer, self._readers, now=now)
        self.team = Team(self._readers, self._ledger, now=now, life=settings.presence_life)

    async def start(self) -> None:
        """Connect, update the schema and accept work.

        Raises:
            StorageUnavailableError: The database cannot be reached.
            MigrationError: The schema is not the one that this version needs.
        """
        await self._writer.start()
        try:
            await schema.prepare(self._writer, self.engine, self._settings.migrate)
            self.epoch = await self._writer.run(installation.read_epoch)
            self.agent_key = await self._writer.run(installation.read_agent_key)
            await self._readers.start()
            await self._ledger.start()
        except BaseException:
            await self.stop()
            raise

    async def migrate(self) -> str:
        """Only update the schema and return its revision. For the command line."""
        await self._writer.start()
        try:
            return await schema.prepare(self._writer, self.engine, "auto")
        finally:
            await self._writer.stop()

    async def stop(self) -> None:
        """Commit the waiting writes and close the connections."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._writer.stop)
            stack.push_async_callback(self._readers.stop)
            await self._ledger.stop()

    def submit(self, operation: Operation[T]) -> asyncio.Future[T]:
        """Put an operation into the ledger's queue; see :meth:`Ledger.enqueue`."""
        return self._ledger.enqueue(operation)

    def on_deferred(self, look: Callable[[int], None]) -> None:
        """Have ``look`` told when the earliest of the jobs that a commit has deferred may begin."""
        self._ledger.on_deferred = look

    @property
    def healthy(self) -> bool:
        """Whether the database can be written and read right now."""
        return (
            self._ledger.running
            and not self._ledger.outage.lasts
            and self._writer.connected > 0
            and self._readers.connected > 0
        )

    @property
    def congested(self) -> bool:
        """Whether so many writes wait that new sockets are refused."""
        return self._ledger.congested

    async def admit_writer(self, scope: Scope, conversation_id: str) -> None:
        """Check permission before a write about a conversation is queued, so that refused writes
        take no place in the queue. Not needed when permission is known already.

        Agents may see every conversation of their organisation. For a visitor this costs a read,
        unless the conversation is in memory.

        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
        """
        if not scope.is_agent and not self._ledger.knows(scope, conversation_id):
            await self._audience.check(scope, conversation_id)

    # Conversations.

    async def open_conversation(
        self,
        scope: Scope,
        *,
        client_id: str,
        body: str,
        subject: str | None = None,
        contact_id: str | None = None,
    ) -> tuple[AgentConversation | VisitorConversation, bool]:
        """Begin a conversation. The second value says whether it is a repetition."""
        operation = OpenConversation(
            scope,
            client_id=self._client_id(client_id),
            body=self._body(body),
            subject=subject,
            contact_id=contact_id,
            assign=self._settings.assign_on_reply,
        )
        opened = await self._ledger.submit(operation)
        return await self.conversation(scope, opened.conversation_id), opened.duplicate

    async def conversation(
        self, scope: Scope, conversation_id: str
    ) -> AgentConversation | VisitorConversation:
        """
        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
        """

        return await self._readers.run(
            lambda session: views.read_one(
                session, scope, conversation_id, alive_since=self.team.alive_since
            )
        )

    async def conversation_page(
        self,
        scope: Scope,
        *,
        statuses: Sequence[Status],
        assignee_id: str | object | None,
        order: listing.Order = "latest",
        before: listing.Place | None,
        limit: int,
    ) -> tuple[list[AgentConversation | VisitorConversation], listing.Place | None]:
        """A page of conversations, and where the next one begins."""

        return await self._readers.run(
            lambda session: views.read_page(
                session,
                scope,
                statuses=statuses,
                assignee_id=assignee_id,
                order=order,
                before=before,
                limit=limit,
            )
        )

    async def conversation_counts(self, scope: Scope) -> listing.Tallies:
        """How many open conversations are the agent's, nobody's, and there at all."""
        return await self._readers.run(lambda session: listing.read_counts(session, scope))

    async def find_conversations(
        self, scope: Scope, wanted: str, limit: int
    ) -> list[AgentConversation | VisitorConversation]:
        """Conversations that a few letters stand for, the latest activity first."""
        text.check_text(wanted, field="text")
        return await self._readers.run(lambda session: views.find(session, scope, wanted, limit))

    async def take_conversation(
        self, scope: Scope, *, client_id: str | None
    ) -> AgentConversation | VisitorConversation | None:
        """Assign the conversation whose visitor waits longest to the agent; None: nobody waits."""
        taken = await queue.take(
            self._readers, self._ledger, scope, client_id=self._optional_id(client_id)
        )
        return None if taken is None else await self.conversation(scope, taken)

    async def change_conversation(
        self,
        scope: Scope,
        conversation_id: str,
        patch: Patch,
        assignee_id: str | UnsetType | None,
        *,
        client_id: str | None = None,
    ) -> AgentConversation | VisitorConversation:
        await self.admit_writer(scope, conversation_id)
        scope.require_agent()
        scope.require_writer()
        operation = ChangeConversation(
            scope,
            conversation_id,
            patch,
            assignee_id,
            client_id=self._optional_id(client_id),
        )
        await self._ledger.submit(operation)
        return await self.conversation(scope, conversation_id)

    async def refresh_contact(self, scope: Scope) -> None:
        """Store a visitor as the host app describes them now, if they have written before."""
        principal = scope.principal
        known = await self._readers.run(lambda session: contacts.find(session, scope, principal.id))
        if known is not None and known != contacts.of(scope):
            await self._ledger.submit(contacts.RememberContact(scope))

    # Messages.

    def send(
        self,
        scope: Scope,
        conversation_id: str,
        *,
        client_id: str,
        body: str,
        visibility: Visibility = Visibility.PUBLIC,
        reply_to: str | None = None,
    ) -> asyncio.Future[Sent]:
        """Store a message. The same client id stores once, without a time limit.

        The message enters the queue during the call, so messages keep the order of the calls.

        Raises:
            InvalidError: The body or an id cannot be stored.
            OverloadedError: Too many writes wait.
        """
        return self._ledger.enqueue(
            Send(
                scope,
                conversation_id,
                client_id=self._client_id(client_id),
                body=self._body(body),
                visibility=visibility,
                reply_to=reply_to,
                assign=self._settings.assign_on_reply,
            )
        )

    async def message(self, scope: Scope, message_id: str) -> Message:
        """
        Raises:
            NotFoundError: No such message, or not one that the caller may see.
        """
        return await self._readers.run(lambda session: messages.get(session, scope, message_id))

    async def message_page(
        self, scope: Scope, conversation_id: str, before: Bounds | None, limit: int
    ) -> tuple[list[Message], Bounds | None]:
        """A page of a thread, newest first, and where the next page begins."""
        return await self._readers.run(
            lambda session: messages.page(session, scope, conversation_id, before, limit)
        )

    async def message_versions(
        self, scope: Scope, message_id: str, after: int, limit: int
    ) -> tuple[list[MessageVersion], int | None]:
        """A page of a message's earlier texts, the oldest first, and where the next one begins;
        for agents."""
        return await self._readers.run(
            lambda session: versions.page(session, scope, message_id, after, limit)
        )

    async def edit_message(
        self, scope: Scope, message_id: str, body: str, *, client_id: str | None = None
    ) -> Message:
        checked = self._body(body)
        message = await self.message(scope, message_id)
        scope.require_writer()
        require_author(scope, message)
        return await self._ledger.submit(
            EditMessage(scope, message, checked, client_id=self._optional_id(client_id))
        )

    async def delete_message(
        self, scope: Scope, message_id: str, *, client_id: str | None = None
    ) -> Message:
        message = await self.message(scope, message_id)
        scope.require_writer()
        require_deleter(scope, message)
        return await self._ledger.submit(
            DeleteMessage(scope, message, client_id=self._optional_id(client_id))
        )

    def mark(
        self, scope: Scope, conversation_id: str, *, delivered: int | None, read: int | None
    ) -> asyncio.Future[Marked]:
        """Advance the caller's marks. The write enters the queue during the call."""
        return self._ledger.enqueue(
            MarkSeen(scope, conversation_id, delivered=delivered, read=read)
        )

    # Streams.

    async def authorize_stream(self, scope: Scope, name: str) -> int:
        """The head of a stream, if the caller belongs to its audience.

        Raises:
            NotFoundError: No such stream, or not one that the caller may see.
        """
        return await self._audience.admit(scope, name)

    async def stream_page(
        self, organization: str, name: str, after: int, limit: int = streams.PAGE_EVENTS
    ) -> Page:
        """Events of a stream. The caller has to check permission first."""
        return await self._readers.run(
            lambda session: streams.read_page(session, organization, name, after, limit)
        )

    async def newest_events(
        self, organization: str, names: Sequence[str], depth: int
    ) -> list[tuple[str, int, str]]:
        """The last ``depth`` events of each of several streams: name, seq and wire text."""
        return await self._readers.run(
            lambda session: streams.newest(session, organization, names, depth)
        )

    async def stream_heads(self, organization: str, names: Sequence[str]) -> dict[str, int]:
        """The heads of streams. Streams without events are left out."""
        return await self._readers.run(lambda session: streams.heads(session, organization, names))

    async def inbox_heads(self, organizations: Sequence[str]) -> dict[str, int]:
        """The heads of inboxes. Every event of an organisation also advances its inbox."""
        return await self._readers.run(lambda session: streams.inbox_heads(session, organizations))

    def _body(self, body: str) -> str:
        return text.check_body(body, limit=self._settings.max_body_characters)

    def _client_id(self, client_id: str) -> str:
        text.check_text(client_id, field="client_id")
        return client_id

    def _optional_id(self, client_id: str | None) -> str | None:
        return None if client_id is None else self._client_id(client_id)
