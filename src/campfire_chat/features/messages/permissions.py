"""What somebody may be allowed to do with messages."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

CONVERSATIONS_REPLY = Permission(
    "conversations.reply",
    "Send public messages, edit and delete one's own, and be shown as typing. Conversations can "
    "be assigned to agents who have it.",
    least=Role.AGENT,
    visitors=True,
)
NOTES_WRITE = Permission(
    "notes.write",
    "Write private notes, edit and delete one's own.",
    least=Role.AGENT,
)
MESSAGES_DELETE = Permission(
    "messages.delete",
    "Delete messages and notes of others.",
    least=Role.ADMIN,
)
MESSAGES_REDACT = Permission(
    "messages.redact",
    "Remove the text of a message or note, or a part of it, for good.",
    least=Role.ADMIN,
)
MESSAGE_VERSIONS_READ = Permission(
    "message_versions.read",
    "Read what a message said before it was edited.",
    least=Role.VIEWER,
)
