"""Words, as both databases index them and as somebody searches for them.

Both engines store what this module makes, and take nothing apart themselves. So they find the same.
Upper and lower case and accents do not matter. Chinese, Japanese, Korean and the scripts of
South-East Asia, which have no spaces between words, are indexed by pairs of characters.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from campfire_chat.core.text import plain_letters

#: Characters of a word that are compared. What follows does not matter.
LONGEST_WORD: Final = 64
#: Words of a document that are indexed. So it costs little, whatever somebody writes: a text of
#: 10,000 characters in English has about 1,800 words.
MOST_TOKENS: Final = 4_000
#: Accents of one character that are read, and letters that one character may stand for.
MOST_MARKS: Final = 8
MOST_LETTERS: Final = 8

#: What no other character of ASCII divides.
_PIECE = re.compile("[a-zA-Z0-9\u0080-\U0010ffff]+")
#: Thai to Lao, Burmese, Khmer, kana, Chinese characters and Hangul syllables.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)


class _Letter(Enum):
    """What a character is: none of a word, one of a word, or one of a script without spaces."""

    NONE = 0
    WORD = 1
    SINGLE = 2


class Token(NamedTuple):
    """A word of a text, or a pair of characters.

    Attributes:
        text: As it is compared.
        start: Where it begins in the text, in characters (code points).
        end: Where it ends.
        is_single: Whether it is one character of a script without spaces.
        first_end: Where the first of a pair of characters ends.
    """

    text: str
    start: int
    end: int
    is_single: bool = False
    first_end: int | None = None


class Term(NamedTuple):
    """What a text must hold: words that follow each other.

    Attributes:
        words: As they are compared.
        is_prefix: Whether the last one only has to begin so.
    """

    words: tuple[str, ...]
    is_prefix: bool = False


def tokens_of(text: str, most: int = MOST_TOKENS) -> list[Token]:
    """The words of a text, in order, up to ``most`` of them.

    Of a run of characters without spaces, each pair is one, and the last character alone. So every
    single character begins one of them.
    """
    tokens: list[Token] = []
    for found in _PIECE.finditer(text):
        room = most - len(tokens)
        if room <= 0:
            break
        piece, start = found[0], found.start()
        if piece.isascii():
            tokens.append(Token(piece[:LONGEST_WORD].lower(), start, found.end()))
        else:
            tokens += itertools.islice(_in_piece(piece, start), room)
    return tokens


def tokens_of_all(texts: Iterable[str]) -> list[list[Token]]:
    """The words of each text of one document, up to :data:`MOST_TOKENS` together."""
    found: list[list[Token]] = []
    room = MOST_TOKENS
    for text in texts:
        found.append(tokens_of(text, room))
        room -= len(found[-1])
    return found


def _in_piece(text: str, start: int) -> Iterator[Token]:
    """The words of a text that has no ASCII characters but letters and digits.

    Args:
        start: Where it begins in the whole text.
    """
    #: The letters of a word, or the last character of a run; one of them is empty.
    word: list[str] = []
    word_start = word_end = 0
    last: Token | None = None
    for letter, kind, at, end in _letters(text, start):
        if word and kind is not _Letter.WORD:
            yield Token("".join(word), word_start, word_end)
            word.clear()
        if last is not None and kind is not _Letter.SINGLE:
            yield last
            last = None
        if kind is _Letter.SINGLE:
            if last is not None:
                yield Token(last.text + letter, last.start, end, first_end=last.end)
            last = Token(letter, at, end, is_single=True)
        elif kind is _Letter.WORD:
            if not word:
                word_start = at
            if len(word) < LONGEST_WORD:
                word.append(letter)
            word_end = end
    if word:
        yield Token("".join(word), word_start, word_end)
    if last is not None:
        yield last


def term_of(text: str, *, is_prefix: bool = False) -> Term | None:
    """What somebody searches for as one: the words of ``text`` after each other.

    Args:
        is_prefix: Whether the last word is still being typed. A single letter stands for itself.

    Returns:
        None if there is no word in it.
    """
    tokens = tokens_of(text)
    if not tokens:
        return None
    last = tokens[-1]
    if last.is_single:
        if len(tokens) > 1 and tokens[-2].end == last.end:
            # The pair before holds it, and in the text more characters may follow.
            tokens.pop()
            is_prefix = False
        else:
            is_prefix = True
    elif len(last.text) < 2:
        is_prefix = False
    return Term(tuple(token.text for token in tokens), is_prefix)


def _letters(text: str, start: int) -> Iterator[tuple[str, _Letter, int, int]]:
    """The characters of a text as they are compared, each with where it stands."""
    at, length = 0, len(text)
    while at < length:
        end = at + 1
        while end < length and text[end] > "\u02ff" and _joins(text[end]):
            end += 1
        if end == at + 1 and "\u4e00" <= text[at] <= "\u9fff" and text[at].isalnum():
            # A Chinese character stands for itself.
            yield text[at], _Letter.SINGLE, start + at, start + end
            at = end
            continue
        cluster = text[at : min(end, at + 1 + MOST_MARKS)]
        for letter, kind in _folded(cluster) if len(cluster) <= 2 else _fold(cluster):
            yield letter, kind, start + at, start + end
        at = end


def _joins(character: str) -> bool:
    """Whether it makes one character with that before it: an accent, a part of a Hangul syllable,
    a voiced mark of half-width kana."""
    return (
        unicodedata.combining(character) != 0
        or "\u1160" <= character <= "\u11ff"
        or character in "\uff9e\uff9f"
    )


def _fold(cluster: str) -> tuple[tuple[str, _Letter], ...]:
    """A character with its marks as it is compared, up to :data:`MOST_LETTERS`."""
    letters: list[str] = []
    for letter in unicodedata.normalize("NFKC", cluster)[:MOST_LETTERS]:
        if "\uac00" <= letter <= "\ud7a3" or "\u3040" <= letter <= "\u30ff":
            # What Unicode takes apart here is no accent.
            letters.append(letter)
            continue
        apart = unicodedata.normalize("NFKD", letter)
        letters += [part for part in apart if not unicodedata.combining(part)]
    folded = plain_letters("".join(letters))[:MOST_LETTERS]
    return tuple((letter, _kind(letter)) for letter in folded)


#: Characters come again and again. Only short ones are kept, so that this stays small.
_folded = lru_cache(maxsize=16_384)(_fold)


def _kind(letter: str) -> _Letter:
    if not letter.isalnum() and unicodedata.category(letter)[0] != "M":
        return _Letter.NONE
    return _Letter.WORD if _UNSPACED.match(letter) is None else _Letter.SINGLE
