"""Where a request came in and whom it came from; decides whether a forwarded address is believed (security.md N-01)."""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from flask import Request

from idp.core.network import Address, parse_address

LONGEST_FORWARDED = 512
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

    Behind the plain listener only a named proxy is believed, and only the address it added itself, the last one.
    """
    peer = request.environ.get("REMOTE_ADDR", "")
    if door_of(request) is not Door.PLAIN:
        return parse_address(peer)
    address = parse_address(peer)
    if peer and not (address and any(address.version == each.version and address in each for each in proxies)):
        return None
    forwarded = request.environ.get("HTTP_X_FORWARDED_FOR", "")
    if len(forwarded) > LONGEST_FORWARDED:
        return None
    return parse_address(forwarded.rpartition(",")[2].strip())
