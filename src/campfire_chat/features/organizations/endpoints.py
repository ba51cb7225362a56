"""The endpoints of settings."""

from __future__ import annotations

from typing import Any

from campfire_chat.core import text
from campfire_chat.core.errors import ClientIdConflictError
from campfire_chat.core.runtime_settings import InvalidSettingError, Scope
from campfire_chat.features.organizations.errors import SettingsStaleError, UnknownSettingError
from campfire_chat.features.organizations.etags import expected_tags
from campfire_chat.features.organizations.permissions import (
    OWN_SETTINGS_EDIT,
    SETTINGS_EDIT,
    SETTINGS_READ,
)
from campfire_chat.features.organizations.records import SettingsRecord
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Handler, Reply

#: A new value by the name of each setting that is to change; null means its default.
Changes = dict[str, Any]
_ERRORS = (UnknownSettingError, InvalidSettingError, ClientIdConflictError, SettingsStaleError)


def _show(scope: Scope) -> Handler:
    async def handler(call: Call) -> Reply:
        return _reply(await call.service(SettingsService).describe(call.actor, scope))

    return handler


def _change(scope: Scope) -> Handler:
    async def handler(call: Call) -> Reply:
        client_id = text.check_optional_client_id(call.idempotency_key)
        changed = await call.service(SettingsService).change(
            call.actor,
            scope,
            call.body,
            expected=expected_tags(call.request.headers.get("if-match")),
            client_id=client_id,
        )
        return _reply(changed)

    return handler


def _reply(settings: SettingsRecord) -> Reply:
    return Reply(settings, headers={"etag": settings.etag})


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="get_settings",
        method="GET",
        path="/settings",
        permission=SETTINGS_READ,
        handler=_show(Scope.ORGANIZATION),
        summary="Get the settings of the organisation",
        returns={200: SettingsRecord},
        tagged=True,
    ),
    Endpoint(
        operation="change_settings",
        method="PATCH",
        path="/settings",
        permission=SETTINGS_EDIT,
        handler=_change(Scope.ORGANIZATION),
        summary="Change settings of the organisation",
        body=Changes,
        returns={200: SettingsRecord},
        tagged=True,
        errors=_ERRORS,
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="get_own_settings",
        method="GET",
        path="/me/settings",
        permission=SETTINGS_READ,
        handler=_show(Scope.AGENT),
        summary="Get the calling agent's own settings",
        returns={200: SettingsRecord},
        tagged=True,
        by_person=True,
    ),
    Endpoint(
        operation="change_own_settings",
        method="PATCH",
        path="/me/settings",
        permission=OWN_SETTINGS_EDIT,
        handler=_change(Scope.AGENT),
        summary="Change the calling agent's own settings",
        body=Changes,
        returns={200: SettingsRecord},
        tagged=True,
        errors=_ERRORS,
        cost=Cost.WRITE,
        by_person=True,
    ),
)
