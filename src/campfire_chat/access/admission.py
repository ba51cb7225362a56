"""The load limits of one process: which requests are admitted, and which have to wait.

Everything is decided in memory. About once a second the process learns what other processes have
admitted (see :mod:`~campfire_chat.access.quota_sync`), so no request waits for the database here.
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

from campfire_chat.access.actor import Actor
from campfire_chat.access.network_rates import NetworkCap, NetworkLimiter, Networks
from campfire_chat.access.networks import is_internal, networks_of
from campfire_chat.access.rates import DEBT, DEBT_OF_BYTES, SECOND, Cap, Key, Limiter
from campfire_chat.core.errors import OverloadedError, TooManyError
from campfire_chat.core.scalars import INSTALLATION
from campfire_chat.settings import Limits, Rate, Settings

logger = logging.getLogger("campfire_chat.limits")

#: Number of connections from an address over its limit for which ``authenticate`` runs at the same
#: time: enough for the agents among them, few enough for the host app.
ASKED_AT_ONCE = 32
#: Seconds after which a caller who exceeded a cap may try again.
FULL = 5.0
#: Seconds between log lines about the same limit.
LOG_EVERY = 60

#: Approximate number of writes that may be under way in addition to the queue: those that are being
#: committed, and those of the next commit.
BEING_WRITTEN = 512
#: The share of all writes under way for one visitor or agent, and for one address.
CALLER_SHARE = 16
NETWORK_SHARE = 8

now = time.monotonic_ns

PROCESS: Key = (INSTALLATION, "")


class Caller(NamedTuple):
    """The caller and the address to which something is charged.

    Attributes:
        networks: Empty if the address is unknown, or does not count because it is an agent's.
        principal: None for an unknown caller.
    """

    networks: Networks
    principal: Key | None
    organization: Key | None
    agent: bool


def networks_at(connection: HTTPConnection) -> Networks:
    """The address of the peer, as the server reports it, and its networks."""
    client = connection.client
    return _keys(client.host) if client and client.host else ()


@lru_cache(maxsize=8192)
def _keys(host: str) -> Networks:
    # Cached, because thousands of sockets may share one address and keep these.
    return tuple((INSTALLATION, network) for network in networks_of(host))


def caller_of(networks: Networks, actor: Actor | None) -> Caller:
    """
    Args:
        networks: The address and its networks; see :func:`networks_at`.
        actor: The caller, if known.
    """
    if actor is None:
        return Caller(networks, None, None, agent=False)
    organization = actor.organization
    # The address of an agent does not count: others in the same office share it. Neither does that
    # of an API key, which is a server's.
    counted = networks if actor.is_visitor else ()
    principal = (organization, actor.sender_key)
    return Caller(counted, principal, (organization, ""), agent=actor.is_agent)


class Admission:
    """See the module.

    Args:
        limits: The limits.
        write_queue: Number of writes that may wait for the database. Each caller gets a share.
    """

    def __init__(self, limits: Limits, *, write_queue: int = Settings().write_queue) -> None:
        self.limits = limits
        #: By the name of their setting, which the rows of other processes use too.
        self.limiters: dict[str, Limiter] = {}
        self._sends = self._limiter("sends")
        self._sends_per_address = self._network_limiter("sends_per_address")
        self._sends_per_organization = self._limiter("sends_per_organization")
        self._writes = self._limiter("writes")
        self._writes_per_address = self._network_limiter("writes_per_address")
        self._calls = self._limiter("calls")
        self._searches = self._limiter("searches")
        self._calls_per_address = self._network_limiter("calls_per_address")
        self._creations = self._network_limiter("creations")
        self._connections = self._network_limiter("connections")
        self.frames = self._limiter("frames")
        self.frames_per_address = self._network_limiter("frames_per_address")
        self.input_bytes = self._limiter("input_bytes", DEBT_OF_BYTES)
        self.input_bytes_per_address = self._network_limiter(
            "input_bytes_per_address", DEBT_OF_BYTES
        )
        self.sockets_per_address = NetworkCap(limits.sockets_per_address)
        self.sockets_per_visitor = Cap(limits.sockets_per_visitor)
        self.sockets_per_organization = Cap(limits.sockets_per_organization)
        self.sockets = Cap(limits.sockets_per_process)
        self._polls_per_caller = Cap(limits.polls_per_caller)
        self._polls_per_address = NetworkCap(limits.polls_per_address)
        self._polls = Cap(limits.polls_per_process)
        under_way = write_queue + BEING_WRITTEN
        self._writing = Cap(under_way // CALLER_SHARE)
        # A wider network gets no more here, because it would get half of everything.
        self._writing_per_address = NetworkCap(under_way // NETWORK_SHARE, (1, 1, 1))
        self._asked = 0
        self._logged: dict[str, float] = {}

    def _rate(self, name: str) -> Rate | None:
        rate: Rate | None = getattr(self.limits, name)
        return rate

    def _limiter(self, name: str, debt: int = DEBT) -> Limiter:
        limiter = Limiter(self._rate(name), debt=debt)
        if self._rate(name) is not None:
            self.limiters[name] = limiter
        return limiter

    def _network_limiter(self, name: str, debt: int = DEBT) -> NetworkLimiter:
        limiter = NetworkLimiter(self._rate(name), debt=debt)
        if self._rate(name) is not None:
            self.limiters |= limiter.named(name)
        return limiter

    # Admission. The narrowest limit comes first: a caller who is refused by their own limit uses
    # nothing of the shared ones.

    def send(self, caller: Caller) -> None:
        """Charge a message.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
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
        """Charge a write that is not a message.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
        """
        moment = now()
        principal = caller.principal
        if principal is not None and (wait := self._writes.take(principal, moment)):
            self._refuse("writes", principal, wait)
        if excess := self._writes_per_address.take(caller.networks, moment):
            self._refuse("writes_per_address", *excess)

    def begin_write(self, caller: Caller) -> None:
        """Note a write that is about to be queued. Call :meth:`end_write` when it is answered.

        Raises:
            OverloadedError: The database does not keep up, and the caller or their address already
                has a full share of the queue.
        """
        networks, principal = caller.networks, caller.principal
        if principal is not None and not self._writing.try_enter(principal):
            self._overloaded(principal)
        if networks and (full := self._writing_per_address.try_enter(networks)):
            if principal is not None:
                self._writing.leave(principal)
            self._overloaded(full)

    def end_write(self, caller: Caller) -> None:
        """Note that a write admitted by :meth:`begin_write` was answered."""
        if caller.principal is not None:
            self._writing.leave(caller.principal)
        if caller.networks:
            self._writing_per_address.leave(caller.networks)

    @contextmanager
    def writing(self, caller: Caller) -> Generator[None]:
        """Surrounds a write, from before it is queued until it is answered.

        Raises:
            OverloadedError: As for :meth:`begin_write`.
        """
        self.begin_write(caller)
        try:
            yield
        finally:
            self.end_write(caller)

    def call(self, caller: Caller) -> None:
        """Charge a REST request.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
        """
        moment = now()
        if caller.principal is not None and (wait := self._calls.take(caller.principal, moment)):
            self._refuse("calls", caller.principal, wait)
        if excess := self._calls_per_address.take(caller.networks, moment):
            self._refuse("calls_per_address", *excess)

    def search(self, caller: Caller) -> None:
        """Charge a search, which costs the database more than other requests.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
        """
        principal = caller.principal
        if principal is not None and (wait := self._searches.take(principal, now())):
            self._refuse("searches", principal, wait)

    def take_in(self, caller: Caller, size: int) -> None:
        """Charge the bytes of a request body.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
        """
        moment = now()
        principal = caller.principal
        if principal is not None and (wait := self.input_bytes.take(principal, moment, size)):
            self._refuse("input_bytes", principal, wait)
        if excess := self.input_bytes_per_address.take(caller.networks, moment, size):
            self._refuse("input_bytes_per_address", *excess)

    def create(self, caller: Caller) -> None:
        """Charge a new visitor or conversation.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
        """
        if excess := self._creations.take(caller.networks, now()):
            self._refuse("creations", *excess)

    def connect(self, caller: Caller) -> None:
        """Charge a new socket, to the process and to the address or the agent.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
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
        """Surrounds a call of ``authenticate``, which may be expensive for the host app.

        For an address over its limit, only a few calls run at a time. There are still some,
        because agents may share the address.

        Raises:
            TooManyError: Too many such calls are running.
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
        """Surrounds a long poll that waits.

        Raises:
            TooManyError: Too many long polls wait already.
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

    # Refusal.

    def _refuse(self, name: str, key: Key, wait: int) -> NoReturn:
        self._log(f"limits.{name}", key)
        # Rounded up, so that a caller who waits that long is admitted.
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
