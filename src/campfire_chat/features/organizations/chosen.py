"""What was chosen for settings: from the database, and into it."""

from __future__ import annotations

import logging
from typing import Any, Final

import msgspec
from msgspec import Struct

from campfire_chat.core.runtime_settings import (
    InvalidSettingError,
    Scope,
    Setting,
    SettingRegistry,
    SettingValues,
)
from campfire_chat.features.organizations.queries import Stored

logger = logging.getLogger("campfire_chat.settings")

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Subject(Struct, frozen=True):
    """Whose settings they are.

    Attributes:
        agent_id: The agent, for settings of the scope ``agent``.
    """

    organization: str
    agent_id: str | None = None

    @property
    def scope(self) -> Scope:
        return Scope.ORGANIZATION if self.agent_id is None else Scope.AGENT

    @property
    def key(self) -> str:
        """Names it in the table, within its organisation."""
        return "organization" if self.agent_id is None else f"agent:{self.agent_id}"


def decode_chosen(stored: str | None) -> dict[str, Any]:
    """What is stored, by the names of settings, also of such that this version does not know.

    If somebody has changed the row by hand, and it is no JSON object any more, nothing is chosen.
    """
    try:
        return {} if stored is None else _decode(stored)
    except msgspec.MsgspecError as error:
        logger.warning("chosen settings cannot be read, so the defaults count: %s", error)
        return {}


class Reader:
    """Turns what is stored into values.

    A setting that another version has stored is passed over. A value that is not valid any more
    gives way to the default, and the log says so once.
    """

    def __init__(self, registry: SettingRegistry) -> None:
        self._registry = registry
        self._told: set[tuple[Subject, str]] = set()

    def values(self, subject: Subject, stored: Stored) -> SettingValues:
        found: dict[str, Any] = {}
        for name, value in decode_chosen(stored.chosen).items():
            setting = self._registry.find(subject.scope, name)
            if setting is None:
                continue
            try:
                found[name] = setting.read(value)
            except InvalidSettingError as error:
                self._tell(subject, setting, error)
            else:
                self._told.discard((subject, name))
        return SettingValues(found, stored.number)

    def _tell(self, subject: Subject, setting: Setting[Any], error: InvalidSettingError) -> None:
        if (subject, setting.name) in self._told:
            return
        if len(self._told) >= MOST_TOLD:
            self._told.clear()
        self._told.add((subject, setting.name))
        logger.warning(
            "the setting %s of %s in the organisation %r is stored with a value that is not "
            "valid, so its default %r counts: %s",
            setting.name,
            subject.key,
            subject.organization,
            setting.default,
            error.message,
        )


#: Invalid values of which it is remembered that the log has told of them.
MOST_TOLD: Final = 1_000
