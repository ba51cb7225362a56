"""Writes ``common/types.ts``: the types of everything that goes over the wire.

They are made from what the Python code declares: the records, bodies, frames, events and errors.
The file is committed, since a build from an sdist has node but none of the package's own
dependencies, and since a change of the wire should be seen in a review. ``build.py --check``
fails when it is not what this module would write; ``build.py --types`` writes it.
"""

from __future__ import annotations

import inspect
import types as python_types
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Raw, Struct, UnsetType, structs

from campfire_chat.core.errors import all_errors
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.registry import FEATURES
from campfire_chat.http.problems import Problem
from campfire_chat.ledger.events import EventFrame
from campfire_chat.realtime.frames import Frame
from campfire_chat.runtime import ENDPOINTS, FRAMES

TYPES = Path(__file__).resolve().parent / "common" / "types.ts"

HEAD = """\
/**
 * What goes over the wire. Made by `build.py --types` from the Python records, frames, events and
 * errors: change those, not this file.
 */

/** RFC 3339, UTC, microseconds: sorts as text. */
export type Timestamp = string;
"""

_PLAIN = {
    **{str: "string", int: "number", float: "number", bool: "boolean"},
    **{type(None): "null", Any: "unknown", object: "unknown"},
}


class Untranslatable(Exception):
    """A Python type has no counterpart here, or two types have one name."""


