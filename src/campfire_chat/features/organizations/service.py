"""Runtime settings, for the other features and for the API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from campfire_chat.access.actor import Actor
from campfire_chat.access.permissions import Permission, known_permission
from campfire_chat.access.policy import can, require
from campfire_chat.core.runtime_settings import Scope, Setting, SettingRegistry, SettingValues
from campfire_chat.database import installation
from campfire_chat.database.dialects import Engine
from campfire_chat.database.prepared import Prepared, Row
from campfire_chat.feature import Service
from campfire_chat.features.organizations import queries
from campfire_chat.features.organizations.chosen import Reader, Subject
from campfire_chat.features.organizations.errors import SettingsStaleError, UnknownSettingError
from campfire_chat.features.organizations.etags import etag_of
from campfire_chat.features.organizations.operations import NUMBER, ChangeSettings
from campfire_chat.features.organizations.permissions import SETTINGS_READ
from campfire_chat.features.organizations.queries import PAGE
from campfire_chat.features.organizations.records import (
    SettingChoice,
    SettingRecord,
    SettingsRecord,
)
from campfire_chat.features.organizations.setting_cache import SettingCache
from campfire_chat.features.organizations.settings import TIME_ZONE
from campfire_chat.ledger.storage import Storage
from campfire_chat.realtime.bus import Bus

logger = logging.getLogger("campfire_chat.settings")

#: What the other processes are told over the bus.
SIGNAL = "settings"
#: Seconds between looks, which find what the bus has not told.
INTERVAL = 5.0
#: Characters of an unknown name that an answer repeats.
_SHOWN = 64


class SettingsService(Service):
    """See the module. Values are kept in memory, and are current in every process within moments
    of a change: the bus tells of it, and a look at the database every few seconds finds what the
    bus has lost.

    Args:
        registry: Every setting.
    """

    def __init__(self, storage: Storage, bus: Bus, registry: SettingRegistry) -> None:
        self._storage = storage
        self._bus = bus
        self._registry = registry
        self._reader = Reader(registry)
        self._cache = SettingCache()
        #: The number of the last change that was read.
        self._last = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        # Nothing is in memory yet, so only what is changed from now on matters.
        self._last = await self._storage.read(
            lambda session: installation.last_number(session, NUMBER)
        )
        self._task = asyncio.create_task(self._rounds(), name="campfire-settings")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def signalled(self, what: str, organization: str) -> None:
        if what == SIGNAL:
            self._cache.forget(organization)

    # Reading.

    async def of(self, organization: str) -> SettingValues:
        """The settings of an organisation.

        Raises:
            StorageUnavailableError: They are not in memory, and the database cannot be reached.
        """
        return await self._values(Subject(organization))

    async def of_agent(self, organization: str, agent_id: str) -> SettingValues:
        """The settings that an agent has chosen for themselves.

        Args:
            agent_id: ``agt_…``.

        Raises:
            StorageUnavailableError: As for :meth:`of`.
        """
        return await self._values(Subject(organization, agent_id))

    async def changed_organizations(self) -> list[str]:
        """The organisations in which a setting, or one of an agent, was ever changed."""
        found: set[str] = set()
        last = 0
        while True:
            changes = await self._storage.read(
                lambda session: queries.changed_since(session, last)  # noqa: B023
            )
            found.update(change.organization for change in changes)
            if len(changes) < queries.PAGE:
                return sorted(found)
            last = changes[-1].number

    async def time_zone(self, organization: str) -> ZoneInfo:
        """Where an organisation is, for what begins with a day.

        Raises:
            StorageUnavailableError: As for :meth:`of`.
        """
        return ZoneInfo((await self.of(organization))[TIME_ZONE])

    async def describe(self, actor: Actor, scope: Scope) -> SettingsRecord:
        """The settings of the caller's organisation, or the caller's own.

        Raises:
            ForbiddenError: The caller is not an agent.
        """
        require(actor, SETTINGS_READ)
        values = await self._values(_subject(actor, scope))
        settings = self._registry.of(scope)
        return SettingsRecord(
            etag=etag_of(values.number),
            values={item.name: values[item] for item in settings},
            settings=[_record(item, values, actor) for item in settings],
        )

    async def _values(self, subject: Subject) -> SettingValues:
        found = self._cache.get(subject)
        if found is not None:
            return found
        since = self._cache.version(subject.organization)
        stored = await self._storage.read(
            lambda session: queries.read_chosen(session, subject.organization, subject.key)
        )
        values = self._reader.values(subject, stored)
        self._cache.put(subject, values, since)
        return values

    # Changing.

    async def change(
        self,
        actor: Actor,
        scope: Scope,
        wanted: Mapping[str, Any],
        *,
        expected: frozenset[str] | None = None,
        client_id: str | None,
    ) -> SettingsRecord:
        """Change settings of the caller's organisation, or the caller's own: all of them or none.

        Args:
            wanted: The new values by the names of the settings. None means the default.
            expected: The ETags of which one has to be that of the settings; None if any will do.

        Raises:
            ForbiddenError: The caller may not change one of them.
            UnknownSettingError: There is no setting of that name.
            InvalidSettingError: A setting cannot have that value.
            SettingsStaleError: The settings have another ETag.
        """
        changes: dict[Setting[Any], Any] = {}
        for name, value in wanted.items():
            setting = self._registry.find(scope, name)
            if setting is None:
                shown = name[:_SHOWN].encode("utf-8", "replace").decode()
                raise UnknownSettingError(f"There is no setting {shown!r}.", field=shown)
            require(actor, _permission(setting))
            changes[setting] = None if value is None else setting.read(value)
        if changes:
            subject = _subject(actor, scope)
            change = ChangeSettings(
                actor,
                subject,
                changes,
                reader=self._reader,
                expected=expected,
                client_id=client_id,
            )
            try:
                await self._storage.submit(change)
            except SettingsStaleError:
                # The caller reads them next, and must not get what this process knew of before.
                self._cache.forget(actor.organization)
                raise
            self._cache.forget(actor.organization)
            self._bus.signal(SIGNAL, actor.organization)
        return await self.describe(actor, scope)

    # What other processes have changed.

    async def _rounds(self) -> None:
        failing = False
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self._look()
                failing = False
            except Exception:
                # What is known goes on to count, and the next look finds the rest.
                if not failing:
                    logger.warning("changed settings could not be looked up", exc_info=True)
                failing = True

    async def _look(self) -> None:
        while True:
            last = self._last
            changes = await self._storage.read(
                lambda session: queries.changed_since(session, last)  # noqa: B023
            )
            for change in changes:
                self._cache.forget(change.organization)
                self._last = change.number
            if len(changes) < PAGE:
                return


class StoredSettings:
    """The settings of organisations for a transaction, which has to know what counts right now in
    every process.

    Args:
        registry: Every setting.
    """

    def __init__(self, registry: SettingRegistry) -> None:
        self._reader = Reader(registry)

    def ask(self, engine: Engine, organization: str) -> Prepared:
        """The query that :meth:`read` takes the rows of."""
        values = {"org_id": organization, "subject": Subject(organization).key}
        return queries.CHOSEN.prepare(engine, values)

    def read(self, organization: str, rows: Sequence[Row]) -> SettingValues:
        """The settings of an organisation."""
        return self._reader.values(Subject(organization), queries.stored(rows))


def _subject(actor: Actor, scope: Scope) -> Subject:
    agent_id = actor.principal.id if scope is Scope.AGENT else None
    return Subject(actor.organization, agent_id)


def _record(setting: Setting[Any], values: SettingValues, actor: Actor) -> SettingRecord:
    form = setting.form
    return SettingRecord(
        name=setting.name,
        label=setting.title,
        value=values[setting],
        default=setting.default,
        scope=setting.scope,
        permission=setting.permission,
        editable=can(actor, _permission(setting)),
        edited_in=setting.edited_in,
        description=setting.description,
        control=form.control,
        nullable=form.nullable,
        choices=[SettingChoice(value=value, label=setting.choice(value)) for value in form.values],
        minimum=form.minimum,
        maximum=form.maximum,
        unit=setting.unit,
        unset=setting.unset,
    )


def _permission(setting: Setting[Any]) -> Permission:
    """The permission that a change of a setting needs."""
    found = known_permission(setting.permission)
    if found is None:
        raise AssertionError(f"{setting.name} needs the unknown permission {setting.permission}")
    return found
