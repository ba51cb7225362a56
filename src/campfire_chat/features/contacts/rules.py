"""How a contact is found, and where they stand in a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from campfire_chat.core import text
from campfire_chat.core.attributes import Value
from campfire_chat.features.contacts.records import Contact, FieldChange

#: ``last_seen``: who was here last comes first. ``name``: by name, or by e-mail address where
#: there is no name. ``created``: the newest first.
Order = Literal["last_seen", "name", "created"]

#: Characters of a word that the search knows.
MOST_LETTERS: Final = 64
#: Words of a contact that the search knows, and words of what somebody searches for.
MOST_WORDS: Final = 40
MOST_SOUGHT: Final = 10
#: Characters of a name by which lists are sorted.
MOST_SORTED: Final = 60
#: What the name of a field begins with that is an attribute; the key follows.
ATTRIBUTE: Final = "attributes."
#: Values to set, by the keys of their attributes. None: there is no value any more.
Wanted = Mapping[str, Value | None]
NOTHING: Final[Wanted] = MappingProxyType({})
#: After every name.
LAST: Final = "\U0010ffff"

_BEGINNING = re.compile(r"(?<!\w)\w")
#: What surrounds a word without being a part of it.
_AROUND = re.compile(r"^\W+|\W+$")


def words_of(contact: Contact) -> list[str]:
    """What the search finds a contact by.

    A text between two spaces is one word, and so is each of its parts up to its end, such as
    ``mia@example.org``, ``example.org`` and ``org``. So whoever types the beginning of any part
    finds it, and whoever types the whole finds only that.
    """
    found: dict[str, None] = {}
    for value in (contact.name, contact.email, contact.external_id):
        for piece in sought(value or ""):
            for start in _BEGINNING.finditer(piece):
                found[piece[start.start() :][:MOST_LETTERS]] = None
    return list(found)[:MOST_WORDS]


def sought(search: str) -> list[str]:
    """The words of what somebody searches for."""
    pieces = (_AROUND.sub("", piece) for piece in text.folded(search).split())
    return list(dict.fromkeys(piece[:MOST_LETTERS] for piece in pieces if piece))


def stored_words(words: list[str]) -> str:
    """Every word after a space: a word begins with ``te`` where `` te`` is in it."""
    return "".join(f" {word}" for word in words)


def sort_name(contact: Contact) -> str:
    """By what lists that are sorted by name compare a contact."""
    shown = text.folded(contact.name or contact.email or "").strip()
    return shown[:MOST_SORTED] or LAST


def changed_attributes(
    before: Mapping[str, Value], wanted: Wanted
) -> tuple[dict[str, Value], list[FieldChange]]:
    """All values once some were set or taken away, and what has changed."""
    after = dict(before)
    for key, value in wanted.items():
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    changes = [
        FieldChange(field=f"{ATTRIBUTE}{key}", before=before.get(key), after=after.get(key))
        for key in wanted
        if _differ(before.get(key), after.get(key))
    ]
    return after, changes


def _differ(one: Value | None, other: Value | None) -> bool:
    """To Python, true and 1 are equal."""
    return one != other or isinstance(one, bool) != isinstance(other, bool)


def changed_fields(before: Contact, after: Contact) -> list[FieldChange]:
    """What the host app now says of a contact that it did not say before."""
    return [
        FieldChange(field=name, before=getattr(before, name), after=getattr(after, name))
        for name in ("external_id", "name", "email", "avatar_url")
        if getattr(before, name) != getattr(after, name)
    ]
