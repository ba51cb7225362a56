"""What somebody types into the search, taken apart.

Nothing that is typed is ever a piece of a query of the database: words become tokens, and values of
operators are compared or refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple

from campfire_chat.access.records import SenderKind
from campfire_chat.core import clock, ids
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.search.documents import (
    KIND,
    RECIPIENT,
    RECIPIENT_ID,
    SENDER,
    SENDER_ID,
    SENDER_KIND,
    SearchKind,
    conversation_mark,
)
from campfire_chat.features.search.errors import InvalidSearchError
from campfire_chat.features.search.tokens import Term, term_of, tokens_of

#: Characters of a search, and its words, phrases and operators.
LONGEST: Final = 1_000
MOST_PARTS: Final = 32
#: Words of all its words, phrases, senders and recipients together, and its tags. In scripts
#: without spaces these are characters. More would cost the database more than a search is worth.
MOST_WORDS: Final = 32
MOST_TAGS: Final = 8

_OPERATORS = "from|to|assignee|tag|status|before|after|is"
_PART = re.compile(
    rf'(?P<minus>-)?(?:(?P<name>{_OPERATORS}):)?(?:"(?P<quoted>[^"]*)(?P<closed>"?)'
    r'|(?P<bare>[^\s"]+))',
    re.IGNORECASE,
)
_ID = re.compile(r"(?:agt|vis|key)_[0-9a-z]{1,64}")
_CONVERSATION = re.compile(rf"{ids.CONVERSATION}_[0-9a-z]{{1,64}}", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Names(NamedTuple):
    """Values of an operator: any of ``wanted``, and none of ``unwanted``."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


