"""The services of a running Campfire, found by their class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, cast

S = TypeVar("S")


class ServiceMap:
    """Lets the engine hand the services of features to their endpoints and frame handlers,
    although it does not know them.

    There is one of each class.
    """

    def __init__(self) -> None:
        self._services: dict[type[Any], Any] = {}

    def add(self, service: object) -> None:
        self._services[type(service)] = service

    def __iter__(self) -> Iterator[object]:
        """In the order in which they were added."""
        return iter(self._services.values())

    def __getitem__(self, kind: type[S]) -> S:
        """The service of a class.

        Raises:
            KeyError: There is none.
        """
        return cast("S", self._services[kind])
