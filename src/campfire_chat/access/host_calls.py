"""Calling functions of the host app about a request or an agent, and telling their outages from
their bugs."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.exceptions import HTTPException

from campfire_chat.access.errors import HostUnavailableError
from campfire_chat.core.errors import CampfireError, ConfigurationError
from campfire_chat.core.outages import is_outage

logger = logging.getLogger("campfire_chat.access")

T = TypeVar("T")

#: Seconds after which a client comes back while the host app cannot answer.
OUTAGE_RETRY = 2.0
#: Seconds between two lines of the log about the same outage.
OUTAGE_LOG_PAUSE = 10.0


class HostCall:
    """Calls one function of the host app, a plain one or a coroutine function.

    Args:
        name: The name of the function, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._told_at: float | None = None

    async def __call__(self, function: Callable[[T], Any], argument: T) -> Any:
        """What the function returns.

        Raises:
            HostUnavailableError: It raised an error that says that something it needs, such as the
                host app's database, cannot be reached.
            ConfigurationError: It raised an ``HTTPException``.
            Exception: Whatever else it raised.
        """
        try:
            found = function(argument)
            return await found if inspect.isawaitable(found) else found
        except CampfireError:
            raise
        except HTTPException as error:
            # What a dependency of FastAPI raises. As an exception of campfire-chat's own app it
            # would be answered as if there were no such page.
            if error.status_code != 503:
                raise ConfigurationError(
                    f"{self._name} raised HTTPException({error.status_code}). It must return None "
                    "for a caller who is not signed in; an exception refuses the caller."
                ) from error
            self._log_outage(error)
            raise HostUnavailableError(retry_after=OUTAGE_RETRY) from error
        except Exception as error:
            if not is_outage(error):
                raise
            self._log_outage(error)
            raise HostUnavailableError(retry_after=OUTAGE_RETRY) from error

    def _log_outage(self, error: Exception) -> None:
        """With its traceback, but not for each of the requests that meet the same outage."""
        now = time.monotonic()
        if self._told_at is None or now - self._told_at > OUTAGE_LOG_PAUSE:
            self._told_at = now
            logger.warning("%s cannot reach what it needs: %r", self._name, error, exc_info=error)
