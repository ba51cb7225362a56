"""How a person edits a setting: which field the console shows for it, made from its type."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import Struct, inspect


class Control(StrEnum):
    """The kind of field. JSON is for types that no other field can show."""

    TEXT = "text"
    SWITCH = "switch"
    CHOICE = "choice"
    NUMBER = "number"
    LIST = "list"
    COLOR = "color"
    ORIGINS = "origins"
    LOCALE = "locale"
    TIME_ZONE = "time_zone"
    PICTURE = "picture"
    ATTRIBUTES = "attributes"
    JSON = "json"


class Form(Struct, frozen=True, kw_only=True):
    """What the type of a setting says about its field.

    Attributes:
        nullable: Whether null is a value of the type.
        values: The values to choose from, if there are only a few.
        minimum: The least number, or the least number of characters or items.
        maximum: The greatest one.
    """

    control: Control
    nullable: bool
    values: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


def form_of(kind: Any) -> Form:
    """The form of a type, as msgspec understands the type."""
    info = inspect.type_info(kind)
    nullable = False
    if isinstance(info, inspect.UnionType):
        rest = [item for item in info.types if not isinstance(item, inspect.NoneType)]
        nullable = len(rest) < len(info.types)
        if len(rest) != 1:
            return Form(control=Control.JSON, nullable=nullable)
        info = rest[0]
    if isinstance(info, inspect.Metadata):
        info = info.type
    match info:
        case inspect.BoolType() if nullable:
            # A switch has no third position.
            return Form(control=Control.CHOICE, nullable=True, values=(True, False))
        case inspect.BoolType():
            return Form(control=Control.SWITCH, nullable=False)
        case inspect.LiteralType():
            return Form(control=Control.CHOICE, nullable=nullable, values=_literals(kind))
        case inspect.EnumType():
            values = tuple(msgspec.to_builtins(member) for member in info.cls)
            return Form(control=Control.CHOICE, nullable=nullable, values=values)
        case inspect.IntType() | inspect.FloatType():
            return Form(control=Control.NUMBER, nullable=nullable, minimum=info.ge, maximum=info.le)
        case inspect.StrType():
            return Form(
                control=Control.TEXT,
                nullable=nullable,
                minimum=info.min_length,
                maximum=info.max_length,
            )
        case inspect.ListType() | inspect.VarTupleType() if isinstance(
            info.item_type, inspect.StrType
        ):
            return Form(
                control=Control.LIST,
                nullable=nullable,
                minimum=info.min_length,
                maximum=info.max_length,
            )
        case _:
            return Form(control=Control.JSON, nullable=nullable)


def _literals(kind: Any) -> tuple[Any, ...]:
    """The values of a ``Literal``, in the order in which it names them: msgspec sorts them."""
    parts = (kind, *get_args(kind))
    return next(get_args(part) for part in parts if get_origin(part) is Literal)
