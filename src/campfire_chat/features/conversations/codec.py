"""Rows of conversations to records, and back."""

from __future__ import annotations

from campfire_chat.access import labels
from campfire_chat.database.codec import Codec, Joined, Stored
from campfire_chat.features.agents.codec import ASSIGNEE_ROWS
from campfire_chat.features.contacts.codec import CONTACT_ROWS
from campfire_chat.features.conversations import tables
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.features.teams.codec import TEAM_NAME_ROWS

CONVERSATION_ROWS = Codec(
    tables.conversations,
    Conversation,
    names={"organization": "org_id", "id": "conversation_id"},
    stored={"access_labels": Stored(labels.from_stored, labels.stored)},
    inner={
        "contact": Joined(CONTACT_ROWS, "contact_id"),
        "assignee": Joined(ASSIGNEE_ROWS, "assignee_id"),
        "team": Joined(TEAM_NAME_ROWS, "team_id"),
    },
)
