"""The types of the front end are those of the Python records, and say what may be absent."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from msgspec import UNSET, Struct, UnsetType

from campfire_chat.core.errors import all_errors
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.registry import FEATURES
from tests.package.test_bundle import load_build
from tests.support.servers import ROOT

FRONTEND = ROOT / "src" / "campfire_chat" / "frontend"


@pytest.fixture
def wire_types(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(FRONTEND)
    monkeypatch.delitem(sys.modules, "wire_types", raising=False)
    import wire_types  # type: ignore[import-not-found]

    return wire_types


def test_the_committed_file_is_up_to_date(wire_types: ModuleType) -> None:
    """After a change of a record, frame, event or error: build.py --types."""
    assert wire_types.TYPES.read_text("utf-8") == wire_types.text()


def test_the_check_fails_when_it_is_not(
    wire_types: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build = load_build()
    build.check_types()
    other = tmp_path / "types.ts"
    other.write_text(wire_types.TYPES.read_text("utf-8").replace("body: string", "body: number"))
    monkeypatch.setattr(wire_types, "TYPES", other)
    with pytest.raises(build.BundleError, match="not up to date"):
        build.check_types()


def test_every_event_and_every_error_is_in_there(wire_types: ModuleType) -> None:
    text = wire_types.text()
    for event in (event for feature in FEATURES for event in feature.events):
        assert f'  "{event.name}": {event.data.__name__};\n' in text
    for code in ("body_empty", "not_found", "storage_unavailable"):
        assert code in all_errors()
        assert f'  | "{code}"' in text


class Inner(Struct, frozen=True, kw_only=True):
    """A part.

    Attributes:
        at: When it was written,
            by the server's clock.
    """

    at: Timestamp
    words: list[str | None] = []


class Outer(Struct, frozen=True, kw_only=True, tag="outer", tag_field="type", omit_defaults=True):
    inner: Inner | None = None
    count: int = 0
    left_out: str | UnsetType | None = UNSET
    always: dict[str, float]


def declared(wire_types: ModuleType, *, sent: bool) -> str:
    translation = wire_types.Translation()
    translation.gather(Outer, sent=sent)
    return "".join(translation.declarations(["Inner", "Outer"]))


def test_what_the_server_sends(wire_types: ModuleType) -> None:
    """A field is absent only where defaults are left out, and then it is never null."""
    assert declared(wire_types, sent=False) == (
        "\n/** A part. */\n"
        "export interface Inner {\n"
        "  /** When it was written, by the server's clock. */\n"
        "  at: Timestamp;\n"
        "  words: (string | null)[];\n"
        "}\n"
        "\n"
        "export interface Outer {\n"
        '  type: "outer";\n'
        "  inner?: Inner;\n"
        "  count?: number;\n"
        "  left_out?: string | null;\n"
        "  always: Record<string, number>;\n"
        "}\n"
    )


def test_what_a_client_sends(wire_types: ModuleType) -> None:
    """Whatever has a default may be absent."""
    text = declared(wire_types, sent=True)
    assert "  words?: (string | null)[];\n" in text
    assert "  inner?: Inner | null;\n" in text


def test_what_has_no_counterpart_is_refused(wire_types: ModuleType) -> None:
    class Elsewhere:
        class Inner(Struct):
            other: int

    translation = wire_types.Translation()
    with pytest.raises(wire_types.Untranslatable):
        wire_types.translated(set[int] | None)
    translation.gather(Inner, sent=False)
    with pytest.raises(wire_types.Untranslatable, match="Two types are called Inner"):
        translation.gather(Elsewhere.Inner, sent=False)


def test_a_record_of_both_sides_has_no_defaults(wire_types: ModuleType) -> None:
    """Whether such a field may be absent would depend on who sends it."""
    translation = wire_types.Translation()
    translation.gather(Inner, sent=True)
    translation.gather(Inner, sent=False)
    with pytest.raises(wire_types.Untranslatable, match="both sides"):
        "".join(translation.declarations(["Inner"]))
