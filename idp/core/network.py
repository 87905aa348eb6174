"""Networks by name; what cannot be read is outside (security.md N-02, N-03, N-07)."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Range = IPv4Network | IPv6Network

OUTSIDE = "outside"
"""The name of everywhere that no named network holds."""
_MAPPED = IPv6Network("::ffff:0:0/96")


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
    """Read one range in CIDR form; raises ValueError with the reason and what to write instead."""
    address, slash, length = text.partition("/")
    if "%" in text or (slash and not (length.isascii() and length.isdigit())):
        raise ValueError(f"{text!r} is not a range: write 192.0.2.0/24 or 2001:db8::/32")
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is not a range: write 192.0.2.0/24 or 2001:db8::/32") from None
    if ip_address(address) != found.network_address:
        raise ValueError(f"{text} has host bits set: write {found}, or {address} for it alone")
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        raise ValueError(f"{text} is IPv4 mapped into IPv6: write it as IPv4")
    return found


class Ranges:
    """Ranges of both families, merged and sorted: a look among many is one bisection."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ranges: Iterable[Range]) -> None:
        found = tuple(ranges)
        merged: dict[int, list[Range]] = {
            4: [*collapse_addresses(each for each in found if isinstance(each, IPv4Network))],
            6: [*collapse_addresses(each for each in found if isinstance(each, IPv6Network))],
        }
        self._starts = {version: [int(each[0]) for each in of_one] for version, of_one in merged.items()}
        self._ends = {version: [int(each[-1]) for each in of_one] for version, of_one in merged.items()}

    def __contains__(self, address: Address) -> bool:
        number = int(address)
        position = bisect_right(self._starts[address.version], number)
        return position > 0 and number <= self._ends[address.version][position - 1]

    def touches(self, item: Range) -> bool:
        """Say whether any address of `item` is in them."""
        position = bisect_right(self._starts[item.version], int(item[-1]))
        return position > 0 and int(item[0]) <= self._ends[item.version][position - 1]

    def holds(self, item: Range) -> bool:
        """Say whether every address of `item` is in them."""
        position = bisect_right(self._starts[item.version], int(item[0]))
        return position > 0 and int(item[-1]) <= self._ends[item.version][position - 1]


class Network:
    """A named network: its ranges without its exceptions.

    One that is not `is_known` has ranges that cannot be read: nobody can say who is in it.
    """

    __slots__ = ("_exceptions", "_ranges", "is_known", "name", "ranges")

    def __init__(
        self, name: str, ranges: Iterable[Range], exceptions: Iterable[Range] = (), *, is_known: bool = True
    ) -> None:
        self.name = name
        self.is_known = is_known
        self.ranges = tuple(ranges)
        self._ranges = Ranges(self.ranges)
        self._exceptions = Ranges(exceptions)

    def __contains__(self, address: Address) -> bool:
        return address in self._ranges and address not in self._exceptions

    def holds(self, item: Range) -> bool:
        """Say whether every address of `item` is in it."""
        return self._ranges.holds(item) and not self._exceptions.touches(item)

    def excepts(self, item: Range) -> bool:
        """Say whether no address of `item` can be in it, for all are excepted."""
        return self._exceptions.holds(item)


def name_network(address: Address | None, networks: Iterable[Network]) -> str:
    """Give the name of the first network that holds `address`, or OUTSIDE.

    Whom no network before an unknown one holds is outside: it may be that one's, which was put before the others to
    take its part out of them (N-07).
    """
    if address is None:
        return OUTSIDE
    for network in networks:
        if not network.is_known:
            return OUTSIDE
        if address in network:
            return network.name
    return OUTSIDE
