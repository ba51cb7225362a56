"""Receipts as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.receipts.endpoints import ENDPOINTS
from campfire_chat.features.receipts.frame_handlers import FRAMES
from campfire_chat.features.receipts.service import ReceiptService


def _services(parts: Parts) -> Iterable[object]:
    yield ReceiptService(parts.storage)


RECEIPTS = Feature(
    "receipts",
    endpoints=ENDPOINTS,
    frames=FRAMES,
    services=_services,
)
