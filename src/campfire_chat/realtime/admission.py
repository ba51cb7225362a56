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
from functools import lru_cache
from typing import NamedTuple, NoReturn

from starlette.requests import HTTPConnection

from campfire_chat.domain.addresses import is_internal, networks_of
from campfire_chat.domain.limits import SECOND, Cap, Key, Limiter
from campfire_chat.domain.network_limits import NetworkCap, NetworkLimiter, Networks
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import OverloadedError, TooManyError
from campfire_chat.settings import Limits, Rate, Settings
from campfire_chat.storage.tables import INSTALLATION

logger = logging.getLogger("campfire_chat.limits")

#: Connections from an address that has used up its tokens of which the host is asked at the same
#: time who they are: enough for the agents among them, few enough for the host.
ASKED_AT_ONCE = 32
#: Seconds after which whoever met a cap may look whether somebody has left.
FULL = 5.0
#: Seconds between log lines about the same limit.
LOG_EVERY = 60

#: Writes that may be under way besides those that wait in the queue: what is being committed and
#: what will be next, about.
BEING_WRITTEN = 512
#: What part of all that may be under way one visitor or agent may have, and one address.
CALLER_SHARE = 16
NETWORK_SHARE = 8

now = time.monotonic_ns

PROCESS: Key = (INSTALLATION, "")


class Caller(NamedTuple):
    """Whom something is charged to.

    Attributes:
        networks: Empty when the address is not known, or when it does not count: an agent's.
        principal: None for whoever is unknown.
    """

    networks: Networks
    principal: Key | None
    organization: Key | None
    agent: bool


def networks_at(connection: HTTPConnection) -> Networks:
    """The peer as the server reports it, and the networks around it; a unix socket has none."""
    client = connection.client
    return _keys(client.host) if client and client.host else ()


@lru_cache(maxsize=8192)
def _keys(host: str) -> Networks:
    # Kept, since thousands of sockets may come from one address and each holds on to these.
    return tuple((INSTALLATION, network) for network in networks_of(host))


def caller_of(networks: Networks, scope: Scope | None) -> Caller:
    """
    Args:
        networks: Where it comes from; see :func:`networks_at`.
        scope: Who it is, as far as is known.
    """
    if scope is None:
        return Caller(networks, None, None, agent=False)
    organization = scope.organization
    # An agent's address does not count: the office has one, and any visitor there would share it.
    counted = () if scope.is_agent else networks
    principal = (organization, scope.sender_key)
    return Caller(counted, principal, (organization, ""), agent=scope.is_agent)


