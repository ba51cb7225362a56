"""The storage and the services of the features, with or without a Campfire around them."""

from __future__ import annotations

from campfire_chat import Campfire
from campfire_chat.access.identity import HostSession, Tokens
from campfire_chat.access.key_checks import KeyChecks
from campfire_chat.access.revocation_table import RevocationTable
from campfire_chat.access.roles import Roles
from campfire_chat.access.usage_table import Usage
from campfire_chat.core.clock import Clock
from campfire_chat.database.nodes import Nodes
from campfire_chat.features.agents.service import AgentService
from campfire_chat.features.api_keys.service import ApiKeyService
from campfire_chat.features.contacts.attributes import ContactAttributes
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.features.conversations.reopening import Reopening
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.messages.service import MessageService
from campfire_chat.features.organizations.organization_service import OrganizationService
from campfire_chat.features.organizations.service import SettingsService, StoredSettings
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.features.receipts.service import ReceiptService
from campfire_chat.jobs.queue import Queue
from campfire_chat.jobs.retention import Retention
from campfire_chat.ledger.ledger import OnCommit
from campfire_chat.ledger.storage import Storage
from campfire_chat.realtime.bus import Bus
from campfire_chat.runtime import AGGREGATES, OWN_STREAMS, SETTINGS
from campfire_chat.settings import Settings


class Store:
    """What a process has of a database.

    Args:
        database_url: The database.
        now: The wall clock.
    """

    def __init__(
        self, database_url: str, *, settings: Settings, on_commit: OnCommit, now: Clock
    ) -> None:
        storage = Storage(
            database_url,
            settings=settings,
            kinds=AGGREGATES,
            own_streams=OWN_STREAMS,
            on_commit=on_commit,
            now=now,
        )
        self._take(storage, settings, now)

    @classmethod
    def of(cls, campfire: Campfire) -> Store:
        """What a started Campfire has."""
        running = campfire._running
        assert running is not None
        store = cls.__new__(cls)
        store._take(running.storage, campfire.settings, running.storage.now)
        store.jobs = running.jobs
        return store

    def _take(self, storage: Storage, settings: Settings, now: Clock) -> None:
        self.storage = storage
        self.settings = settings
        self.runtime_settings = SettingsService(
            storage, Bus("memory://", node="store", on_wake=lambda _: None), SETTINGS
        )
        self.organizations = OrganizationService(storage, self.runtime_settings)
        self.presence = PresenceService(storage, life=settings.presence_life)
        self.agents = AgentService(storage, self.presence, Roles())
        self.contacts = ContactService(
            storage, ContactAttributes(self.runtime_settings, settings.contact_attributes)
        )
        self.conversations = ConversationService(
            storage, self.presence, settings, Roles(), self.contacts
        )
        self.reopening = Reopening(StoredSettings(SETTINGS), self.presence)
        self.messages = MessageService(storage, settings, Roles(), self.reopening)
        self.api_keys = ApiKeyService(
            storage, self.agents, Tokens("k" * 40, lifetime=60), HostSession(None, Roles())
        )
        self.receipts = ReceiptService(storage)
        tables = (storage.writer, storage.readers)
        self.nodes = Nodes(*tables, now=now)
        self.key_checks = KeyChecks(*tables)
        self.usage = Usage(*tables, now=now)
        self.revocations = RevocationTable(*tables, now=now)
        self.jobs = Queue(*tables, now=now)
        self.retention = Retention(*tables, now=now)

    async def start(self) -> None:
        await self.storage.start()

    async def stop(self) -> None:
        await self.storage.stop()
