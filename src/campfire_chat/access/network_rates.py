"""Limits by address: an address has the limit, and the wider networks around it multiples of it.

The owner of an IPv6 network has thousands of addresses. Limits on single addresses would not limit
them. More people share a network than an address, so a network may use more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from campfire_chat.access.networks import IPV6_WIDTHS
from campfire_chat.access.rates import DEBT, Cap, Key, Limiter
from campfire_chat.settings import Rate

#: An address and the networks around it, the narrowest first; empty when there is no address.
Networks = tuple[Key, ...]

#: The multiples of the limit for an IPv4 address or a /64, for a /56, and for a /48.
MULTIPLES = (1, 2, 4)


class Excess(NamedTuple):
    """The network that has exceeded a rate, and the nanoseconds until it may continue."""

    network: Key
    wait: int


class NetworkLimiter:
    """One rate for every address; see :class:`~campfire_chat.access.rates.Limiter`.

    Args:
        rate: None admits everything.
        debt: Nanoseconds by which :meth:`delay` may bring a bucket below empty.

    Attributes:
        by_width: The limiters for addresses and for each width of a network.
    """

    def __init__(self, rate: Rate | None, *, debt: int = DEBT) -> None:
        self.by_width = tuple(Limiter(rate, times=times, debt=debt) for times in MULTIPLES)
        self._narrowest = self.by_width[0]

    def take(self, networks: Networks, now: int, count: int = 1) -> Excess | None:
        """Take tokens from an address and its networks. Return the network that must wait."""
        if len(networks) == 1:
            # An IPv4 address. This runs for every frame.
            wait = self._narrowest.take(networks[0], now, count)
            return Excess(networks[0], wait) if wait else None
        for limiter, network in zip(self.by_width, networks, strict=False):
            if wait := limiter.take(network, now, count):
                return Excess(network, wait)
        return None

    def delay(self, networks: Networks, now: int, count: int = 1) -> int:
        """Take tokens in any case. Return the nanoseconds that the caller has to wait."""
        if len(networks) == 1:
            return self._narrowest.delay(networks[0], now, count)
        longest = 0
        for limiter, network in zip(self.by_width, networks, strict=False):
            longest = max(longest, limiter.delay(network, now, count))
        return longest

    def excess(self, networks: Networks, now: int) -> Excess | None:
        """What :meth:`take` would return, without taking a token."""
        for limiter, network in zip(self.by_width, networks, strict=False):
            if wait := limiter.wait(network, now):
                return Excess(network, wait)
        return None

    def named(self, name: str) -> dict[str, Limiter]:
        """Its limiters with their names. The first name is ``name``."""
        names = [name, *(f"{name}/{bits}" for bits in IPV6_WIDTHS[1:])]
        return dict(zip(names, self.by_width, strict=True))


class NetworkCap:
    """A limit on how many there may be at the same time, by address.

    Args:
        most: None admits everything.
        multiples: The multiples of the limit for the wider networks.
    """

    def __init__(self, most: int | None, multiples: Sequence[int] = MULTIPLES) -> None:
        self._by_width = [Cap(None if most is None else times * most) for times in multiples]
        self._narrowest = self._by_width[0]

    def full(self, networks: Networks) -> Key | None:
        """The first of an address and its networks that has reached its cap, or None."""
        for cap, network in zip(self._by_width, networks, strict=False):
            if not cap.has_room(network):
                return network
        return None

    def try_enter(self, networks: Networks) -> Key | None:
        """:meth:`enter`, if there is room; else which network has none."""
        if len(networks) == 1:
            return None if self._narrowest.try_enter(networks[0]) else networks[0]
        full = self.full(networks)
        if full is None:
            self.enter(networks)
        return full

    def enter(self, networks: Networks) -> None:
        for cap, network in zip(self._by_width, networks, strict=False):
            cap.enter(network)

    def leave(self, networks: Networks) -> None:
        if len(networks) == 1:
            self._narrowest.leave(networks[0])
            return
        for cap, network in zip(self._by_width, networks, strict=False):
            cap.leave(network)
