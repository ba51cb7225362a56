"""What somebody may be allowed to do with API keys."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

#: No key makes keys: one that leaked would outlive its own revocation.
API_KEYS_MANAGE = Permission(
    "api_keys.manage",
    "See the API keys of the organisation, create, rotate and revoke them.",
    least=Role.ADMIN,
    keys=False,
)
AGENTS_IMPERSONATE = Permission(
    "agents.impersonate",
    "Let an API key act as an agent that a request names.",
    least=Role.ADMIN,
)
