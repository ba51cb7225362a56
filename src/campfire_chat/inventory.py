"""What the features declare, at one glance: endpoints, frames, events, streams and settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from campfire_chat.core.runtime_settings import Setting
from campfire_chat.feature import Feature
from campfire_chat.features.registry import FEATURES
from campfire_chat.http.application import ENDPOINTS, PREFIX
from campfire_chat.http.endpoints import Endpoint
from campfire_chat.ledger.events import EventType
from campfire_chat.ledger.stream_access import INBOXES
from campfire_chat.realtime.frame_table import FrameHandler
from campfire_chat.realtime.sockets import requests


def inventory() -> Iterator[str]:
    """The lines of the list, the engine first and then each feature."""
    yield "the engine"
    yield f"  stream    {INBOXES.kind}:<organization>  agents only"
    yield from _endpoints(ENDPOINTS)
    yield from _frames(requests.FRAMES)
    for feature in FEATURES:
        yield ""
        yield feature.name
        yield from _streams(feature)
        yield from _endpoints(feature.endpoints)
        yield from _frames(feature.frames)
        yield from _events(feature.events)
        yield from _settings(feature.settings)


def _streams(feature: Feature) -> Iterator[str]:
    for kind in feature.aggregates:
        for stream in kind.streams:
            audience = "agents only" if stream.agents_only else "agents and its visitor"
            yield f"  stream    {stream.name('<id>')}  {audience}"


def _endpoints(endpoints: Iterable[Endpoint]) -> Iterator[str]:
    for row in endpoints:
        yield f"  endpoint  {row.method:6} {PREFIX}{row.path}  {row.access.value}"


def _frames(handlers: Iterable[FrameHandler[Any]]) -> Iterator[str]:
    for handler in handlers:
        yield f"  frame     {handler.frame.__struct_config__.tag}"


def _events(events: Iterable[EventType]) -> Iterator[str]:
    for event in events:
        held = "" if event.with_text is None else ", holds a text"
        yield f"  event     {event.name}  in {', '.join(event.streams)}{held}"


def _settings(settings: Iterable[Setting[Any]]) -> Iterator[str]:
    for setting in settings:
        yield f"  setting   {setting.name}  of each {setting.scope.value}, {setting.permission}"
