"""Who is let through, and who has to wait: the load limits of one process.

Everything is decided in memory. What other processes have let through is learned about once a
second (see :mod:`~campfire_chat.realtime.sharing`), so nobody waits for the database here.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple, NoReturn

from starlette.requests import HTTPConnection

from campfire_chat.domain.addresses import is_internal, network_of
from campfire_chat.domain.limits import SECOND, Cap, Key, Limiter
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import TooManyError
from campfire_chat.settings import Limits, Rate
from campfire_chat.storage.tables import INSTALLATION

logger = logging.getLogger("campfire_chat.limits")

#: Connections from an address that has used up its tokens of which the host is asked at the same
#: time who they are: enough for the agents among them, few enough for the host.
ASKED_AT_ONCE = 32
#: Seconds after which whoever met a cap may look whether somebody has left.
FULL = 5.0
#: Seconds between log lines about the same limit.
LOG_EVERY = 60

now = time.monotonic_ns

PROCESS: Key = (INSTALLATION, "")


class Caller(NamedTuple):
    """Whom something is charged to.

    Attributes:
        address: None when it is not known, or when it does not count: an agent's.
        principal: None for whoever is unknown.
    """

    address: Key | None
    principal: Key | None
    organization: Key | None
    agent: bool


def address_of(connection: HTTPConnection) -> Key | None:
    """The peer as the server reports it; a unix socket has none."""
    client = connection.client
    return (INSTALLATION, network_of(client.host)) if client and client.host else None


def caller_of(address: Key | None, scope: Scope | None) -> Caller:
    """
    Args:
        address: Where it comes from; see :func:`address_of`.
        scope: Who it is, as far as is known.
    """
    if scope is None:
        return Caller(address, None, None, agent=False)
    organization = scope.organization
    # An agent's address does not count: the office has one, and any visitor there would share it.
    address = None if scope.is_agent else address
    principal = (organization, scope.sender_key)
    return Caller(address, principal, (organization, ""), agent=scope.is_agent)


class Admission:
    """See the module."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        #: By the name of their setting; the rows of other processes name them so.
        self.limiters = {
            name: Limiter(rate, shared=name != "frames")
            for name in limits.__struct_fields__
            if isinstance(rate := getattr(limits, name), Rate)
        }
        self._sends = self._limiter("sends")
        self._sends_per_address = self._limiter("sends_per_address")
        self._sends_per_organization = self._limiter("sends_per_organization")
        self._calls = self._limiter("calls")
        self._calls_per_address = self._limiter("calls_per_address")
        self._creations = self._limiter("creations")
        self._connections = self._limiter("connections")
        self.frames = self._limiter("frames")
        self.sockets_per_address = Cap(limits.sockets_per_address)
        self.sockets_per_visitor = Cap(limits.sockets_per_visitor)
        self.sockets_per_organization = Cap(limits.sockets_per_organization)
        self.sockets = Cap(limits.sockets_per_process)
        self._polls_per_caller = Cap(limits.polls_per_caller)
        self._polls = Cap(limits.polls_per_process)
        self._asked = 0
        self._logged: dict[str, float] = {}

    def _limiter(self, name: str) -> Limiter:
        return self.limiters.get(name, Limiter(None))

    # What is admitted. The narrowest limit comes first: whoever is refused by their own has not
    # used up anything of what they share.

    def send(self, caller: Caller) -> None:
        """A message.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        moment = now()
        address, principal, organization, agent = caller
        if principal is not None and (wait := self._sends.take(principal, moment)):
            self._refuse("sends", principal, wait)
        if address is not None and (wait := self._sends_per_address.take(address, moment)):
            self._refuse("sends_per_address", address, wait)
        if organization is not None:
            wait = self._sends_per_organization.take(organization, moment)
            if wait and not agent:
                self._refuse("sends_per_organization", organization, wait)

    def call(self, caller: Caller) -> None:
        """A request over REST.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        moment = now()
        if caller.principal is not None and (wait := self._calls.take(caller.principal, moment)):
            self._refuse("calls", caller.principal, wait)
        if caller.address is not None and (
            wait := self._calls_per_address.take(caller.address, moment)
        ):
            self._refuse("calls_per_address", caller.address, wait)

    def create(self, caller: Caller) -> None:
        """A new visitor or conversation.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        address = caller.address
        if address is not None and (wait := self._creations.take(address, now())):
            self._refuse("creations", address, wait)

    def connect(self, caller: Caller) -> None:
        """A new socket: its process and address, or the agent, have to have room for it.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        address = caller.address
        if not self.sockets.has_room(PROCESS, reserve=caller.agent):
            self.full("sockets_per_process", PROCESS)
        if caller.agent:
            if caller.principal is not None and (wait := self._calls.take(caller.principal, now())):
                self._refuse("calls", caller.principal, wait)
        elif address is not None:
            if not self.sockets_per_address.has_room(address):
                self.full("sockets_per_address", address)
            if wait := self._connections.take(address, now()):
                self._refuse("connections", address, wait)

    @contextmanager
    def asking(self, connection: HTTPConnection, *, socket: bool = False) -> Generator[None]:
        """Around asking the host who is behind a connection, which may cost the host a lot.

        An address that has used up its tokens is not asked about by the thousand; but it is asked
        about, since there may be agents behind it.

        Raises:
            TooManyError: Enough of its kind are being asked about.
        """
        address = address_of(connection)
        name = "connections" if socket else "calls_per_address"
        limiter = self._connections if socket else self._calls_per_address
        wait = 0 if address is None else limiter.wait(address, now())
        if not wait or address is None:
            yield
            return
        if self._asked >= ASKED_AT_ONCE:
            self._refuse(name, address, wait)
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1

    @contextmanager
    def polling(self, scope: Scope) -> Generator[None]:
        """Around a long poll that waits.

        Raises:
            TooManyError: Too many wait already.
        """
        caller: Key = (scope.organization, scope.sender_key)
        if not self._polls_per_caller.has_room(caller):
            self.full("polls_per_caller", caller)
        if not self._polls.has_room(PROCESS, reserve=scope.is_agent):
            self.full("polls_per_process", PROCESS)
        self._polls_per_caller.enter(caller)
        self._polls.enter(PROCESS)
        try:
            yield
        finally:
            self._polls_per_caller.leave(caller)
            self._polls.leave(PROCESS)

    # Refusing.

    def _refuse(self, name: str, key: Key, wait: int) -> NoReturn:
        self._log(name, key)
        # Rounded up: who waits as long as they were told to is let through.
        raise TooManyError(retry_after=math.ceil(wait * 1000 / SECOND) / 1000)

    def full(self, name: str, key: Key) -> NoReturn:
        """
        Raises:
            TooManyError: Always.
        """
        self._log(name, key)
        raise TooManyError(_FULL[name], retry_after=FULL)

    def _log(self, name: str, key: Key) -> None:
        moment = time.monotonic()
        if moment - self._logged.get(name, -math.inf) < LOG_EVERY:
            return
        self._logged[name] = moment
        organization, who = key
        logger.warning(
            "%s exceeded limits.%s%s",
            who or organization or "this process",
            name,
            "; if this is the address of a proxy, configure the server to trust its headers"
            if organization == INSTALLATION and is_internal(who)
            else "",
        )


_FULL = {
    "sockets_per_process": "This server has too many connections.",
    "sockets_per_address": "Your network has too many connections open.",
    "sockets_per_visitor": "You have too many connections open.",
    "sockets_per_organization": "This organisation has too many connections open.",
    "polls_per_caller": "You have too many long polls open.",
    "polls_per_process": "This server has too many long polls open.",
}
