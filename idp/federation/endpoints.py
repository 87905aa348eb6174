"""Which endpoints of a service provider may be sent to (security.md M-06)."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from idp.federation.names import name
from idp.federation.service_provider import Endpoint, LogoutEndpoint
from idp.xml.datatypes import read_boolean, read_unsigned_short
from idp.xml.parse import Element

_LONGEST_LOCATION = 2048
_STRANGE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_ACS = name("md:AssertionConsumerService")
_SLO = name("md:SingleLogoutService")


class EndpointRefusedError(ValueError):
    """An endpoint that is not used; the text says why."""


def read_assertion_consumer_services(
    role: Element, *, allow_loopback_http: bool
) -> tuple[tuple[Endpoint, ...], tuple[str, ...]]:
    """Give the endpoints that may be used, whatever their binding, and why others are not."""
    endpoints, refusals = [], []
    for element in role.findall(_ACS):
        try:
            endpoints.append(_read_endpoint(element, allow_loopback_http=allow_loopback_http))
        except EndpointRefusedError as error:
            refusals.append(f"line {element.sourceline}: AssertionConsumerService not used: {error}")
    return tuple(endpoints), tuple(refusals)


def read_single_logout_services(
    role: Element, *, allow_loopback_http: bool
) -> tuple[tuple[LogoutEndpoint, ...], tuple[str, ...]]:
    """Give the endpoints for logout that may be used, and why others are not; without ResponseLocation both are one."""
    endpoints, refusals = [], []
    for element in role.findall(_SLO):
        location = element.get("Location", "")
        endpoint = LogoutEndpoint(element.get("Binding", ""), location, element.get("ResponseLocation") or location)
        try:
            check_location(endpoint.location, allow_loopback_http=allow_loopback_http)
            check_location(endpoint.response_location, allow_loopback_http=allow_loopback_http)
        except EndpointRefusedError as error:
            refusals.append(f"line {element.sourceline}: SingleLogoutService not used: {error}")
            continue
        endpoints.append(endpoint)
    return tuple(endpoints), tuple(refusals)


def check_location(location: str, *, allow_loopback_http: bool) -> None:
    """Refuse every Location but https, and http to this machine where that is allowed.

    Raises EndpointRefusedError. Control characters and spaces are refused before the scheme is looked at, because
    browsers drop them: `java\\nscript:` is a script.
    """
    if len(location) > _LONGEST_LOCATION:
        raise EndpointRefusedError("the Location is too long")
    if _STRANGE.search(location):
        raise EndpointRefusedError("a space, control character or backslash in the Location")
    try:
        parts = urlsplit(location)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise EndpointRefusedError("the Location is not a URL") from error
    loopback = parts.scheme == "http" and allow_loopback_http and _is_loopback(host or "")
    if parts.scheme != "https" and not loopback:
        raise EndpointRefusedError(f"the Location begins with {parts.scheme}:, not https:")
    if not host or parts.username is not None:
        raise EndpointRefusedError("the Location has no host name, or a user name before it")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read_endpoint(element: Element, *, allow_loopback_http: bool) -> Endpoint:
    location = element.get("Location", "")
    check_location(location, allow_loopback_http=allow_loopback_http)
    is_default = element.get("isDefault")
    try:
        return Endpoint(
            index=read_unsigned_short(element.get("index", "")),
            location=location,
            binding=element.get("Binding", ""),
            is_default=None if is_default is None else read_boolean(is_default),
        )
    except ValueError as error:
        raise EndpointRefusedError(f"index or isDefault: {error}") from error
