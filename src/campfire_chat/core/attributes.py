"""Attributes: what else is known of a thing, each with a type and a name for people.

A schema is a list of :class:`Attribute`. Values are checked by it, and stored a second time as
texts that sort as the values do, so that an index finds them.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from campfire_chat.core import text
from campfire_chat.core.errors import InvalidError

#: Attributes of one schema.
MOST_ATTRIBUTES: Final = 50
#: Characters of a key, of a label, of a description, of a choice, of a text and of a link.
MOST_KEY: Final = 40
MOST_LABEL: Final = 60
MOST_DESCRIPTION: Final = 200
MOST_CHOICE: Final = 60
MOST_TEXT: Final = 500
MOST_LINK: Final = 2048
MOST_CHOICES: Final = 50
#: The greatest number: beyond it, clients cannot tell neighbours apart.
GREATEST: Final = 2**53
#: Characters of a value by which an index finds it.
MOST_SORTED: Final = 100

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Value = str | float | bool


class AttributeType(StrEnum):
    """What the values of an attribute are."""

    TEXT = "text"
    NUMBER = "number"
    #: A day, such as ``2027-05-31``.
    DATE = "date"
    BOOLEAN = "boolean"
    #: One of ``choices``.
    CHOICE = "choice"
    #: An address that begins with ``https://`` or ``http://``.
    LINK = "link"


class Attribute(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One attribute of a schema.

    Attributes:
        key: Its name in the API: up to 40 small letters, digits and underscores, a letter first.
        label: Its name on the screen. Without one, it is made from the key.
        type: What its values are.
        description: What it means, for the people who fill it in.
        choices: The values of a choice, in the order in which they are offered.
        editable: Whether agents may change it. Otherwise only the host app does.
    """

    key: str
    label: str = ""
    type: AttributeType = AttributeType.TEXT
    description: str = ""
    choices: tuple[str, ...] = ()
    editable: bool = True

    @property
    def title(self) -> str:
        """Its name on the screen."""
        return self.label or self.key.replace("_", " ").capitalize()


def check_schema(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """The attributes of a schema, if they are good.

    Raises:
        InvalidError: They are not; the message says which one and why.
    """
    found: dict[str, Attribute] = {}
    for attribute in attributes:
        _check(attribute)
        if attribute.key in found:
            raise InvalidError(f"There are two attributes with the key {attribute.key}.")
        found[attribute.key] = attribute
    if len(found) > MOST_ATTRIBUTES:
        raise InvalidError(f"There can be {MOST_ATTRIBUTES} attributes.")
    return tuple(found.values())


def _check(attribute: Attribute) -> None:
    key, choices = attribute.key, attribute.choices
    if not _KEY.fullmatch(key) or len(key) > MOST_KEY:
        raise InvalidError(
            f"The key {key[:MOST_KEY]!r} is not possible: a key is up to {MOST_KEY} small letters, "
            "digits and underscores, and begins with a letter."
        )
    for name, limit in (("label", MOST_LABEL), ("description", MOST_DESCRIPTION)):
        written = getattr(attribute, name)
        if written:
            text.check_line(written, field=name, limit=limit)
    if attribute.type is not AttributeType.CHOICE:
        if choices:
            raise InvalidError(f"{key} is no choice, so it has no choices.")
        return
    if not 0 < len(choices) <= MOST_CHOICES or len(set(choices)) < len(choices):
        raise InvalidError(f"{key} needs 1 to {MOST_CHOICES} different choices.")
    for choice in choices:
        if text.check_line(choice, field="choices", limit=MOST_CHOICE) != choice:
            raise InvalidError(f"A choice of {key} begins or ends with a space.")


def check_value(attribute: Attribute, value: Any) -> Value:
    """A value as it is stored.

    Raises:
        InvalidError: It is none of this attribute; ``field`` names it.
    """
    name, field = attribute.title, f"attributes.{attribute.key}"
    match attribute.type:
        case AttributeType.TEXT:
            if isinstance(value, str):
                return text.check_line(value, field=field, limit=MOST_TEXT)
            raise InvalidError(f"{name} is a text.", field=field)
        case AttributeType.NUMBER:
            if isinstance(value, int | float) and not isinstance(value, bool) and _is_fit(value):
                return value
            raise InvalidError(f"{name} is a number between -2^53 and 2^53.", field=field)
        case AttributeType.DATE:
            if isinstance(value, str) and _is_day(value):
                return value
            raise InvalidError(f"{name} is a day such as 2027-05-31.", field=field)
        case AttributeType.BOOLEAN:
            if isinstance(value, bool):
                return value
            raise InvalidError(f"{name} is true or false.", field=field)
        case AttributeType.CHOICE:
            if isinstance(value, str) and value in attribute.choices:
                return value
            raise InvalidError(f"{name} is one of: {', '.join(attribute.choices)}.", field=field)
        case AttributeType.LINK:
            if isinstance(value, str) and _is_link(value):
                return value
            raise InvalidError(
                f"{name} is an address that begins with https:// or http://.", field=field
            )


def _is_fit(value: float) -> bool:
    # In this order: an integer may be too large to be a float at all.
    return abs(value) <= GREATEST and math.isfinite(value)


def _is_day(value: str) -> bool:
    if not _DAY.fullmatch(value) or not value.isascii():
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_link(value: str) -> bool:
    if len(value) > MOST_LINK or not value.isprintable() or " " in value or "\\" in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def sortable(value: Value) -> str:
    """A text that compares with others of the same attribute as the value does, character by
    character. Upper and lower case and accents do not matter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # IEEE 754: with the sign turned, and a negative number turned whole, the bytes sort.
        [bits] = struct.unpack(">Q", struct.pack(">d", value + 0.0))
        return f"{bits ^ (2**64 - 1 if bits >> 63 else 2**63):016x}"
    return text.folded(value).strip()[:MOST_SORTED]
