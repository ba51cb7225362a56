"""Types and values that records of every kind share."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Timestamp = Annotated[str, Meta(description="RFC 3339, UTC, microseconds")]


DEFAULT_ORGANIZATION = "default"


#: Facts of the whole installation have this instead of an organisation.
INSTALLATION = ""
