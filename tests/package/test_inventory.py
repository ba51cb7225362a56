"""The list of what is declared leaves nothing out."""

from __future__ import annotations

import pytest

from campfire_chat.access.permissions import all_permissions, in_words
from campfire_chat.cli import main
from campfire_chat.core.errors import all_errors
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.http.application import PREFIX
from campfire_chat.ledger.events import all_types
from campfire_chat.ledger.stream_access import INBOXES
from campfire_chat.runtime import AGGREGATES, ENDPOINTS, FRAMES, JOBS, OWN_STREAMS, SETTINGS


def test_everything_that_is_declared_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inventory"]) == 0
    printed = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    for endpoint in ENDPOINTS:
        needs = in_words(endpoint.permission)
        told = f"endpoint {endpoint.method} {PREFIX}{endpoint.path} {needs}"
        assert lines.count(told) == 1
    for handler in FRAMES:
        tag = handler.frame.__struct_config__.tag
        assert lines.count(f"frame {tag} {in_words(handler.permission)}") == 1
    for event in all_types():
        assert sum(line.startswith(f"event {event.name} in ") for line in lines) == 1
    for scope in Scope:
        for setting in SETTINGS.of(scope):
            assert sum(line.startswith(f"setting {setting.name} of each") for line in lines) == 1
    for kind in AGGREGATES:
        for stream in kind.streams:
            assert lines.count(f"stream {stream.name('<id>')} {stream.permission.name}") == 1
    for own in (INBOXES, *OWN_STREAMS):
        assert lines.count(f"stream {own.name(own.subject)} {in_words(own.permission)}") == 1
    for kind in JOBS:
        may = ", ".join(permission.name for permission in kind.permissions)
        assert lines.count(f"job {kind.name} {may or 'no permission'}") == 1
    for code, error in all_errors().items():
        if error.__module__.startswith("campfire_chat."):
            assert sum(line.startswith(f"error {code} {error.status}") for line in lines) == 1
    for permission in all_permissions():
        assert sum(line.startswith(f"{permission.name} owner") for line in lines) == 1
