"""Fern & Ember, a small shop that has its own users and session, with the desk mounted into it."""

from __future__ import annotations

from .app import create_app

__all__ = ["create_app"]
