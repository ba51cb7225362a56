"""The marks that a message may have, a small part of Markdown, and the text without them.

What is stored is the text as it was written. ``frontend/common/markup.ts`` reads the same marks and
makes of them what is shown. ``tests/support/markup.json`` holds both to the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

#: White space as JavaScript knows it.
_SPACE: Final = "\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
#: Space, quotes, and marks that turn the direction of text end an address.
_BREAK: Final = f'{_SPACE}<>"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069'
_HTTP: Final = "[Hh][Tt][Tt][Pp][Ss]?://"
_MAILTO: Final = "[Mm][Aa][Ii][Ll][Tt][Oo]:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]*[A-Za-z0-9]"
_ADDRESS: Final = rf"{_HTTP}[^{_BREAK}]*[^{_BREAK}.,:;!?')\]}}*_~`]"
_TARGET: Final = rf"{_HTTP}(?:[^{_BREAK}()]|\([^{_BREAK}()]*\))+"

#: Lists and quotes in each other.
_DEEPEST: Final = 4
_FENCE: Final = re.compile(r"```[ \t]*[A-Za-z0-9_+#.-]*[ \t]*")
_FENCE_END: Final = re.compile(r"```[ \t]*")
_QUOTE: Final = re.compile(r">( |\Z)")
_ITEM: Final = re.compile(r"([-*]|([0-9]{1,9})[.)]) +(?=[^ ])")
_FURTHER_IN: Final = re.compile(r" {2,}(?=[^ ])")
#: What may begin an element; a text without it has no marks.
_ANY: Final = re.compile(r"[*_~`:]|^[>\-0-9]", re.MULTILINE)
#: Code, a link with words, an address, or a run of marks.
_INLINE: Final = re.compile(
    rf"(`{{1,3}})(?P<code>[^`]+)\1(?!`)|\[(?P<label>[^\[\]]+)\]\((?P<target>{_TARGET}|{_MAILTO})\)"
    rf"|(?P<address>{_ADDRESS}|{_MAILTO})|\*+|_+|~+"
)
_MARKS: Final = frozenset(("***", "**", "*", "_", "~~"))
_IS_SPACE: Final = re.compile(f"[{_SPACE}]")


def plain(body: str) -> str:
    """A text without its marks: what is bold, struck out or code says only its words.

    Quotes and lists keep the signs that they begin with, as plain text has them too. A link with
    words says its address behind them.
    """
    if _ANY.search(body) is None:
        return body
    return "\n".join(_lines(re.split(r"\r?\n", body), 0))


def _lines(lines: Sequence[str], depth: int) -> list[str]:
    """As ``blocks`` and ``lines`` of the TypeScript."""
    made: list[str] = []
    text: list[str] = []
    has_block = False

    def end() -> None:
        # Empty lines beside a block are its margin.
        while has_block and text and not text[0].strip(" \t"):
            del text[0]
        made.extend(_inline(line) for line in text)
        text.clear()

    def add(block: Sequence[str]) -> None:
        nonlocal has_block
        while text and not text[-1].strip(" \t"):
            del text[-1]
        end()
        made.extend(block)
        has_block = True

    if depth == _DEEPEST:
        return [_inline(line) for line in lines]
    fences = [at for at, line in enumerate(lines) if _FENCE_END.fullmatch(line)]
    last_fence = fences[-1] if fences else -1
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if at <= last_fence and _FENCE.fullmatch(line):
            first = at
            while not _FENCE_END.fullmatch(lines[at]):
                at += 1
            add(lines[first:at])
            at += 1
        elif _QUOTE.match(line):
            quoted = [line[2:]]
            while at < len(lines) and _QUOTE.match(lines[at]):
                quoted.append(lines[at][2:])
                at += 1
            add([f"> {inner}" for inner in _lines(quoted, depth + 1)])
        elif item := _ITEM.match(line):
            inner = [line[item.end() :]]
            while at < len(lines) and (further := _FURTHER_IN.match(lines[at])):
                # What is written further in belongs to it.
                inner.append(lines[at][min(further.end(), item.end()) :])
                at += 1
            marker = "- " if item[2] is None else f"{item[2]}. "
            first_line, *others = _lines(inner, depth + 1)
            add([marker + first_line, *(" " * len(marker) + other for other in others)])
        else:
            text.append(line)
    end()
    return made


class _Token(NamedTuple):
    """A part of a line.

    Attributes:
        words: What it says; None for a run of marks.
    """

    text: str
    words: str | None
    opens: bool = False
    closes: bool = False


def _inline(line: str) -> str:
    if _ANY.search(line) is None:
        return line
    tokens = list(_tokens(line))
    return "".join(_paired(tokens, 0, len(tokens), frozenset()))


def _tokens(line: str) -> Iterator[_Token]:
    end = 0
    for match in _INLINE.finditer(line):
        begin, text = match.start(), match[0]
        if begin > end:
            yield _Token(line[end:begin], line[end:begin])
        end = match.end()
        if (code := match["code"]) is not None:
            yield _Token(text, code)
        elif (label := match["label"]) is not None:
            yield _Token(text, f"{label} ({match['target']})")
        elif match["address"] is not None or text not in _MARKS:
            yield _Token(text, text)
        else:
            before, after = line[begin - 1 : begin], line[end : end + 1]
            yield _Token(
                text,
                None,
                opens=after != "" and not _IS_SPACE.match(after) and not _in_word(before),
                closes=before != "" and not _IS_SPACE.match(before) and not _in_word(after),
            )
    if end < len(line):
        yield _Token(line[end:], line[end:])


def _paired(tokens: Sequence[_Token], first: int, last: int, inside: frozenset[str]) -> list[str]:
    """Leaves out the runs of marks that have a partner."""
    said: list[str] = []
    # Marks that nothing closes any more.
    open_marks = set(inside)
    at = first
    while at < last:
        text, words, opens, _ = tokens[at]
        close = last
        if words is None and opens and text not in open_marks:
            close = at + 2
            while close < last and not (tokens[close].text == text and tokens[close].closes):
                close += 1
            if close >= last:
                open_marks.add(text)
        if close < last:
            said += _paired(tokens, at + 1, close, inside | {text})
            at = close
        else:
            said.append(text if words is None else words)
        at += 1
    return said


def _in_word(character: str) -> bool:
    """Letters and digits of scripts that put spaces between words."""
    return character.isalnum() and (character < "\u0e00" or "\u1e00" <= character < "\u2000")
