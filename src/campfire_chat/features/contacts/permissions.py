"""What somebody may be allowed to do with contacts."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

CONTACTS_READ = Permission(
    "contacts.read",
    "See contacts, search for them, and read what happened to them.",
    least=Role.VIEWER,
)
CONTACTS_EDIT = Permission(
    "contacts.edit",
    "Change the attributes of contacts.",
    least=Role.AGENT,
)
CONTACTS_BLOCK = Permission(
    "contacts.block",
    "Block contacts, and unblock them.",
    least=Role.AGENT,
)
CONTACTS_WRITE = Permission(
    "contacts.write",
    "Store users of the host app as contacts.",
    least=Role.ADMIN,
)
