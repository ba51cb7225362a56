"""Contacts, for the code of the host app."""

from __future__ import annotations

from campfire_chat.features.contacts.records import Contact
from campfire_chat.http.in_process import InProcess


class ContactsApi:
    """What one caller may do with contacts."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def get(self, contact: str) -> Contact:
        """A contact by their ``vis_…`` id, or by your id of the user.

        Raises:
            ForbiddenError: The caller may not see contacts.
            NotFoundError: There is no such contact, or the caller has access labels. Agents with
                access labels see contacts only with their conversations.
        """
        return await self._caller.call("get_contact", path={"contact": contact})

    async def put(
        self,
        external_id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        avatar_url: str | None = None,
    ) -> Contact:
        """Store one of your users as a contact, who may never have written. So an agent can begin
        a conversation with them. What is left out is None then.

        Args:
            external_id: Your id of the user.

        Raises:
            ForbiddenError: The caller may not store contacts.
            InvalidError: A value is refused.
        """
        return await self._caller.call(
            "put_contact",
            path={"contact": external_id},
            body={"name": name, "email": email, "avatar_url": avatar_url},
        )
