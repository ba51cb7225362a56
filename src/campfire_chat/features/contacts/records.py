"""Contacts, as they go over the wire."""

from __future__ import annotations

from msgspec import Struct


class Contact(Struct, frozen=True, kw_only=True):
    """The visitor, as agents see them.

    Attributes:
        id: The visitor id (``vis_…``).
        external_id: The host app's id of the user, if the host app confirmed it.
        verified: Whether the host app confirmed who the visitor is.
    """

    id: str
    external_id: str | None
    verified: bool
    name: str | None
    email: str | None
    avatar_url: str | None
