"""The list of what is declared leaves nothing out."""

from __future__ import annotations

import pytest

from campfire_chat.cli import main
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.http.application import PREFIX
from campfire_chat.ledger.events import all_types
from campfire_chat.runtime import AGGREGATES, ENDPOINTS, FRAMES, SETTINGS


def test_everything_that_is_declared_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inventory"]) == 0
    printed = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    for endpoint in ENDPOINTS:
        told = f"endpoint {endpoint.method} {PREFIX}{endpoint.path} {endpoint.access.value}"
        assert lines.count(told) == 1
    for handler in FRAMES:
        assert lines.count(f"frame {handler.frame.__struct_config__.tag}") == 1
    for event in all_types():
        assert sum(line.startswith(f"event {event.name} in ") for line in lines) == 1
    for scope in Scope:
        for setting in SETTINGS.of(scope):
            assert sum(line.startswith(f"setting {setting.name} of each") for line in lines) == 1
    for kind in AGGREGATES:
        for stream in kind.streams:
            assert sum(line.startswith(f"stream {stream.kind}:") for line in lines) == 1
