"""Contacts, for the code of the host app."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from campfire_chat.features.contacts.records import AttributeRecord, ContactRecord
from campfire_chat.features.contacts.rules import Order
from campfire_chat.features.conversations.records import AgentConversation, TimelineEntry
from campfire_chat.http.in_process import InProcess, time_text
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class ContactsApi:
    """What one caller may do with contacts."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(
        self,
        search: str = "",
        *,
        verified: bool | None = None,
        blocked: bool | None = None,
        seen_since: datetime | None = None,
        created_since: datetime | None = None,
        attributes: Mapping[str, Any] | None = None,
        order: Order = "last_seen",
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[ContactRecord]:
        """A page of contacts. With conditions that few contacts meet it may hold fewer than
        ``limit`` and yet not be the last one: read on while there is a ``next_cursor``.

        Args:
            search: Words. Each of them begins a word of the name, the e-mail address or your id.
                Upper and lower case and accents do not matter. Without a word, all are found.
            verified: Whether you confirmed who they are.
            blocked: Whether they are blocked.
            seen_since: They were here since then.
            created_since: They were stored since then.
            attributes: What attributes have to be, by their keys: a value, or for numbers and days
                ``{"from": …, "to": …}``, of which one may be missing.
            order: ``last_seen``, ``name`` or ``created``.
            cursor: ``next_cursor`` of the page before.
            limit: 1 to 100.

        Raises:
            ForbiddenError: The caller may not see contacts.
            InvalidAttributeError: There is no such attribute, or it cannot have that value.
        """
        return await self._caller.call(
            "list_contacts",
            query={
                "search": search,
                "verified": verified,
                "blocked": blocked,
                "seen_since": time_text(seen_since, field="seen_since"),
                "created_since": time_text(created_since, field="created_since"),
                "attributes": msgspec.json.encode(dict(attributes)).decode()
                if attributes
                else None,
                "order": order,
                "cursor": cursor,
                "limit": limit,
            },
        )

    async def conversations(
        self, contact: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[AgentConversation]:
        """The conversations of a contact that the caller sees, the latest activity first.

        Raises:
            ForbiddenError: The caller may not see contacts, or not conversations.
            NotFoundError: There is no such contact, or none that the caller sees.
        """
        return await self._caller.call(
            "list_contact_conversations",
            path={"contact": contact},
            query={"cursor": cursor, "limit": limit},
        )

    async def timeline(
        self, contact: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[TimelineEntry]:
        """What happened to a contact, the latest first: how they were stored and described, and
        when their conversations began and were resolved.

        Raises:
            ForbiddenError: The caller may not see contacts.
            NotFoundError: There is no such contact, or none that the caller sees.
        """
        return await self._caller.call(
            "list_contact_timeline",
            path={"contact": contact},
            query={"cursor": cursor, "limit": limit},
        )

    async def get(self, contact: str) -> ContactRecord:
        """A contact by their ``vis_…`` id, or by your id of the user.

        Raises:
            ForbiddenError: The caller may not see contacts.
            NotFoundError: There is no such contact, or none that the caller sees. Agents with
                access labels, or without ``inbox.read``, see contacts only with their
                conversations.
        """
        return await self._caller.call("get_contact", path={"contact": contact})

    async def put(
        self,
        external_id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        avatar_url: str | None = None,
        attributes: Mapping[str, str | float | bool | None] | None = None,
    ) -> ContactRecord:
        """Store one of your users as a contact, who may never have written. So an agent can begin
        a conversation with them. What is left out is None then, but for attributes.

        Args:
            external_id: Your id of the user.
            attributes: New values by the keys of the attributes. None takes one away, and what is
                left out stays.

        Raises:
            ForbiddenError: The caller may not store contacts.
            InvalidAttributeError: There is no such attribute, or it cannot have that value.
            InvalidError: A value is refused.
        """
        return await self._caller.call(
            "put_contact",
            path={"contact": external_id},
            body={
                "name": name,
                "email": email,
                "avatar_url": avatar_url,
                "attributes": dict(attributes or {}),
            },
        )

    async def edit(
        self, contact: str, *, attributes: Mapping[str, str | float | bool | None]
    ) -> ContactRecord:
        """Change attributes of a contact.

        Args:
            contact: Their ``vis_…`` id, or your id of the user.
            attributes: New values by the keys of the attributes. None takes one away, and what is
                left out stays.

        Raises:
            ForbiddenError: The caller may not change contacts.
            NotFoundError: There is no such contact, or none that the caller sees.
            InvalidAttributeError: There is no such attribute, it cannot have that value, or agents
                may not change it.
        """
        return await self._caller.call(
            "change_contact", path={"contact": contact}, body={"attributes": dict(attributes)}
        )

    async def block(self, contact: str) -> ContactRecord:
        """Block a contact. They can write nothing any more, with whatever token.

        Args:
            contact: Their ``vis_…`` id, or your id of the user.

        Raises:
            ForbiddenError: The caller may not block contacts.
            NotFoundError: There is no such contact, or none that the caller sees.
        """
        return await self._caller.call("block_contact", path={"contact": contact})

    async def unblock(self, contact: str) -> ContactRecord:
        """Let a contact write again.

        Raises:
            ForbiddenError: The caller may not block contacts.
            NotFoundError: There is no such contact, or none that the caller sees.
        """
        return await self._caller.call("unblock_contact", path={"contact": contact})

    async def attributes(self) -> Page[AttributeRecord]:
        """The attributes that contacts may have: yours from the code, then those of the settings.

        Raises:
            ForbiddenError: The caller may not see contacts.
        """
        return await self._caller.call("list_contact_attributes")
