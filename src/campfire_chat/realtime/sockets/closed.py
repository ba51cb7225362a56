"""How a connection is told to end."""

from __future__ import annotations


class Closed(Exception):
    """The connection has to be closed with this code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
