"""What may be wrong with a draft."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError


class DraftStaleError(CampfireError):
    """The draft was changed on another device. Nothing was stored.

    The details are the present :class:`~campfire_chat.features.drafts.records.DraftRecord`.
    """

    code = "draft_stale"
    status = 412


class TooManyDraftsError(CampfireError):
    """There are as many drafts as there may be. Send or delete one first."""

    code = "too_many_drafts"
    status = 409
