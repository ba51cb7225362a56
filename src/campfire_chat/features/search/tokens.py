"""Words, as both databases index them and as somebody searches for them.

Both engines store what this module makes, and take nothing apart themselves. So they find the same.
Upper and lower case and accents do not matter. Chinese, Japanese, Korean and the scripts of
South-East Asia, which have no spaces between words, are indexed by pairs of characters.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from campfire_chat.core.text import plain_letters

#: Characters of a word that are compared. What follows does not matter.
LONGEST_WORD: Final = 64

#: What no other character of ASCII divides.
_PIECE = re.compile("[a-zA-Z0-9\u0080-\U0010ffff]+")
#: Thai to Lao, Burmese, Khmer, kana, Chinese characters and Hangul syllables.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)


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


def tokens_of(text: str) -> list[Token]:
    """The words of a text, in order.

    Of a run of characters without spaces, each pair is one, and the last character alone. So every
    single character begins one of them.
    """
    tokens: list[Token] = []
    for found in _PIECE.finditer(text):
        piece, start = found[0], found.start()
        if piece.isascii():
            tokens.append(Token(piece[:LONGEST_WORD].lower(), start, found.end()))
            continue
        read = _in_short_piece if len(piece) <= LONGEST_WORD else _in_piece
        for token in read(piece):
            first_end = token.first_end
            tokens.append(
                Token(
                    token.text,
                    token.start + start,
                    token.end + start,
                    token.is_single,
                    None if first_end is None else first_end + start,
                )
            )
    return tokens


def _in_piece(text: str) -> list[Token]:
    """The words of a text that has no ASCII characters but letters and digits."""
    tokens: list[Token] = []
    word: list[Token] = []
    run: list[Token] = []

    def close() -> None:
        if word:
            whole = "".join(letter.text for letter in word)[:LONGEST_WORD]
            tokens.append(Token(whole, word[0].start, word[-1].end))
            word.clear()
        if run:
            tokens.extend(
                Token(first.text + second.text, first.start, second.end, first_end=first.end)
                for first, second in itertools.pairwise(run)
            )
            tokens.append(run[-1])
            run.clear()

    for letter in _letters(text):
        if not _is_of_word(letter.text):
            close()
        elif letter.is_single:
            if word:
                close()
            run.append(letter)
        else:
            if run:
                close()
            word.append(letter)
    close()
    return tokens


#: Words come again and again.
_in_short_piece = lru_cache(maxsize=8192)(_in_piece)


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


def _letters(text: str) -> Iterator[Token]:
    """The characters of a text as they are compared, each with where it stands."""
    at, length = 0, len(text)
    while at < length:
        end = at + 1
        while end < length and _joins(text[end]):
            end += 1
        for letter in _folded(text[at:end]):
            yield Token(letter, at, end, _UNSPACED.match(letter) is not None)
        at = end


def _joins(character: str) -> bool:
    """Whether it makes one character with that before it: an accent, a part of a Hangul syllable,
    a voiced mark of half-width kana."""
    return character > "\u02ff" and (
        unicodedata.combining(character) != 0
        or "\u1160" <= character <= "\u11ff"
        or character in "\uff9e\uff9f"
    )


@lru_cache(maxsize=8192)
def _folded(cluster: str) -> str:
    letters: list[str] = []
    for letter in unicodedata.normalize("NFKC", cluster):
        if "\uac00" <= letter <= "\ud7a3" or "\u3040" <= letter <= "\u30ff":
            # What Unicode takes apart here is no accent.
            letters.append(letter)
            continue
        apart = unicodedata.normalize("NFKD", letter)
        letters += [part for part in apart if not unicodedata.combining(part)]
    return plain_letters("".join(letters))


def _is_of_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"
