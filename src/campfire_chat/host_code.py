"""What the code of the host app calls on a ``Campfire``: hooks, the API in Python, transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from campfire_chat.access.actor import Actor, actor_of_visitor, system_actor
from campfire_chat.access.identity import HostSession
from campfire_chat.access.permissions import all_permissions
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.core.errors import ConfigurationError, NotStartedError
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION
from campfire_chat.database.host_connection import HostConnection
from campfire_chat.features.agents.service import AgentService
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.features.conversations.records import AgentConversation, VisitorConversation
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.host_api import HostApi
from campfire_chat.features.host_transaction import HostTransaction
from campfire_chat.features.messages.service import MessageService
from campfire_chat.hooks.before import BeforeFunction
from campfire_chat.hooks.registry import AfterFunction, HookRegistry
from campfire_chat.http.endpoints import Context
from campfire_chat.http.in_process import InProcess
from campfire_chat.ledger.events import all_types
from campfire_chat.runtime import Runtime


class HostCode:
    """See the module. The base of :class:`~campfire_chat.Campfire`."""

    def __init__(self, host: HostSession) -> None:
        self._host = host
        self._hooks = HookRegistry(event.name for event in all_types())
        self._running: Runtime | None = None

    def on(self, *events: str, name: str | None = None) -> Callable[[AfterFunction], AfterFunction]:
        """Have a function called after something has happened and is stored.

        For example::

            @campfire.on("message.created", name="crm")
            async def tell_the_crm(event: Event) -> None: ...

        It is called at least once for each event, in one of the processes. After a crash it may
        be called again for the latest events; ``event.id`` stays the same. The events of one
        conversation come in their order. When the function raises, the event and the later ones
        of the same conversation are tried again later, and nothing else waits. After ten
        attempts the event is parked; see ``campfire-chat jobs``.

        Args:
            events: Names of types of events, such as ``message.created``.
            name: Keeps the place up to which the function was called. A new name begins with
                what happens from then on. Without it the name of the function is taken, with
                its module.

        Raises:
            ConfigurationError: There is no such event, the name is taken, the function cannot
                be called with one argument, or the object is started already.
        """

        def add(function: AfterFunction) -> AfterFunction:
            if self._running is not None:
                raise ConfigurationError("Add hooks before the start.", field="on")
            self._hooks.on(events, function, name)
            return function

        return add

    def before(self, *actions: str) -> Callable[[BeforeFunction], BeforeFunction]:
        """Have a function called before a message is stored, which may refuse or change it.

        For example::

            @campfire.before("message.send")
            async def no_card_numbers(message: OutgoingMessage) -> str | None:
                return CARD_NUMBER.sub("…", message.body)

        It is called for new messages, private notes and edits, over WebSocket, REST and the
        Python API alike, after the permissions of the sender were checked. It returns the new
        text, or None to leave it as it is. It raises :class:`MessageRefusedError` with a text
        for the sender to refuse the message. Those of one conversation come one after the other
        in each process; several functions are called in the order in which they were added.

        When it raises anything else, or does not answer within the setting ``hook_timeout``, the
        message is not stored, the log says why, and the sender gets ``hook_failed`` and may try
        again.

        Args:
            actions: What it is called before: ``message.send``.

        Raises:
            ConfigurationError: There is no such action, the function cannot be called with one
                argument, or the object is started already.
        """

        def add(function: BeforeFunction) -> BeforeFunction:
            if self._running is not None:
                raise ConfigurationError("Add hooks before the start.", field="before")
            self._hooks.add_before(actions, function)
            return function

        return add

    def as_agent(
        self, agent: Agent | str, *, organization: str = DEFAULT_ORGANIZATION
    ) -> HostApi[AgentConversation]:
        """The API as one of your agents, for your own code.

        For example::

            ada = campfire.as_agent("7")
            await ada.messages.send(conversation_id, "Your parcel has left.")

        Args:
            agent: An agent, as from ``authenticate``. Or only your id of one who has signed in
                before, or whom ``agents.put`` has stored: then name, role and the rest are as they
                were then.
            organization: The organisation, if only the id is given.

        Raises:
            NotFoundError: At a call: no agent of that id has ever signed in or been stored.
            ConfigurationError: At a call: a value is none that an agent may have.
        """

        async def who() -> Actor:
            running = self._started()
            found = agent
            if isinstance(found, str):
                found = await running.services[AgentService].described(organization, found)
            actor = await self._host.actor_of_agent(found)
            await running.let_in(actor)
            return actor

        return HostApi(InProcess(self._context, who))

    def as_visitor(
        self, visitor: Visitor | str, *, organization: str = DEFAULT_ORGANIZATION
    ) -> HostApi[VisitorConversation]:
        """The API as one of your users who asks for help, for your own code.

        Args:
            visitor: A visitor, as from ``authenticate``. Or only your id of the user: then name
                and the rest are as they were when the user last wrote.
            organization: The organisation, if only the id is given.

        Raises:
            ConfigurationError: At a call: a value is none that a visitor may have.
        """

        async def who() -> Actor:
            running = self._started()
            found = visitor
            if isinstance(found, str):
                found = await running.services[ContactService].described(organization, found)
            actor = actor_of_visitor(found)
            await running.let_in(actor)
            return actor

        return HostApi(InProcess(self._context, who))

    def as_system(self, *, organization: str = DEFAULT_ORGANIZATION) -> HostApi[AgentConversation]:
        """The API as nobody in particular, with every permission, for your own code.

        What it writes has the sender ``system``, and is no agent's answer: the visitor still
        waits for one.

        Args:
            organization: The organisation.
        """

        async def who() -> Actor:
            actor = system_actor(organization, *all_permissions())
            await self._started().let_in(actor)
            return actor

        return HostApi(InProcess(self._context, who))

    def within(self, connection: Any) -> HostTransaction:
        """Let a transaction of your own cause work of campfire-chat.

        For example::

            async with engine.begin() as connection:
                await connection.execute(insert(returns).values(order=1007))
                id = await campfire.within(connection).open_conversation("42", "It leaks.")

        It is carried out within a second of your commit, and exactly once. If you roll back,
        nothing happens.

        Args:
            connection: A connection or session of SQLAlchemy, or a connection of asyncpg,
                aiosqlite or sqlite3, to the database that campfire-chat uses, in a transaction.

        Raises:
            ConfigurationError: It is something else.
            NotStartedError: Campfire was not started.
        """
        running = self._started()
        return HostTransaction(
            HostConnection(connection),
            running.storage,
            running.services[ConversationService],
            running.services[MessageService],
            running.services[ContactService],
        )

    def _started(self) -> Runtime:
        """
        Raises:
            NotStartedError: The object is not started.
        """
        if self._running is None:
            raise NotStartedError()
        return self._running

    def _context(self) -> Context:
        return self._started().context
