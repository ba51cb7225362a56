"""The API for the code of the host app: what every noun offers, gathered."""

from __future__ import annotations

from typing import Generic

import msgspec

from campfire_chat.access.records import PrincipalRecord
from campfire_chat.features.agents.host_api import AgentsApi
from campfire_chat.features.api_keys.host_api import ApiKeysApi
from campfire_chat.features.contacts.host_api import ContactsApi
from campfire_chat.features.conversations.host_api import C, ConversationsApi
from campfire_chat.features.drafts.host_api import DraftsApi
from campfire_chat.features.history.host_api import HistoryApi
from campfire_chat.features.jobs.host_api import JobsApi
from campfire_chat.features.messages.host_api import MessagesApi
from campfire_chat.features.notifications.host_api import NotificationsApi
from campfire_chat.features.organizations.host_api import SettingsApi
from campfire_chat.features.receipts.host_api import ReceiptsApi
from campfire_chat.features.saved_replies.host_api import SavedRepliesApi
from campfire_chat.features.search.host_api import SearchApi
from campfire_chat.features.tags.host_api import TagsApi
from campfire_chat.features.teams.host_api import TeamsApi
from campfire_chat.features.webhooks.host_api import WebhooksApi
from campfire_chat.http.events import EventPage
from campfire_chat.http.in_process import InProcess


class HostApi(Generic[C]):
    """The API as one caller: an agent, a visitor or the system.

    It has the same rules, permissions and errors as the REST API, and the same records. It has no
    load limits. Every method raises NotStartedError before the start, and
    StorageUnavailableError while the database cannot be reached.

    Attributes:
        conversations: Begin, list, find and change conversations.
        messages: Send, list, edit and delete messages and notes.
        drafts: What the agent is writing.
        notifications: What the agent is told of.
        receipts: Mark what was received and read.
        search: Find messages, notes and conversations by what they say.
        history: What happened to conversations.
        contacts: Look up and store contacts.
        saved_replies: Texts that agents insert into what they write.
        agents: The agents and their availability.
        tags: The tags of the organisation.
        teams: The teams and who is in them.
        settings: The runtime settings.
        api_keys: The API keys of the organisation.
        webhooks: The webhooks of the organisation, and their deliveries.
        jobs: The jobs of the organisation.
    """

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller
        self.conversations: ConversationsApi[C] = ConversationsApi(caller)
        self.messages = MessagesApi(caller)
        self.drafts = DraftsApi(caller)
        self.notifications = NotificationsApi(caller)
        self.receipts = ReceiptsApi(caller)
        self.search = SearchApi(caller)
        self.history = HistoryApi(caller)
        self.contacts = ContactsApi(caller)
        self.saved_replies = SavedRepliesApi(caller)
        self.agents = AgentsApi(caller)
        self.tags = TagsApi(caller)
        self.teams = TeamsApi(caller)
        self.settings = SettingsApi(caller)
        self.api_keys = ApiKeysApi(caller)
        self.webhooks = WebhooksApi(caller)
        self.jobs = JobsApi(caller)

    async def me(self) -> PrincipalRecord:
        """Who the caller is here: the ``agt_…`` or ``vis_…`` id, and the permissions."""
        return await self._caller.call("get_me")

    async def events(
        self, stream: str, *, after: int = 0, wait: float = 0, limit: int = 100
    ) -> EventPage:
        """A page of the events of a stream.

        Args:
            stream: Such as ``conversation:conv_…``.
            after: The ``seq`` of the last event that is known already.
            wait: Seconds to wait for an event when there is none yet, at most 30.
            limit: 1 to 100.

        Raises:
            NotFoundError: There is no such stream, or the caller may not see it.
        """
        page = await self._caller.call(
            "list_events",
            path={"stream": stream},
            query={"after": after, "wait": wait, "limit": limit},
        )
        # Events are kept as the text that clients receive.
        return msgspec.json.decode(msgspec.json.encode(page), type=EventPage)
