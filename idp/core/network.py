"""Networks by name; what cannot be read is outside (security.md N-02, N-03, N-07)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Range = IPv4Network | IPv6Network

OUTSIDE = "outside"
"""The name of everywhere that no named network holds."""


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """Read one address; None for anything that is not plainly one (zones, ports, octal, lists).

    An IPv4 address mapped into IPv6 is that IPv4 address.
    """
    if "%" in text or len(text) > 45:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def parse_range(text: str) -> Range:
    """Read one range in CIDR form; raises ValueError with the reason."""
    return ip_network(text, strict=True)


@dataclass(frozen=True, slots=True)
class Network:
    """A named network: its ranges without its exceptions."""

    name: str
    ranges: tuple[Range, ...]
    exceptions: tuple[Range, ...] = ()

    def __contains__(self, address: Address) -> bool:
        return _within(address, self.ranges) and not _within(address, self.exceptions)


def _within(address: Address, ranges: Sequence[Range]) -> bool:
    return any(address.version == item.version and address in item for item in ranges)


def name_network(address: Address | None, networks: Sequence[Network]) -> str:
    """Give the name of the first network that holds `address`, or OUTSIDE."""
    if address is None:
        return OUTSIDE
    return next((network.name for network in networks if address in network), OUTSIDE)
