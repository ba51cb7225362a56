"""Network addresses, and which of them count as one."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

#: Bits of an IPv6 address that name a network, as a provider gives it to a phone, a household and a
#: company. RFC 6177, and RFC 4291, section 2.5.1.
IPV6_WIDTHS = (64, 56, 48)
#: Characters that are kept of a text that is not an address.
MAX_NAME = 64


@lru_cache(maxsize=8192)
def networks_of(host: str) -> tuple[str, ...]:
    """The addresses that a peer is counted by, the narrowest first: its IPv4 address, or the /64 of
    its IPv6 address and then the /56 and the /48 around it.

    An IPv4 address that is mapped into IPv6 (``::ffff:192.0.2.1``) counts as the IPv4 address. A
    port that some proxies append is removed. Otherwise one caller would count as many.
    """
    address = _address(host)
    if address is None:
        return (host[:MAX_NAME],)
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is None:
            # Without its zone (fe80::1%eth0), which is not part of the address.
            number = int(address)
            return tuple(str(IPv6Network((number, bits), strict=False)) for bits in IPV6_WIDTHS)
        address = mapped
    return (str(address),)


def is_internal(network: str) -> bool:
    """Whether no caller from the internet can have this address, so that it may be a proxy's."""
    address = _address(network.partition("/")[0])
    return address is not None and (address.is_private or address.is_link_local)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    text = host.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ip_address(text)
    except ValueError:
        return None
