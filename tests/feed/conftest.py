"""Storages of processes on one database, whose clock a test moves."""

from __future__ import annotations

from tests.jobs.conftest import open_store, store, watch

__all__ = ["open_store", "store", "watch"]
