"""Which network addresses a webhook may send to.

Whoever may create webhooks must not reach the host's own network with them. A name is resolved
once, every address that it has is checked, and the connection goes to a checked address. The
ranges are those of the IANA registries of special-purpose addresses:
https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        # Link-local; the metadata services of clouds are at 169.254.169.254.
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        # Multicast, then what is reserved, with the broadcast address.
        "224.0.0.0/4",
        "240.0.0.0/4",
        # Azure's wire server has a public address inside each virtual machine.
        "168.63.129.16/32",
    )
)
#: The only range of IPv6 that is given out for the internet. What lies outside, such as unique
#: local, link-local, mapped, NAT64 and multicast addresses, is refused.
_GLOBAL_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(text)
    for text in (
        # IETF protocols, Teredo and ORCHID among them.
        "2001::/23",
        "2001:db8::/32",
        # 6to4: it holds an IPv4 address.
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet and to nothing special."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _GLOBAL_6 and not any(address in network for network in _NOT_PUBLIC_6)


def plain(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped one, which the system connects to; any other one
    as it is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def inside(address: Address, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of the networks that the host app has allowed."""
    address = plain(address)
    return any(address in network for network in networks)


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks such as ``10.1.0.0/16``; a single address is a network too.

    Raises:
        ValueError: A text is not a network, or has bits behind its prefix.
    """
    return tuple(ipaddress.ip_network(text) for text in texts)
