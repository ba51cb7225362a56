"""Every feature: a new one is added here, and nowhere else outside its own folder.

Services are made in this order, so a feature comes after those whose services it uses.
"""

from __future__ import annotations

from typing import Final

from campfire_chat.feature import Feature
from campfire_chat.features.agents.feature import AGENTS
from campfire_chat.features.api_keys.feature import API_KEYS
from campfire_chat.features.contacts.feature import CONTACTS
from campfire_chat.features.conversations.feature import CONVERSATIONS
from campfire_chat.features.drafts.feature import DRAFTS
from campfire_chat.features.history.feature import HISTORY
from campfire_chat.features.jobs.feature import JOBS
from campfire_chat.features.mentions.feature import MENTIONS
from campfire_chat.features.messages.feature import MESSAGES
from campfire_chat.features.notifications.feature import NOTIFICATIONS
from campfire_chat.features.organizations.feature import ORGANIZATIONS
from campfire_chat.features.presence.feature import PRESENCE
from campfire_chat.features.receipts.feature import RECEIPTS
from campfire_chat.features.saved_replies.feature import SAVED_REPLIES
from campfire_chat.features.search.feature import SEARCH
from campfire_chat.features.tags.feature import TAGS
from campfire_chat.features.teams.feature import TEAMS
from campfire_chat.features.visitors.feature import VISITORS
from campfire_chat.features.webhooks.feature import WEBHOOKS

FEATURES: Final[tuple[Feature, ...]] = (
    ORGANIZATIONS,
    PRESENCE,
    CONTACTS,
    CONVERSATIONS,
    MESSAGES,
    RECEIPTS,
    AGENTS,
    VISITORS,
    JOBS,
    SAVED_REPLIES,
    HISTORY,
    API_KEYS,
    WEBHOOKS,
    TAGS,
    TEAMS,
    MENTIONS,
    DRAFTS,
    NOTIFICATIONS,
    SEARCH,
)
