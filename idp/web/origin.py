"""Where a request came in and whom it came from; decides whether a forwarded address is believed (security.md N-01)."""

from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from flask import Request

from idp.core.network import Address, parse_address

LONGEST_FORWARDED = 512
A_WHILE = timedelta(minutes=1)
Range = IPv4Network | IPv6Network


class Door(StrEnum):
    """The listener that a request came by."""

    MAIN = "main"
    CERTIFICATE = "certificate"
    PLAIN = "plain"


def door_of(request: Request) -> Door:
    """Say by which listener the request came; the server names it, never a header."""
    return Door(request.environ.get("warifu.listener", Door.MAIN))


def client_address(request: Request, proxies: tuple[Range, ...]) -> Address | None:
    """Give the client's address; None, which is outside, where it cannot be known.

    Behind the plain listener only a named proxy is believed, and only the address it added itself, the last one. Where
    that one is a proxy's too, in a list of several, who stands behind it is not known (security.md F-21).
    """
    peer = request.environ.get("REMOTE_ADDR", "")
    if door_of(request) is not Door.PLAIN:
        return parse_address(peer)
    address = parse_address(peer)
    if peer and not _is_proxy(address, proxies):
        return None
    forwarded = request.environ.get("HTTP_X_FORWARDED_FOR", "")
    if len(forwarded) > LONGEST_FORWARDED:
        return None
    before, _, last = forwarded.rpartition(",")
    address = parse_address(last.strip())
    return None if before and _is_proxy(address, proxies) else address


def comes_from_proxy(request: Request, proxies: tuple[Range, ...]) -> bool:
    """Say whether a request was handed over by a named proxy; a unix socket, which has no address, is the proxy's."""
    handed_over_by = request.environ.get("REMOTE_ADDR", "")
    is_named = not handed_over_by or _is_proxy(parse_address(handed_over_by), proxies)
    return is_named and door_of(request) is Door.PLAIN


def _is_proxy(address: Address | None, proxies: tuple[Range, ...]) -> bool:
    return address is not None and any(address.version == each.version and address in each for each in proxies)


class Sparing:
    """Says when what is true of every request may be said again: once a minute, by each worker."""

    def __init__(self) -> None:
        self._again: datetime | None = None

    def may(self, now: datetime) -> bool:
        """Say whether it is time."""
        if self._again is not None and abs(now - self._again) < A_WHILE:
            return False
        self._again = now
        return True
