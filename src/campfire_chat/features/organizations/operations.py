"""Storing organisations, and changing settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from campfire_chat.access.actor import Actor
from campfire_chat.core.runtime_settings import Setting
from campfire_chat.database import installation
from campfire_chat.features.agents.streams import AGENT
from campfire_chat.features.organizations import queries
from campfire_chat.features.organizations.chosen import Reader, Subject, decode_chosen
from campfire_chat.features.organizations.errors import SettingsStaleError
from campfire_chat.features.organizations.etags import etag_of
from campfire_chat.features.organizations.events import (
    OWN_SETTINGS_CHANGED,
    SETTINGS_CHANGED,
    OwnSettingsChanged,
    SettingChange,
    SettingsChanged,
)
from campfire_chat.features.organizations.queries import Stored
from campfire_chat.ledger.operation import IdempotentOperation, Operation
from campfire_chat.ledger.transaction import Transaction

#: Where ``campfire_settings`` keeps the number of the latest change of runtime settings.
NUMBER = "runtime_settings"

_encode = msgspec.json.Encoder(order="sorted").encode


class AddOrganization(Operation[None]):
    """Store the organisation of the actor, unless it is stored already."""

    appends = False

    async def run(self, transaction: Transaction) -> None:
        row = (self.organization, transaction.now)
        await transaction.session.write(queries.ADD_ORGANIZATIONS, [row])


class ChangeSettings(IdempotentOperation[None]):
    """Choose values for settings, or take a choice back, so that the default counts again.

    Args:
        subject: Whose settings they are.
        changes: The new value of each setting, as :meth:`Setting.read` has returned it. None
            takes the choice back.
        expected: The ETags of which one has to be that of the settings; None if any will do.

    Raises:
        SettingsStaleError: The settings have another ETag.
    """

    def __init__(
        self,
        actor: Actor,
        subject: Subject,
        changes: Mapping[Setting[Any], Any],
        *,
        reader: Reader,
        expected: frozenset[str] | None,
        client_id: str | None,
    ) -> None:
        content = _encode([subject.key, {item.name: value for item, value in changes.items()}])
        super().__init__(
            actor, (), client_id=client_id, content=f"change settings {content.decode()}"
        )
        self.size += len(content)
        self._subject = subject
        self._changes = changes
        self._reader = reader
        self._expected = expected

    async def do(self, transaction: Transaction) -> None:
        # Before what is chosen is read: it locks out every other change.
        number = await installation.next_number(transaction.session, NUMBER)
        subject, organization = self._subject, self.organization
        stored = await queries.read_chosen(transaction.session, organization, subject.key)
        if self._expected is not None and etag_of(stored.number) not in self._expected:
            raise SettingsStaleError()
        chosen = decode_chosen(stored.chosen)
        before = self._reader.values(subject, stored)
        for setting, value in self._changes.items():
            if value is None:
                chosen.pop(setting.name, None)
            else:
                chosen[setting.name] = value
        text = _encode(chosen).decode()
        after = self._reader.values(subject, Stored(text, number))
        changed = [item for item in self._changes if before[item] != after[item]]
        row = (organization, subject.key, text, number)
        await transaction.session.write(queries.WRITE_CHOSEN, [row])
        if changed:
            self._tell(
                transaction,
                {
                    item.name: SettingChange(before=before[item], after=after[item])
                    for item in changed
                },
            )

    def _tell(self, transaction: Transaction, changes: dict[str, SettingChange]) -> None:
        actor = self.actor.principal.participant
        agent_id = self._subject.agent_id
        if agent_id is None:
            data = SettingsChanged(id=self.organization, changes=changes, actor=actor)
            transaction.tell_inbox(self.organization, SETTINGS_CHANGED, data)
        else:
            own = OwnSettingsChanged(id=agent_id, changes=changes, actor=actor)
            stream = AGENT.name(agent_id)
            transaction.tell_stream(self.organization, stream, OWN_SETTINGS_CHANGED, own)

    async def repeat(self, transaction: Transaction) -> None:
        """Nothing: the caller reads the present settings."""
