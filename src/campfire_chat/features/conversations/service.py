"""Conversations, for the other features and for the API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from msgspec import UNSET

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.policy import can, require
from campfire_chat.access.roles import Roles
from campfire_chat.core import text
from campfire_chat.feature import Service
from campfire_chat.features.contacts.permissions import CONTACTS_READ
from campfire_chat.features.contacts.service import ContactService, id_of
from campfire_chat.features.conversations import (
    contact_history,
    listing,
    opening,
    queries,
    queue,
    snoozes,
    views,
)
from campfire_chat.features.conversations.aggregate import CONVERSATIONS
from campfire_chat.features.conversations.listing import Order, Place, Tallies
from campfire_chat.features.conversations.opening import Opening
from campfire_chat.features.conversations.operations import (
    ChangeConversation,
    OpenConversation,
    Opened,
    To,
    require_changer,
    require_opener,
)
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.records import Status, TimelineEntry
from campfire_chat.features.conversations.rules import Patch, check_subject
from campfire_chat.features.conversations.views import View
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.messages.reviewing import Reviewing
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.hooks.before import MessageReview
from campfire_chat.jobs.job import Work
from campfire_chat.ledger.storage import Storage
from campfire_chat.ledger.streams import INBOX_READ
from campfire_chat.settings import Settings


class ConversationService(Service):
    """See the module. It has no load limits, but checks what the caller may see and do."""

    def __init__(
        self,
        storage: Storage,
        presence: PresenceService,
        settings: Settings,
        roles: Roles,
        contacts: ContactService,
        review: MessageReview | None = None,
    ) -> None:
        self._storage = storage
        self._reviewing = Reviewing(storage, review, limit=settings.max_body_characters)
        #: Called with an organisation in which somebody may see less than before.
        self.on_restricted: Callable[[str], None] = _nobody
        self._presence = presence
        self._contacts = contacts
        self._settings = settings
        self._assignable = roles.with_permission(CONVERSATIONS_REPLY)

    def works(self) -> Iterable[Work]:
        yield snoozes.WAKE.done_by(snoozes.wake)
        yield opening.OPEN.done_by(opening.done_by(self._open_by_host))

    async def open(
        self,
        actor: Actor,
        *,
        client_id: str,
        body: str,
        subject: str | None = None,
        contact_id: str | None = None,
        conversation_id: str | None = None,
    ) -> tuple[View, bool]:
        """Begin a conversation. The second value says whether it is a repetition.

        Args:
            conversation_id: The id that it gets; None for a new one.
        """
        text.check_client_id(client_id)
        original = self._reviewing.original(body)
        require_opener(actor, contact_id)
        check_subject(subject)
        attributes = await self._contacts.attributes.accepted(actor)

        def store(body: str) -> asyncio.Future[Opened]:
            return self._storage.submit(
                OpenConversation(
                    actor,
                    client_id=client_id,
                    body=body,
                    original=original,
                    subject=subject,
                    contact_id=contact_id,
                    conversation_id=conversation_id,
                    assign=self._settings.assign_on_reply,
                    attributes=attributes,
                )
            )

        opened = await self._reviewing.new(
            actor, None, client_id, Visibility.PUBLIC, original, store
        )
        return await self.get(actor, opened.conversation_id), opened.duplicate

    def check_opening(self, wanted: Opening) -> None:
        """
        Raises:
            ConfigurationError: The visitor has values that none may have.
            InvalidError: A text is refused.
        """
        actor_of_visitor(wanted.visitor)
        self._reviewing.check(wanted.body)
        check_subject(wanted.subject)

    async def _open_by_host(self, wanted: Opening) -> None:
        """Begin a conversation that the host app has ordered; its id is the client id as well."""
        await self.open(
            actor_of_visitor(wanted.visitor),
            client_id=wanted.conversation_id,
            body=wanted.body,
            subject=wanted.subject,
            conversation_id=wanted.conversation_id,
        )

    async def get(self, actor: Actor, conversation_id: str) -> View:
        """
        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
        """
        alive = self._presence.alive
        return await self._storage.read(
            lambda session: views.read_one(session, actor, conversation_id, alive=alive)
        )

    async def page(
        self,
        actor: Actor,
        *,
        statuses: Sequence[Status],
        assignee_id: str | object | None,
        tag: str | None = None,
        team_id: str | None = None,
        order: Order = "latest",
        before: Place | None,
        limit: int,
    ) -> tuple[list[View], Place | None]:
        """A page of conversations, and where the next one begins.

        Without the permission to see the inbox it holds only what is the caller's own: a visitor's
        conversations, and those that are assigned to an agent.

        Args:
            tag: The name of a tag that they all have.
            team_id: Only those of this team.
        """
        if not can(actor, INBOX_READ):
            assignee_id = actor.principal.id
        return await self._storage.read(
            lambda session: views.read_page(
                session,
                actor,
                statuses=statuses,
                assignee_id=assignee_id,
                tag=tag,
                team_id=team_id,
                order=order,
                before=before,
                limit=limit,
            )
        )

    async def numbered(self, actor: Actor, number: int) -> list[View]:
        """The conversation with this number, if there is one that the caller may see."""
        require(actor, INBOX_READ)
        return await self._storage.read(lambda session: views.numbered(session, actor, number))

    async def counts(self, actor: Actor, *, team_id: str | None = None) -> Tallies:
        """How many open conversations are the agent's, nobody's, and there at all.

        Args:
            team_id: Only those of this team.
        """
        require(actor, INBOX_READ)
        return await self._storage.read(
            lambda session: listing.read_counts(session, actor, team_id)
        )

    async def of_contact(
        self, actor: Actor, contact: str, before: contact_history.Place | None, limit: int
    ) -> tuple[list[View], contact_history.Place | None]:
        """A page of the conversations of a contact, the latest activity first, and where the next
        one begins. Without the permission to see the inbox, only those assigned to the caller.

        Args:
            contact: Their id, or the host app's id of the user.

        Raises:
            ForbiddenError: The caller may not see contacts, or not their conversations.
            NotFoundError: There is no such contact, or none that the caller sees.
        """
        require(actor, CONTACTS_READ)
        require(actor, CONVERSATIONS_READ)
        about, start = id_of(actor.organization, contact), before or contact_history.BEGINNING
        return await self._storage.read(
            lambda session: views.of_contact(session, actor, about, start, limit)
        )

    async def timeline(
        self, actor: Actor, contact: str, before: contact_history.Place | None, limit: int
    ) -> tuple[list[TimelineEntry], contact_history.Place | None]:
        """A page of what happened to a contact, the latest first, and where the next one begins.

        Raises:
            ForbiddenError: The caller may not see contacts.
            NotFoundError: There is no such contact, or none that the caller sees.
        """
        require(actor, CONTACTS_READ)
        about, start = id_of(actor.organization, contact), before or contact_history.BEGINNING
        return await self._storage.read(
            lambda session: contact_history.read_timeline(session, actor, about, start, limit)
        )

    async def take(self, actor: Actor, *, client_id: str | None) -> View | None:
        """Assign the conversation whose visitor waits longest to the agent; None: nobody waits."""
        taken = await queue.take(
            self._storage, actor, client_id=text.check_optional_client_id(client_id)
        )
        return None if taken is None else await self.get(actor, taken)

    async def change(
        self,
        actor: Actor,
        conversation_id: str,
        patch: Patch,
        assignee_id: To,
        *,
        team_id: To = UNSET,
        client_id: str | None = None,
    ) -> View:
        """Change status, assignee, team, priority, tags, subject or access labels."""
        await self.admit_writer(actor, conversation_id)
        require_changer(actor, patch, assignee_id, team_id)
        operation = ChangeConversation(
            actor,
            conversation_id,
            patch,
            assignee_id,
            team_id=team_id,
            assignable=self._assignable,
            client_id=text.check_optional_client_id(client_id),
        )
        changing = self._storage.submit(operation)
        if patch.restricts:
            # Also if the caller does not wait for the answer.
            changing.add_done_callback(lambda _: self.on_restricted(actor.organization))
            changing = asyncio.shield(changing)
        summary = await changing
        alive = self._presence.alive
        return await self._storage.read(
            lambda session: views.read_around(session, actor, summary, alive=alive)
        )

    async def admit_writer(self, actor: Actor, conversation_id: str) -> None:
        """Check permission before a write about a conversation is queued; see
        :meth:`Storage.admit_writer`.

        Raises:
            NotFoundError: No such conversation, or not one that the caller may see.
        """
        await self._storage.admit_writer(CONVERSATIONS, actor, conversation_id)

    async def open_assigned_to(self, organization: str, agent_id: str) -> list[str]:
        """Ids of an agent's open conversations, whose visitors are told of their availability."""
        return await self._storage.read(
            lambda session: queries.open_assigned_to(session, organization, agent_id)
        )


def _nobody(organization: str) -> None:
    """Does nothing, before somebody asks to be called."""