class Admission:
    """See the module.

    Args:
        limits: What is admitted.
        write_queue: Writes that may wait for the database, of which each caller gets a share.
    """

    def __init__(self, limits: Limits, *, write_queue: int = Settings().write_queue) -> None:
        self.limits = limits
        #: By the name of their setting; the rows of other processes name them so.
        self.limiters: dict[str, Limiter] = {}
        self._sends = self._limiter("sends")
        self._sends_per_address = self._network_limiter("sends_per_address")
        self._sends_per_organization = self._limiter("sends_per_organization")
        self._writes = self._limiter("writes")
        self._writes_per_address = self._network_limiter("writes_per_address")
        self._calls = self._limiter("calls")
        self._calls_per_address = self._network_limiter("calls_per_address")
        self._creations = self._network_limiter("creations")
        self._connections = self._network_limiter("connections")
        self.frames = self._limiter("frames")
        self.frames_per_address = self._network_limiter("frames_per_address")
        self.input_bytes = self._limiter("input_bytes")
        self.input_bytes_per_address = self._network_limiter("input_bytes_per_address")
        self.sockets_per_address = NetworkCap(limits.sockets_per_address)
        self.sockets_per_visitor = Cap(limits.sockets_per_visitor)
        self.sockets_per_organization = Cap(limits.sockets_per_organization)
        self.sockets = Cap(limits.sockets_per_process)
        self._polls_per_caller = Cap(limits.polls_per_caller)
        self._polls_per_address = NetworkCap(limits.polls_per_address)
        self._polls = Cap(limits.polls_per_process)
        under_way = write_queue + BEING_WRITTEN
        self._writing = Cap(under_way // CALLER_SHARE)
        # A wider network gets no more here: it would come to half of all.
        self._writing_per_address = NetworkCap(under_way // NETWORK_SHARE, (1, 1, 1))
        self._asked = 0
        self._logged: dict[str, float] = {}

    def _rate(self, name: str) -> Rate | None:
        rate: Rate | None = getattr(self.limits, name)
        return rate

    def _limiter(self, name: str) -> Limiter:
        limiter = Limiter(self._rate(name))
        if self._rate(name) is not None:
            self.limiters[name] = limiter
        return limiter

    def _network_limiter(self, name: str) -> NetworkLimiter:
        limiter = NetworkLimiter(self._rate(name))
        if self._rate(name) is not None:
            self.limiters |= limiter.named(name)
        return limiter

    # What is admitted. The narrowest limit comes first: whoever is refused by their own has not
    # used up anything of what they share.

    def send(self, caller: Caller) -> None:
        """A message.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        moment = now()
        networks, principal, organization, agent = caller
        if principal is not None and (wait := self._sends.take(principal, moment)):
            self._refuse("sends", principal, wait)
        if networks and (excess := self._sends_per_address.take(networks, moment)):
            self._refuse("sends_per_address", *excess)
        if organization is not None:
            wait = self._sends_per_organization.take(organization, moment)
            if wait and not agent:
                self._refuse("sends_per_organization", organization, wait)

    def write(self, caller: Caller) -> None:
        """A write that is no message.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        moment = now()
        principal = caller.principal
        if principal is not None and (wait := self._writes.take(principal, moment)):
            self._refuse("writes", principal, wait)
        if excess := self._writes_per_address.take(caller.networks, moment):
            self._refuse("writes_per_address", *excess)

    def begin_write(self, caller: Caller) -> None:
        """A write is about to wait for the database; :meth:`end_write` when it has been answered.

        Raises:
            OverloadedError: The database does not keep up, and the caller, or their address, has
                a full share of what waits for it.
        """
        networks, principal = caller.networks, caller.principal
        if principal is not None and not self._writing.has_room(principal):
            self._overloaded(principal)
        if full := self._writing_per_address.full(networks):
            self._overloaded(full)
        if principal is not None:
            self._writing.enter(principal)
        self._writing_per_address.enter(networks)

    def end_write(self, caller: Caller) -> None:
        """What :meth:`begin_write` let through has been answered."""
        if caller.principal is not None:
            self._writing.leave(caller.principal)
        self._writing_per_address.leave(caller.networks)

    @contextmanager
    def writing(self, caller: Caller) -> Generator[None]:
        """Around a write, from before it is queued until it has been answered.

        Raises:
            OverloadedError: As for :meth:`begin_write`.
        """
        self.begin_write(caller)
        try:
            yield
        finally:
            self.end_write(caller)

    def call(self, caller: Caller) -> None:
        """A request over REST.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        moment = now()
        if caller.principal is not None and (wait := self._calls.take(caller.principal, moment)):
            self._refuse("calls", caller.principal, wait)
        if excess := self._calls_per_address.take(caller.networks, moment):
            self._refuse("calls_per_address", *excess)

    def take_in(self, caller: Caller, size: int) -> None:
        """The body of a request, of so many bytes.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        moment = now()
        principal = caller.principal
        if principal is not None and (wait := self.input_bytes.take(principal, moment, size)):
            self._refuse("input_bytes", principal, wait)
        if excess := self.input_bytes_per_address.take(caller.networks, moment, size):
            self._refuse("input_bytes_per_address", *excess)

    def create(self, caller: Caller) -> None:
        """A new visitor or conversation.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        if excess := self._creations.take(caller.networks, now()):
            self._refuse("creations", *excess)

    def connect(self, caller: Caller) -> None:
        """A new socket: its process and address, or the agent, have to have room for it.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        if not self.sockets.has_room(PROCESS, reserve=caller.agent):
            self.full("sockets_per_process", PROCESS)
        if caller.agent:
            if caller.principal is not None and (wait := self._calls.take(caller.principal, now())):
                self._refuse("calls", caller.principal, wait)
        else:
            if full := self.sockets_per_address.full(caller.networks):
                self.full("sockets_per_address", full)
            if excess := self._connections.take(caller.networks, now()):
                self._refuse("connections", *excess)

    @contextmanager
    def asking(self, connection: HTTPConnection, *, socket: bool = False) -> Generator[None]:
        """Around asking the host who is behind a connection, which may cost the host a lot.

        An address that has used up its tokens is not asked about by the thousand; but it is asked
        about, since there may be agents behind it.

        Raises:
            TooManyError: Enough of its kind are being asked about.
        """
        name = "connections" if socket else "calls_per_address"
        limiter = self._connections if socket else self._calls_per_address
        excess = limiter.excess(networks_at(connection), now())
        if excess is None:
            yield
            return
        if self._asked >= ASKED_AT_ONCE:
            self._refuse(name, *excess)
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1

    @contextmanager
    def polling(self, caller: Caller) -> Generator[None]:
        """Around a long poll that waits.

        Raises:
            TooManyError: Too many wait already.
        """
        principal = caller.principal or PROCESS
        if not self._polls_per_caller.has_room(principal):
            self.full("polls_per_caller", principal)
        if full := self._polls_per_address.full(caller.networks):
            self.full("polls_per_address", full)
        if not self._polls.has_room(PROCESS, reserve=caller.agent):
            self.full("polls_per_process", PROCESS)
        self._polls_per_caller.enter(principal)
        self._polls_per_address.enter(caller.networks)
        self._polls.enter(PROCESS)
        try:
            yield
        finally:
            self._polls_per_caller.leave(principal)
            self._polls_per_address.leave(caller.networks)
            self._polls.leave(PROCESS)

    # Refusing.

    def _refuse(self, name: str, key: Key, wait: int) -> NoReturn:
        self._log(f"limits.{name}", key)
        # Rounded up: who waits as long as they were told to is let through.
        raise TooManyError(retry_after=math.ceil(wait * 1000 / SECOND) / 1000)

    def _overloaded(self, key: Key) -> NoReturn:
        self._log("its share of write_queue", key)
        raise OverloadedError(retry_after=1.0)

    def full(self, name: str, key: Key) -> NoReturn:
        """
        Raises:
            TooManyError: Always.
        """
        self._log(f"limits.{name}", key)
        raise TooManyError(_FULL[name], retry_after=FULL)

    def _log(self, what: str, key: Key) -> None:
        moment = time.monotonic()
        if moment - self._logged.get(what, -math.inf) < LOG_EVERY:
            return
        self._logged[what] = moment
        organization, who = key
        logger.warning(
            "%s exceeded %s%s",
            who or organization or "this process",
            what,
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
    "polls_per_address": "Your network has too many long polls open.",
    "polls_per_process": "This server has too many long polls open.",
}
