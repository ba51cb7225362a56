"""The attributes that contacts of an organisation may have: those that the code of the host app
declares, then those of the settings. Where both have a key, the code counts."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from campfire_chat.access.actor import Actor
from campfire_chat.core.attributes import (
    Attribute,
    AttributeType,
    Value,
    check_value,
    sortable,
)
from campfire_chat.core.errors import InvalidError
from campfire_chat.features.contacts.errors import InvalidAttributeError
from campfire_chat.features.contacts.listing import Span
from campfire_chat.features.contacts.records import AttributeRecord
from campfire_chat.features.contacts.rules import LAST
from campfire_chat.features.contacts.settings import CONTACT_ATTRIBUTES
from campfire_chat.features.organizations.service import SettingsService

logger = logging.getLogger("campfire_chat.contacts")

#: Conditions of one list.
MOST_CONDITIONS: Final = 5
_SORTED: Final = (AttributeType.NUMBER, AttributeType.DATE)
#: Complaints that are remembered, so that each is logged once.
_MOST_TOLD: Final = 1_000


class ContactAttributes:
    """See the module.

    Args:
        settings: The runtime settings; None where there are none.
        in_code: What the code of the host app declares.
    """

    def __init__(self, settings: SettingsService | None, in_code: Sequence[Attribute]) -> None:
        self._settings = settings
        self._in_code = {attribute.key: attribute for attribute in in_code}
        self._told: set[tuple[str, str]] = set()

    async def of(self, organization: str) -> dict[str, Attribute]:
        """The attributes, by their keys, in their order."""
        found = dict(self._in_code)
        if self._settings is not None:
            values = await self._settings.of(organization)
            for attribute in values[CONTACT_ATTRIBUTES]:
                found.setdefault(attribute.key, attribute)
        return found

    async def records(self, organization: str) -> list[AttributeRecord]:
        return [
            AttributeRecord(
                key=item.key,
                label=item.title,
                type=item.type,
                description=item.description,
                choices=list(item.choices),
                editable=item.editable,
                in_code=item.key in self._in_code,
            )
            for item in (await self.of(organization)).values()
        ]

    async def checked(
        self, organization: str, wanted: Mapping[str, Any], *, by_agent: bool
    ) -> dict[str, Value | None]:
        """Values that somebody wants to set, as they are stored.

        Raises:
            InvalidAttributeError: There is no such attribute, or it cannot have that value, or
                agents may not change it. ``field`` names it.
        """
        known = await self.of(organization)
        found: dict[str, Value | None] = {}
        for key, value in wanted.items():
            attribute = find(known, key)
            if by_agent and not attribute.editable:
                raise InvalidAttributeError(
                    f"Only the site changes {attribute.title}.", field=f"attributes.{key}"
                )
            found[key] = None if value is None else checked(attribute, value)
        return found

    async def accepted(self, actor: Actor) -> dict[str, Value | None]:
        """What the host app says of a visitor. What is not possible is left out and logged once: a
        mistake there must not keep the visitor from writing."""
        found: dict[str, Value | None] = {}
        said = actor.principal.said
        if not said:
            return found
        known = await self.of(actor.organization)
        for key, value in said.items():
            try:
                found[key] = None if value is None else checked(find(known, key), value)
            except InvalidError as error:
                self._tell(actor.organization, key, error)
        return found

    def _tell(self, organization: str, key: str, error: InvalidError) -> None:
        if (organization, key) in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add((organization, key))
        logger.warning(
            "the host app gives visitors of %r an attribute that is left out: %s",
            organization,
            error.message,
        )


def find(known: Mapping[str, Attribute], key: str) -> Attribute:
    """
    Raises:
        InvalidAttributeError: There is no such attribute.
    """
    if key in known:
        return known[key]
    shown = key if len(key) <= 64 else f"{key[:64]}…"
    raise InvalidAttributeError(
        f"Contacts have no attribute {shown!r}. Declare it first.", field=f"attributes.{shown}"
    )


def checked(attribute: Attribute, value: Any) -> Value:
    """
    Raises:
        InvalidAttributeError: The attribute cannot have that value.
    """
    try:
        return check_value(attribute, value)
    except InvalidError as error:
        field = f"attributes.{attribute.key}"
        message = error.message.replace(field, attribute.title)
        raise InvalidAttributeError(message, field=field) from None


def spans_of(known: Mapping[str, Attribute], conditions: Mapping[str, Any]) -> tuple[Span, ...]:
    """What lists look for, from conditions by the keys of attributes.

    Raises:
        InvalidAttributeError: A condition is none, or there are too many.
    """
    if len(conditions) > MOST_CONDITIONS:
        raise InvalidAttributeError(
            f"There can be {MOST_CONDITIONS} conditions.", field="attributes"
        )
    return tuple(_span(find(known, key), wanted) for key, wanted in conditions.items())


def _span(attribute: Attribute, wanted: Any) -> Span:
    if not isinstance(wanted, dict):
        value = sortable(checked(attribute, wanted))
        return Span(attribute.key, value, value)
    ends = cast("dict[str, Any]", wanted)
    if attribute.type not in _SORTED or not ends or not ends.keys() <= {"from", "to"}:
        raise InvalidAttributeError(
            f'{attribute.title}: only numbers and days have {{"from": …, "to": …}}.',
            field=f"attributes.{attribute.key}",
        )
    first = sortable(checked(attribute, ends["from"])) if "from" in ends else ""
    last = sortable(checked(attribute, ends["to"])) if "to" in ends else LAST
    return Span(attribute.key, first, last)
