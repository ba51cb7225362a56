"""Reading API keys."""

from __future__ import annotations

from sqlalchemy import select

from campfire_chat.database.lanes import Session
from campfire_chat.features.api_keys.codec import key_of
from campfire_chat.features.api_keys.rules import ApiKey
from campfire_chat.features.api_keys.tables import api_keys

_k = api_keys.c


async def of_organization(session: Session, organization: str) -> list[ApiKey]:
    """The keys of an organisation, the newest first."""
    rows = await session.all(
        select(api_keys).where(_k.org_id == organization).order_by(_k.key_id.desc())
    )
    return [key_of(row) for row in rows]


async def find(session: Session, organization: str, key_id: str) -> ApiKey | None:
    row = await session.first(
        select(api_keys).where(_k.org_id == organization, _k.key_id == key_id)
    )
    return None if row is None else key_of(row)


async def shown(session: Session, key_id: str) -> ApiKey | None:
    """The key of a request, of whichever organisation. Whoever asks compares its digest."""
    row = await session.first(select(api_keys).where(_k.key_id == key_id))
    return None if row is None else key_of(row)
