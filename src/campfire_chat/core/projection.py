"""Records made from other records: what the wire shows of a state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from campfire_chat.core.clock import rfc3339
from campfire_chat.core.generated import Code, fields_of, required_of, without_none
from campfire_chat.core.scalars import Timestamp

T = TypeVar("T", bound=Struct)


def projection(
    source: type[Struct], target: type[T], *, added: Sequence[str] = ()
) -> Callable[..., T]:
    """A function from one record to another one. It copies the fields of the same name.

    Times in microseconds become RFC 3339, and a set of texts becomes a sorted list. A field of the
    target that the source does not have keeps its default.

    Args:
        added: Fields that the caller passes, each as an argument by its name.

    Raises:
        AssertionError: A field comes from nowhere, or its type cannot be converted.
    """
    have, wanted = fields_of(source), fields_of(target)
    code = Code()
    values: dict[str, str] = {name: name for name in added}
    for name, kind in wanted.items():
        if name not in values and name in have:
            values[name] = _converted(code, f"record.{name}", have[name], kind)
    if missing := required_of(target) - values.keys():
        raise AssertionError(f"{source.__name__} has no {', '.join(sorted(missing))}")
    parameters = ["record", *(["*"] if added else []), *added]
    return code.function("project", parameters, [f"return {code.call(target, values)}"])


def _converted(code: Code, value: str, have: Any, wanted: Any) -> str:
    if have == wanted:
        return value
    (inner, optional), (to, may_be_none) = without_none(have), without_none(wanted)
    if optional and not may_be_none:
        raise AssertionError(f"{value} may be None, which {wanted} does not allow")
    if inner == to:
        return value
    if inner is int and to == Timestamp:
        text = f"{code.use(rfc3339)}({value})"
    elif inner == frozenset[str] and to == list[str]:
        text = f"sorted({value})"
    else:
        raise AssertionError(f"{value} cannot be converted from {have} to {wanted}")
    return f"None if {value} is None else {text}" if optional else text
