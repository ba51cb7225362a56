"""What somebody may be allowed to do with conversations."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

CONVERSATIONS_READ = Permission(
    "conversations.read",
    "Open a conversation, read its public messages and say how far one has read.",
    least=Role.VIEWER,
    visitors=True,
)
CONVERSATIONS_CREATE = Permission(
    "conversations.create",
    "Begin a conversation.",
    least=Role.AGENT,
    visitors=True,
)
CONVERSATIONS_MANAGE = Permission(
    "conversations.manage",
    "Change status, assignee, team, priority, tags and subject; take the conversation that waits "
    "longest.",
    least=Role.AGENT,
)
CONVERSATIONS_RESTRICT = Permission(
    "conversations.restrict",
    "Set the access labels of a conversation, which narrow the agents who see it.",
    least=Role.ADMIN,
)
NOTES_READ = Permission(
    "notes.read",
    "Read private notes, and follow changes that visitors do not see.",
    least=Role.VIEWER,
)
