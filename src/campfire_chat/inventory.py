"""What the features declare, at one glance: permissions, endpoints, frames, events, streams, jobs,
settings and errors, with what each of them needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from campfire_chat.access.permissions import LADDER, all_permissions, in_words
from campfire_chat.core.errors import CampfireError, all_errors
from campfire_chat.core.runtime_settings import Setting
from campfire_chat.feature import Feature
from campfire_chat.features.registry import FEATURES
from campfire_chat.hooks.held import GIVEN_UP, RETRY
from campfire_chat.http.application import ENDPOINTS, PREFIX
from campfire_chat.http.endpoints import Endpoint
from campfire_chat.jobs.job import JobKind
from campfire_chat.jobs.retention import EXPIRE_KEYS
from campfire_chat.ledger.events import HIDDEN, EventType
from campfire_chat.ledger.stream_access import INBOXES, OwnStream
from campfire_chat.realtime.frame_table import FrameHandler
from campfire_chat.realtime.sockets import requests


def inventory() -> Iterator[str]:
    """The lines of the list, the engine first and then each feature."""
    yield "the engine"
    yield _own_stream(INBOXES)
    yield from _endpoints(ENDPOINTS)
    yield from _frames(requests.FRAMES)
    yield from _events((HIDDEN,))
    yield from _jobs((EXPIRE_KEYS, RETRY, GIVEN_UP))
    yield from _errors(None)
    for feature in FEATURES:
        yield ""
        yield feature.name
        yield from _streams(feature)
        yield from _endpoints(feature.endpoints)
        yield from _frames(feature.frames)
        yield from _events(feature.events)
        yield from _jobs(feature.jobs)
        yield from _settings(feature.settings)
        yield from _errors(feature)
    yield ""
    yield "permissions"
    for permission in all_permissions():
        who = [role.value for role in reversed(LADDER[LADDER.index(permission.least) :])]
        who += ["visitor"] if permission.visitors else []
        yield f"  {permission.name}  {', '.join(who)}"
        yield f"    {permission.allows}"


def _streams(feature: Feature) -> Iterator[str]:
    for kind in feature.aggregates:
        for stream in kind.streams:
            yield f"  stream    {stream.name('<id>')}  {stream.permission.name}"
    for own in feature.streams:
        yield _own_stream(own)


def _own_stream(kind: OwnStream) -> str:
    return f"  stream    {kind.name(kind.subject)}  {in_words(kind.permission)}"


def _endpoints(endpoints: Iterable[Endpoint]) -> Iterator[str]:
    for row in endpoints:
        yield f"  endpoint  {row.method:6} {PREFIX}{row.path}  {in_words(row.permission)}"


def _frames(handlers: Iterable[FrameHandler[Any]]) -> Iterator[str]:
    for handler in handlers:
        tag = handler.frame.__struct_config__.tag
        yield f"  frame     {tag}  {in_words(handler.permission)}"


def _events(events: Iterable[EventType]) -> Iterator[str]:
    for event in events:
        held = "" if event.with_text is None else ", holds a text"
        yield f"  event     {event.name}  in {', '.join(event.streams)}{held}"


def _settings(settings: Iterable[Setting[Any]]) -> Iterator[str]:
    for setting in settings:
        scope, permission = setting.scope.value, setting.permission
        yield f"  setting   {setting.name}  of each {scope}, {permission}"


def _jobs(kinds: Iterable[JobKind[Any]]) -> Iterator[str]:
    for kind in kinds:
        may = ", ".join(permission.name for permission in kind.permissions)
        yield f"  job       {kind.name}  {may or 'no permission'}"


def _errors(feature: Feature | None) -> Iterator[str]:
    """The errors that a feature declares; without one, those of the engine."""
    for code, error in sorted(all_errors().items()):
        if _declares(feature, error):
            closes = "" if error.close_code is None else f", closes with {error.close_code}"
            again = "" if error.final else ", may succeed later"
            yield f"  error     {code}  {error.status}{closes}{again}"


def _declares(feature: Feature | None, error: type[CampfireError]) -> bool:
    module = error.__module__
    if feature is not None:
        return module.startswith(f"campfire_chat.features.{feature.name}.")
    # A host app may have errors of its own.
    return module.startswith("campfire_chat.") and not module.startswith("campfire_chat.features.")
