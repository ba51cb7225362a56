"""Calling a function of the host app, a plain one or a coroutine function."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def called(function: Callable[[T], Any], argument: T) -> Any:
    """What the function returns. A plain function runs in a thread."""
    if inspect.iscoroutinefunction(function):
        return await function(argument)
    found = await asyncio.to_thread(function, argument)
    return await found if inspect.isawaitable(found) else found
