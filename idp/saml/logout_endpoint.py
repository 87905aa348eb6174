"""Where a message of logout goes: an address of the metadata, and no other (IIP-IDP20; security.md L-04)."""

from idp.core.errors import StatusError
from idp.federation.service_provider import POST_BINDING, REDIRECT_BINDING, LogoutEndpoint, ServiceProvider
from idp.saml.logout_writer import Address
from idp.saml.signature_choice import choose_signature
from idp.xml.sign import SigningKey

FRONT_CHANNEL = (REDIRECT_BINDING, POST_BINDING)
"""What a browser carries; Redirect is preferred (SDP-IDP24, SDP-IDP28)."""


def request_address(service_provider: ServiceProvider, key: SigningKey) -> Address | None:
    """Give where the browser takes a request; None where there is no such place, or nothing we sign is verified."""
    endpoint = _front_channel(service_provider)
    return _address(service_provider, endpoint.location, endpoint.binding, key) if endpoint is not None else None


def response_address(service_provider: ServiceProvider, key: SigningKey) -> Address | None:
    """Give where the browser takes an answer: the ResponseLocation, if there is one. None as for a request."""
    endpoint = _front_channel(service_provider)
    return (
        _address(service_provider, endpoint.response_location, endpoint.binding, key) if endpoint is not None else None
    )


def same_connection(service_provider: ServiceProvider, key: SigningKey) -> Address | None:
    """Give the address of who asked by SOAP, and is answered on the spot. None where nothing we sign is verified."""
    return _address(service_provider, "", "", key)


def _front_channel(service_provider: ServiceProvider) -> LogoutEndpoint | None:
    known = {endpoint.binding: endpoint for endpoint in reversed(service_provider.single_logout_services)}
    return next((known[binding] for binding in FRONT_CHANNEL if binding in known), None)


def _address(service_provider: ServiceProvider, location: str, binding: str, key: SigningKey) -> Address | None:
    try:
        return Address(location, binding, choose_signature(service_provider, key))
    except StatusError:
        return None
