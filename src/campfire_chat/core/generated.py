"""Functions whose code is put together once, when a module is imported.

Records have many fields. A loop over them at every call costs several times what the same work
costs when it is written out, and writing it out by hand names every field again. So the text of
the function is made from the fields, as dataclasses do it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from msgspec import Struct


class Code:
    """The text of one function, and the values that it uses."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def use(self, value: Any) -> str:
        """A name for a value, to be used in the text."""
        for name, known in self._values.items():
            if known is value:
                return name
        name = f"_{len(self._values)}"
        self._values[name] = value
        return name

    def call(self, record: type[Struct], values: Mapping[str, str]) -> str:
        """A call of a record's class.

        Args:
            values: The text of each field's value. A field without one keeps its default.
        """
        arguments: list[str] = []
        in_order = True
        for parameter in inspect.signature(record).parameters.values():
            text = values.get(parameter.name)
            if text is None:
                in_order = False
            elif in_order and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                arguments.append(text)
            else:
                arguments.append(f"{parameter.name}={text}")
        return f"{self.use(record)}({', '.join(arguments)})"

    def function(
        self, name: str, parameters: Sequence[str], lines: Sequence[str]
    ) -> Callable[..., Any]:
        """The function with that body."""
        body = "\n".join(f"    {line}" for line in lines)
        text = f"def {name}({', '.join(parameters)}):\n{body}\n"
        # The text holds names of fields and columns of the package, and nothing from outside.
        exec(compile(text, f"<{name}>", "exec"), self._values)  # noqa: S102
        return self._values[name]


def fields_of(record: type[Struct]) -> dict[str, Any]:
    """The fields of a record with their types."""
    return {field.name: field.type for field in msgspec.structs.fields(record)}


def required_of(record: type[Struct]) -> set[str]:
    """The fields of a record without a default."""
    return {field.name for field in msgspec.structs.fields(record) if field.required}


def without_none(kind: Any) -> tuple[Any, bool]:
    """A type without None, and whether it had None."""
    if get_origin(kind) not in (Union, UnionType):
        return kind, False
    members = [member for member in get_args(kind) if member is not NoneType]
    if len(members) == len(get_args(kind)):
        return kind, False
    return members[0] if len(members) == 1 else Union[tuple(members)], True  # noqa: UP007
