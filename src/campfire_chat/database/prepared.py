"""A statement that is ready to run, and what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

Row = Sequence[Any]


class Prepared(NamedTuple):
    """SQL text with its values.

    Attributes:
        many: ``values`` is a list, and the text runs once for each entry.
        returns: Whether it returns rows. A command such as BEGIN does not.
        patient: Whether a command may take as long as it takes, as the rewriting of a large table
            has to. Others are given up as if the network were dead.
    """

    sql: str
    values: Sequence[Any] = ()
    many: bool = False
    returns: bool = True
    patient: bool = False
