"""What somebody may be allowed to do with jobs."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

JOBS_MANAGE = Permission(
    "jobs.manage",
    "See the jobs of the organisation, try a parked one again, and remove one.",
    least=Role.ADMIN,
)
