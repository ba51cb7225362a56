"""The endpoints of API keys."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from campfire_chat.core.decoding import moment
from campfire_chat.core.errors import InvalidTextError, NotFoundError
from campfire_chat.features.api_keys.errors import TooManyKeysError
from campfire_chat.features.api_keys.permissions import API_KEYS_MANAGE
from campfire_chat.features.api_keys.records import (
    ApiKeyRecord,
    ApiKeySecret,
    GrantablePermission,
)
from campfire_chat.features.api_keys.rules import DEFAULT_OVERLAP, LONGEST_OVERLAP
from campfire_chat.features.api_keys.service import ApiKeyService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.pagination import Page

_Name = Annotated[str, Meta(max_length=64)]
_Overlap = Annotated[int, Meta(ge=0, le=LONGEST_OVERLAP)]


class ApiKeyCreate(Struct, frozen=True, kw_only=True):
    """``permissions``: names of what it may do. ``expires_at``: null for a key without an end."""

    name: str
    permissions: Annotated[list[_Name], Meta(max_length=200)]
    expires_at: str | None = None


class ApiKeyRotate(Struct, frozen=True, kw_only=True):
    """``overlap``: seconds for which the old secret stays valid. ``expires_at``: the new end of
    the key, null for none; left out, it stays as it is."""

    overlap: _Overlap = DEFAULT_OVERLAP
    expires_at: str | UnsetType | None = UNSET


async def list_all(call: Call) -> Reply:
    return Reply(Page(await call.service(ApiKeyService).list_all(call.actor)))


async def list_permissions(call: Call) -> Reply:
    return Reply(Page(call.service(ApiKeyService).grantable(call.actor)))


async def create(call: Call) -> Reply:
    body: ApiKeyCreate = call.body
    created = await call.service(ApiKeyService).create(
        call.actor,
        name=body.name,
        permissions=body.permissions,
        expires_at=moment(body.expires_at, field="expires_at"),
    )
    return Reply(created, status=201)


async def rotate(call: Call) -> Reply:
    body: ApiKeyRotate = call.body
    rotated = await call.service(ApiKeyService).rotate(
        call.actor,
        call.path["key_id"],
        overlap=body.overlap,
        expires_at=moment(body.expires_at, field="expires_at"),
    )
    return Reply(rotated)


async def revoke(call: Call) -> Reply:
    return Reply(await call.service(ApiKeyService).revoke(call.actor, call.path["key_id"]))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_api_keys",
        method="GET",
        path="/api-keys",
        permission=API_KEYS_MANAGE,
        handler=list_all,
        summary="List the API keys of the organisation, without their secrets",
        returns={200: Page[ApiKeyRecord]},
    ),
    Endpoint(
        operation="create_api_key",
        method="POST",
        path="/api-keys",
        permission=API_KEYS_MANAGE,
        handler=create,
        summary="Create an API key; its secret is shown only in this answer",
        body=ApiKeyCreate,
        returns={201: ApiKeySecret},
        errors=(InvalidTextError, TooManyKeysError),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="list_key_permissions",
        method="GET",
        path="/api-keys/permissions",
        permission=API_KEYS_MANAGE,
        handler=list_permissions,
        summary="List the permissions that the caller may give to an API key",
        returns={200: Page[GrantablePermission]},
    ),
    Endpoint(
        operation="rotate_api_key",
        method="POST",
        path="/api-keys/{key_id}/rotate",
        permission=API_KEYS_MANAGE,
        handler=rotate,
        summary="Give an API key a new secret; the old one stays valid for a while",
        body=ApiKeyRotate,
        body_optional=True,
        returns={200: ApiKeySecret},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="revoke_api_key",
        method="DELETE",
        path="/api-keys/{key_id}",
        permission=API_KEYS_MANAGE,
        handler=revoke,
        summary="End an API key at once",
        returns={200: ApiKeyRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
)
