"""The kinds of jobs of notifications."""

from __future__ import annotations

from campfire_chat.jobs.job import JobKind
from campfire_chat.jobs.retention import Nothing
from campfire_chat.jobs.schedule import Schedule

EXPIRE = JobKind("notification.expire", Nothing, permissions=())
DAILY = Schedule("notifications", 24 * 3600, EXPIRE.name)
