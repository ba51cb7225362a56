"""The words of the archive: a few are very frequent and most are rare, as where people write.

The word of rank r comes as often as 1 / (r + 2.7), by the law of Zipf and Mandelbrot. In English
the first hundred words are then half of all that is written, and a word of rank 10,000 comes once
in 100,000 words. https://en.wikipedia.org/wiki/Zipf-Mandelbrot_law
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Final

#: Different words, as many as a shop's customers use in some years.
SIZE: Final = 30_000
#: By which the first words are less frequent than Zipf's law alone says.
_SHIFT: Final = 2.7

#: The most frequent ones, in their order.
_FIRST: Final = (
    *("the", "to", "i", "and", "a", "it", "is", "my", "you", "for", "of", "in", "not", "that"),
    *("have", "on", "was", "this", "with", "your", "but", "can", "we", "are", "me", "be", "at"),
    *("order", "please", "thanks", "so", "if", "as", "when", "there", "parcel", "from", "will"),
    *("hello", "number", "has", "get", "delivery", "received", "would", "been", "what", "one"),
    *("kettle", "arrived", "monday", "refund", "where", "invoice", "account", "broken", "colour"),
    *("tomorrow", "wrong", "size", "return", "address", "changed", "payment", "twice", "charged"),
    *("why", "could", "they", "still", "them", "then", "time", "today", "week", "other", "ordered"),
)
_HEADS: Final = ("b", "br", "c", "ch", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "pr", "r")
_MORE_HEADS: Final = ("s", "st", "t", "tr", "v", "w", "re", "con", "in", "un", "th", "sh")
_VOWELS: Final = ("a", "e", "i", "o", "u", "ea", "ou", "ai")
_TAILS: Final = ("", "n", "r", "s", "t", "l", "m", "ck", "nd", "st")
_ENDINGS: Final = ("", "", "s", "ed", "ing", "er", "ly", "ment", "able")


def _made_up() -> Iterator[str]:
    chance = random.Random(7)
    heads = (*_HEADS, *_MORE_HEADS)
    while True:
        syllables = (
            f"{chance.choice(heads)}{chance.choice(_VOWELS)}{chance.choice(_TAILS)}"
            for _ in range(chance.choices((1, 2, 3), (2, 6, 3))[0])
        )
        yield f"{''.join(syllables)}{chance.choice(_ENDINGS)}"


def _words() -> tuple[str, ...]:
    found = dict.fromkeys(_FIRST)
    for word in _made_up():
        if len(found) == SIZE:
            break
        found[word] = None
    return tuple(found)


#: The most frequent first.
WORDS: Final = _words()
_WEIGHTS: Final = tuple(itertools.accumulate(1 / (rank + _SHIFT) for rank in range(1, SIZE + 1)))


def words(chance: random.Random, count: int) -> list[str]:
    """As many words, as somebody might write them."""
    return chance.choices(WORDS, cum_weights=_WEIGHTS, k=count)