class Search(NamedTuple):
    """What to find.

    Attributes:
        terms: What the text has to hold: all of them.
        without: What it must not hold: none of them.
        marks: What the document has to be, as marks of the index: all of them.
        without_marks: What it must not be. Each entry is marks that it must not have together.
        statuses: Of the conversation.
        assignees: Ids, names, ``me`` or ``none``.
        tags: Names of tags. The conversation has to have all that are wanted.
        since: The earliest time, in microseconds since 1970.
        until: The first time that is too late.
    """

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    marks: tuple[Term, ...] = ()
    without_marks: tuple[tuple[Term, ...], ...] = ()
    statuses: Names = Names()
    assignees: Names = Names()
    tags: Names = Names()
    since: int = 0
    until: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing."""
        return self == Search()


def parse(text: str, *, me: str, zone: tzinfo = UTC) -> Search:
    """Take a search apart.

    Words and quoted phrases have to be there, those after ``-`` must not. The last word may be the
    beginning of one, unless a space follows. An operator without a value is a word, and so is one
    that does not exist. The id of a conversation stands for everything in it.

    Args:
        me: The id of the caller.
        zone: In which days begin.

    Raises:
        InvalidSearchError: It is too long or has too many words, or the value of an operator does
            not exist.
    """
    if len(text) > LONGEST:
        raise _invalid(f"A search has at most {LONGEST} characters.")
    reading = _Reading(me, zone)
    parts = list(_PART.finditer(text))
    if len(parts) > MOST_PARTS:
        raise _invalid(f"A search has at most {MOST_PARTS} words, phrases and operators.")
    for part in parts:
        value, unwanted = part["bare"] or part["quoted"] or "", part["minus"] is not None
        if part["name"] is None and _CONVERSATION.fullmatch(value):
            reading.conversation(value, unwanted=unwanted)
        elif part["name"] is None:
            # Whoever has not closed the quotes is still typing.
            is_last = part.end() == len(text) and not part["closed"]
            reading.word(value, unwanted=unwanted, is_prefix=is_last and not unwanted)
        elif value.strip():
            reading.operator(part["name"].lower(), value.strip(), unwanted=unwanted)
    return reading.search()


class _Reading:
    """The parts of a search, while they are read."""

    def __init__(self, me: str, zone: tzinfo) -> None:
        self._me = me
        self._zone = zone
        self._terms: list[Term] = []
        self._without: list[Term] = []
        self._marks: list[Term] = []
        self._without_marks: list[tuple[Term, ...]] = []
        #: The wanted and the unwanted values of an operator.
        self._named: dict[str, tuple[list[str], list[str]]] = {
            name: ([], []) for name in ("status", "assignee", "tag")
        }
        self._since = 0
        self._until: int | None = None

    def word(self, text: str, *, unwanted: bool, is_prefix: bool) -> None:
        term = term_of(text, is_prefix=is_prefix)
        if term is not None:
            (self._without if unwanted else self._terms).append(term)

    def conversation(self, conversation_id: str, *, unwanted: bool) -> None:
        mark = Term((conversation_mark(conversation_id),))
        if unwanted:
            self._without_marks.append((mark,))
        else:
            self._marks.append(mark)

    def operator(self, name: str, value: str, *, unwanted: bool) -> None:
        if name in ("before", "after"):
            self._time(name, value, unwanted=unwanted)
        elif name in self._named:
            if name == "status" and value.lower() not in set(Status):
                raise _invalid(f"A status is one of {', '.join(Status)}, not {value!r}.")
            self._named[name][unwanted].append(value.lower() if name == "status" else value)
        else:
            marks = self._is(value) if name == "is" else self._person(name, value)
            if not marks:
                raise _invalid(f"After {name}: comes a name, an id or a kind, not {value!r}.")
            if unwanted:
                self._without_marks.append(marks)
            else:
                self._marks += marks

    def search(self) -> Search:
        words = sum(
            len(term.words)
            for terms in (self._terms, self._without, self._marks, *self._without_marks)
            for term in terms
        )
        if words > MOST_WORDS:
            raise _invalid(
                f"A search has at most {MOST_WORDS} words. In scripts without spaces each "
                "character counts."
            )
        if sum(map(len, self._named["tag"])) > MOST_TAGS:
            raise _invalid(f"A search has at most {MOST_TAGS} tags.")
        named = {
            name: Names(*(tuple(dict.fromkeys(each)) for each in values))  # type: ignore[arg-type]
            for name, values in self._named.items()
        }
        return Search(
            terms=tuple(dict.fromkeys(self._terms)),
            without=tuple(dict.fromkeys(self._without)),
            marks=tuple(dict.fromkeys(self._marks)),
            without_marks=tuple(dict.fromkeys(self._without_marks)),
            statuses=named["status"],
            assignees=named["assignee"],
            tags=named["tag"],
            since=self._since,
            until=self._until,
        )

    def _time(self, name: str, value: str, *, unwanted: bool) -> None:
        at = _moment(value, self._zone, name)
        if (name == "before") is not unwanted:
            self._until = at if self._until is None else min(self._until, at)
        else:
            self._since = max(self._since, at)

    def _is(self, value: str) -> tuple[Term, ...]:
        if value.lower() not in set(SearchKind):
            raise _invalid(f"After is: comes one of {', '.join(SearchKind)}, not {value!r}.")
        return (Term((KIND + value.lower(),)),)

    def _person(self, name: str, value: str) -> tuple[Term, ...]:
        """The marks of a sender or a recipient."""
        by_id, by_name = (SENDER_ID, SENDER) if name == "from" else (RECIPIENT_ID, RECIPIENT)
        wanted = value.lower()
        if name == "from" and wanted in set(SenderKind):
            return (Term((SENDER_KIND + wanted,)),)
        if wanted == "me":
            return (Term((by_id + self._me.lower(),)),)
        if _ID.fullmatch(wanted):
            return (Term((by_id + wanted,)),)
        return tuple(Term((by_name + token.text,)) for token in tokens_of(value))


def _moment(value: str, zone: tzinfo, name: str) -> int:
    """The beginning of a day, or a time with its offset.

    Raises:
        InvalidSearchError: It is neither.
    """
    try:
        if _DAY.fullmatch(value):
            day = datetime.fromisoformat(value).replace(tzinfo=zone)
            at = clock.parse_rfc3339(day.astimezone(UTC).isoformat())
        else:
            at = clock.parse_rfc3339(value.upper())
    except (ValueError, OverflowError):
        raise _invalid(
            f"After {name}: comes a day such as 2026-01-31, or a time such as "
            f"2026-01-31T09:00:00Z, not {value!r}."
        ) from None
    # Before 1970 there was nothing.
    return max(0, at)


def _invalid(message: str) -> InvalidSearchError:
    return InvalidSearchError(message, field="q")
