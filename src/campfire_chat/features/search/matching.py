"""Whether a text holds what is searched for, and where.

The index is asked first. This looks at what is there now, so what was deleted or edited away is
never found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from campfire_chat.features.search.parsing import Search
from campfire_chat.features.search.tokens import Term, Token, tokens_of_all

#: Characters of a message that a hit shows, and those of them before the first place.
MOST_SHOWN: Final = 240
_BEFORE: Final = 60
#: Characters to look through for the end of a word.
_WORD_END: Final = 20

#: Where a place begins and ends, in characters.
Place = tuple[int, int]


class Excerpt(NamedTuple):
    """A part of a text, on one line.

    Attributes:
        places: Where in it what was searched for stands.
    """

    text: str
    places: list[Place]


def find(search: Search, texts: Sequence[str]) -> list[list[Place]] | None:
    """Find a search in the texts of one document.

    Returns:
        For each text the places of what is searched for. None if the texts do not hold all of it,
        or hold what they must not.
    """
    if not search.terms and not search.without:
        return [[] for _ in texts]
    # The same words as the index has, so that nothing is half found.
    tokens = [_Tokens(each) for each in tokens_of_all(texts)]
    if any(_places(term, each) for term in search.without for each in tokens):
        return None
    places: list[list[Place]] = [[] for _ in texts]
    for term in search.terms:
        found = [_places(term, each) for each in tokens]
        if not any(found):
            return None
        for into, more in zip(places, found, strict=True):
            into += more
    return [_joined(each) for each in places]


def excerpt(text: str, places: Sequence[Place]) -> Excerpt:
    """The part of a text around the first place, with white space as single spaces."""
    start = 0
    first = places[0][0] if places else 0
    if len(text) > MOST_SHOWN and first > _BEFORE:
        start = first - _BEFORE
        # Not in the middle of a word, if one ends soon.
        blank = next((at for at in range(start, start + _WORD_END) if text[at].isspace()), None)
        start = start if blank is None else blank + 1
    shown: list[str] = []
    moved: dict[int, int] = {}
    at = start
    while at < len(text) and len(shown) < MOST_SHOWN:
        moved[at] = len(shown)
        if not text[at].isspace():
            shown.append(text[at])
        elif shown and shown[-1] != " ":
            shown.append(" ")
        at += 1
    moved[at] = len(shown)
    inside = [(moved[a], moved[min(b, at)]) for a, b in places if start <= a < at]
    lead, tail = "… " if start else "", " …" if text[at:].strip() else ""
    by = len(lead)
    return Excerpt(f"{lead}{''.join(shown)}{tail}", [(a + by, b + by) for a, b in inside])


class _Tokens:
    """The words of a text, and where each of them is among them."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.all = tokens
        self._at: dict[str, list[int]] = {}
        for number, token in enumerate(tokens):
            self._at.setdefault(token.text, []).append(number)

    def at(self, word: str, *, is_prefix: bool = False) -> Sequence[int]:
        """Where a word is, or words that begin so, in no order."""
        if not is_prefix:
            return self._at.get(word, ())
        return [at for text, found in self._at.items() if text.startswith(word) for at in found]


def _places(term: Term, tokens: _Tokens) -> list[Place]:
    """Where the words of a term follow each other. It looks at each word of the text at most once
    for each word of the term."""
    last = len(term.words) - 1
    starts: set[int] | None = None
    for number, word in enumerate(term.words):
        found = tokens.at(word, is_prefix=term.is_prefix and number == last)
        here = {at - number for at in found}
        starts = here if starts is None else starts & here
        if not starts:
            return []
    places: list[Place] = []
    for start in sorted(starts or ()):
        ends = tokens.all[start + last]
        # Of a pair of characters only the first one may be meant.
        end = ends.first_end if len(term.words[-1]) == 1 and ends.first_end else ends.end
        places.append((tokens.all[start].start, end))
    return places


def _joined(places: Iterable[Place]) -> list[Place]:
    """In order, and those that overlap as one."""
    joined: list[Place] = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
