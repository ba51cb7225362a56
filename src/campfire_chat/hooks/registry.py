"""The functions of the host that are called, and for what."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Awaitable, Callable, Iterable, Sequence

from msgspec import Struct

from campfire_chat.configuration import check_function
from campfire_chat.core.errors import ConfigurationError
from campfire_chat.hooks.before import BeforeFunction, BeforeHook
from campfire_chat.hooks.calls import called
from campfire_chat.hooks.event import Event

#: Seconds that a function may take for one event.
TIMEOUT = 30.0
#: Characters of a name.
MAX_NAME = 200

#: What a function may be called before.
ACTIONS = ("message.send",)

AfterFunction = Callable[[Event], Awaitable[None] | None]


class AfterHook(Struct, frozen=True):
    """A function that is called after something has been committed.

    Attributes:
        name: Keeps its position in the feed.
        events: The names of the types of events that it is called for.
        function: What is called. A plain function runs in a thread.
    """

    name: str
    events: frozenset[str]
    function: AfterFunction

    async def call(self, event: Event) -> None:
        """Call it once.

        Raises:
            TimeoutError: It took longer than :data:`TIMEOUT`.
            Exception: What the function raises.
        """
        async with asyncio.timeout(TIMEOUT):
            await called(self.function, event)


class HookRegistry:
    """Collects the host's functions before the start.

    Args:
        known: The names of the types of events.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = sorted(known)
        self._after: dict[str, AfterHook] = {}
        self._before: list[BeforeHook] = []

    def on(self, events: Sequence[str], function: AfterFunction, name: str | None) -> None:
        """Add a function that is called after events.

        Raises:
            ConfigurationError: There is no event of that name, or the function cannot be called
                with one argument, or its name is taken.
        """
        if not events:
            raise ConfigurationError(
                'on() needs the name of an event, such as on("message.created").', field="on"
            )
        for event in events:
            if event not in self._known:
                raise _unknown("event", event, self._known, field="on")
        check_function(function, field="on", arguments=1, example="async def hook(event): …")
        name = f"{function.__module__}.{function.__qualname__}" if name is None else name
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise ConfigurationError(
                f"The name of a hook needs 1 to {MAX_NAME} printable characters.", field="on"
            )
        if name in self._after:
            raise ConfigurationError(
                f"There are two hooks called {name!r}. The name keeps the place up to which a "
                "hook was called, so give each its own: on(…, name=…).",
                field="on",
            )
        self._after[name] = AfterHook(name, frozenset(events), function)

    @property
    def after(self) -> dict[str, AfterHook]:
        """The functions that are called after events, by their names."""
        return dict(self._after)

    def add_before(self, actions: Sequence[str], function: BeforeFunction) -> None:
        """Add a function that is called before something is done.

        Raises:
            ConfigurationError: There is nothing of that name to be called before, or the function
                cannot be called with one argument.
        """
        if not actions:
            raise ConfigurationError(
                'before() needs the name of an action, such as before("message.send").',
                field="before",
            )
        for action in actions:
            if action not in ACTIONS:
                raise _unknown("action", action, ACTIONS, field="before")
        check_function(function, field="before", arguments=1, example="async def hook(message): …")
        name = f"{function.__module__}.{function.__qualname__}"
        self._before.append(BeforeHook(name, function))

    @property
    def before(self) -> list[BeforeHook]:
        """The functions that are called before a message is stored, in their order."""
        return list(self._before)


def _unknown(kind: str, name: str, known: Sequence[str], *, field: str) -> ConfigurationError:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else f" There are {', '.join(known)}."
    return ConfigurationError(f"There is no {kind} {name!r}.{hint}", field=field)
