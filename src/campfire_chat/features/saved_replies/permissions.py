"""What somebody may be allowed to do with saved replies."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

SAVED_REPLIES_READ = Permission(
    "saved_replies.read",
    "See and use the shared saved replies, and one's own.",
    least=Role.VIEWER,
)
SAVED_REPLIES_WRITE = Permission(
    "saved_replies.write",
    "Create, edit and delete one's own saved replies.",
    least=Role.AGENT,
)
SAVED_REPLIES_SHARE = Permission(
    "saved_replies.share",
    "Create, edit and delete shared saved replies.",
    least=Role.ADMIN,
)
#: Which of the two is needed depends on whose the saved reply is.
SAVED_REPLIES_EDIT = (SAVED_REPLIES_WRITE, SAVED_REPLIES_SHARE)