class Translation:
    """The types that were met so far.

    Attributes:
        named: Structs and enums by their names.
        sent: Structs that clients send; the others are sent by the server.
    """

    def __init__(self) -> None:
        self.named: dict[str, type] = {}
        self.sent: set[type] = set()
        self.received: set[type] = set()

    def gather(self, kind: Any, *, sent: bool) -> None:
        """Take in a type with everything that it is made of."""
        for part in _parts(kind):
            if not inspect.isclass(part) or part is EventFrame:
                continue
            if issubclass(part, StrEnum):
                self._name(part)
            elif issubclass(part, Struct):
                seen = self.sent if sent else self.received
                if part in seen:
                    continue
                seen.add(part)
                self._name(part)
                for hint in get_type_hints(part).values():
                    self.gather(hint, sent=sent)

    def _name(self, kind: type) -> None:
        if self.named.setdefault(kind.__name__, kind) is not kind:
            raise Untranslatable(f"Two types are called {kind.__name__}.")

    def declarations(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            kind = self.named[name]
            yield "\n" + "".join(_comment(_summary(kind)))
            if issubclass(kind, StrEnum):
                values = " | ".join(f'"{item.value}"' for item in kind)
                yield f"export type {name} = {values};\n"
            else:
                yield from self._interface(name, kind)

    def _interface(self, name: str, kind: type[Struct]) -> Iterator[str]:
        base = next(
            (base for base in kind.__bases__ if self.named.get(base.__name__) is base), None
        )
        parameters = ", ".join(item.__name__ for item in getattr(kind, "__parameters__", ()))
        yield f"export interface {name}"
        yield f"<{parameters}>" if parameters else ""
        yield f" extends {base.__name__} {{\n" if base else " {\n"
        told = _attributes(kind)
        hints = get_type_hints(kind, include_extras=True)
        inherited = set(base.__struct_fields__) if base else set()
        tag = kind.__struct_config__.tag
        if tag is not None:
            yield f'  type: "{tag}";\n'
        for field in structs.fields(kind):
            if field.name in inherited:
                continue
            hint, optional = hints[field.name], self._optional(kind, field)
            if optional and kind not in self.sent:
                # A field that has its default is left out, and so never null.
                hint = _without_null(hint) if field.default is None else hint
            yield from _comment(told.get(field.name, ""), indent="  ")
            yield f"  {field.encode_name}{'?' if optional else ''}: {translated(hint)};\n"
        yield "}\n"

    def _optional(self, kind: type, field: structs.FieldInfo) -> bool:
        if field.default is NODEFAULT and field.default_factory is NODEFAULT:
            return False
        if kind in self.sent and kind in self.received:
            raise Untranslatable(f"{kind.__name__} is sent by both sides and has defaults.")
        return kind in self.sent or kind.__struct_config__.omit_defaults


def translated(hint: Any) -> str:
    """
    Raises:
        Untranslatable: There is no counterpart.
    """
    if hint == Timestamp:
        return "Timestamp"
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return translated(arguments[0])
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin in (Union, python_types.UnionType):
        # A field that is not set is left out: see where it is declared.
        return " | ".join(translated(item) for item in arguments if item is not UnsetType)
    if origin is list:
        item = translated(arguments[0])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if origin is dict:
        return f"Record<string, {translated(arguments[1])}>"
    if inspect.isclass(origin) and issubclass(origin, Struct):
        return f"{origin.__name__}<{', '.join(translated(item) for item in arguments)}>"
    if isinstance(hint, TypeVar):
        return hint.__name__
    if hint is EventFrame:
        return "StreamEvent"
    if inspect.isclass(hint) and issubclass(hint, (Struct, StrEnum)):
        return hint.__name__
    if origin is None and hint in _PLAIN:
        return _PLAIN[hint]
    raise Untranslatable(f"What is {hint} here?")


def _parts(hint: Any) -> Iterator[Any]:
    """A type, and those that it is put together from."""
    origin = get_origin(hint)
    if isinstance(hint, tuple):
        # What an endpoint answers depends on who asks.
        for item in hint:
            yield from _parts(item)
    elif origin is Annotated:
        yield from _parts(get_args(hint)[0])
    elif origin is None:
        if hint is not Raw:
            yield hint
    else:
        yield origin
        for item in get_args(hint) if origin is not Literal else ():
            yield from _parts(item)


def _without_null(hint: Any) -> Any:
    return Union[tuple(item for item in get_args(hint) if item is not type(None))]  # noqa: UP007


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("*/", "* /")


def _summary(kind: type) -> str:
    """The first paragraph of a docstring of its own."""
    own = kind.__dict__.get("__doc__") or ""
    return _plain(inspect.cleandoc(own).split("\n\n")[0])


def _attributes(kind: type) -> dict[str, str]:
    """What the docstring says of each field."""
    _, _, section = inspect.cleandoc(kind.__dict__.get("__doc__") or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            name, _, line = line.strip().partition(": ")
        elif not line.strip():
            break
        found[name] = _plain(f"{found.get(name, '')} {line}")
    return found


def _comment(text: str, *, indent: str = "") -> Iterator[str]:
    if not text:
        return
    if len(text) + len(indent) <= 92:
        yield f"{indent}/** {text} */\n"
        return
    yield f"{indent}/**\n"
    line = f"{indent} *"
    for word in text.split():
        if len(line) + len(word) >= 99:
            yield line + "\n"
            line = f"{indent} *"
        line += " " + word
    yield f"{line}\n{indent} */\n"


def _union(name: str, members: Iterable[str]) -> str:
    return f"export type {name} =\n" + "\n".join(f"  | {member}" for member in members) + ";\n"


def _tree(kind: type) -> Iterator[type]:
    """The frames of the package, without those that somebody else has made of them."""
    for sub in kind.__subclasses__():
        if sub.__module__.startswith("campfire_chat."):
            yield sub
            yield from _tree(sub)


def text() -> str:
    """What belongs into the file.

    Raises:
        Untranslatable: A record has a type that has no counterpart.
    """
    translation = Translation()
    for endpoint in ENDPOINTS:
        for answer in endpoint.returns.values():
            translation.gather(answer, sent=False)
        if endpoint.body is not None:
            translation.gather(endpoint.body, sent=True)
    translation.gather(Problem, sent=False)
    events = sorted(
        (event for feature in FEATURES for event in feature.events), key=lambda event: event.name
    )
    for event in events:
        translation.gather(event.data, sent=False)
    records = sorted(translation.named)

    of_clients = {handler.frame for handler in FRAMES}
    of_server = [frame for frame in _tree(Frame) if frame not in of_clients]
    for frame in of_clients:
        translation.gather(frame, sent=True)
    for frame in of_server:
        translation.gather(frame, sent=False)
    frames = sorted(set(translation.named) - set(records))

    pieces = [HEAD, *translation.declarations(records)]
    pieces.append(
        "\n/** What the data of each type of events is. */\nexport interface EventMap {\n"
    )
    pieces += [f'  "{event.name}": {translated(event.data)};\n' for event in events]
    pieces.append("}\n\n/** The kinds of streams in which each type of events appears. */\n")
    pieces.append("export interface EventStreams {\n")
    for event in events:
        kinds = " | ".join(f'"{kind}"' for kind in event.streams)
        pieces.append(f'  "{event.name}": {kinds};\n')
    pieces.append(
        "}\n\n/** One event of a stream; `event` tells which type `data` has. */\n"
        "export type StreamEvent = {\n"
        "  [K in keyof EventMap]: {\n"
        '    type: "event";\n    stream: string;\n    seq: number;\n    event: K;\n'
        "    at: Timestamp;\n    data: EventMap[K];\n  };\n}[keyof EventMap];\n"
    )
    pieces += translation.declarations(frames)
    pieces.append("\n/** A frame of the server. */\n")
    pieces.append(_union("ServerFrame", ["StreamEvent", *sorted(f.__name__ for f in of_server)]))
    pieces.append("\n/** A frame of a client. */\n")
    pieces.append(_union("ClientFrame", sorted(frame.__name__ for frame in of_clients)))
    pieces.append("\n/** The codes of problems and of `error` frames. */\n")
    codes = sorted(
        code
        for code, error in all_errors().items()
        if error.__module__.startswith("campfire_chat.")
    )
    pieces.append(_union("ErrorCode", (f'"{code}"' for code in codes)))
    return "".join(pieces)
