"""Where an answer may go: a POST endpoint of the metadata and nowhere else (SAML Core 3.4.1; A-30 to A-35)."""

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.federation.service_provider import POST_BINDING, Endpoint, ServiceProvider
from idp.xml.datatypes import read_unsigned_short


def find_consumer_service(service_provider: ServiceProvider, url: str | None, index: str | None) -> Endpoint:
    """Give the endpoint that a request names by URL or by index, or the default one.

    URLs are compared character by character. Raises ProtocolError ENDPOINT_UNKNOWN, BINDING_UNSUPPORTED (known, but
    not by POST) or REQUEST_MALFORMED (both named).
    """
    endpoints = service_provider.assertion_consumer_services
    if url is not None and index is not None:
        raise ProtocolError(Code.REQUEST_MALFORMED, "both AssertionConsumerServiceURL and -Index")
    if url is not None:
        return _by_post([endpoint for endpoint in endpoints if endpoint.location == url])
    if index is not None:
        number = _read_index(index)
        return _by_post([endpoint for endpoint in endpoints if endpoint.index == number])
    return _default(endpoints)


def _read_index(index: str) -> int:
    try:
        return read_unsigned_short(index)
    except ValueError as error:
        raise ProtocolError(Code.ENDPOINT_UNKNOWN, f"AssertionConsumerServiceIndex: {error}") from error


def _by_post(named: list[Endpoint]) -> Endpoint:
    if not named:
        raise ProtocolError(Code.ENDPOINT_UNKNOWN, "the assertion consumer service is not in the metadata")
    for endpoint in named:
        if endpoint.binding == POST_BINDING:
            return endpoint
    raise ProtocolError(Code.BINDING_UNSUPPORTED, "the assertion consumer service is not one for HTTP-POST")


def _default(endpoints: tuple[Endpoint, ...]) -> Endpoint:
    """Apply SAML Metadata 2.2.3: the one marked, else the first not marked as no default, else the first."""
    usable = [endpoint for endpoint in endpoints if endpoint.binding == POST_BINDING]
    if not usable:
        raise ProtocolError(Code.BINDING_UNSUPPORTED, "no assertion consumer service for HTTP-POST")
    rank = {True: 0, None: 1, False: 2}
    return min(usable, key=lambda endpoint: rank[endpoint.is_default])
