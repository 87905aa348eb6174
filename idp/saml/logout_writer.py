"""LogoutRequest and LogoutResponse, signed and put into their binding (SAML Core 3.7, SAML Bindings 3.4, 3.5)."""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from idp.attributes.model import NameID
from idp.core.clock import instant
from idp.federation.service_provider import REDIRECT_BINDING
from idp.saml.answer import new_id
from idp.saml.assertion import name_id_element
from idp.xml.names import SAML, SAMLP
from idp.xml.sign import SignatureChoice, SigningKey, sign_enveloped
from idp.xml.write import Element, checked, element, write

REQUEST_LIFETIME = timedelta(minutes=5)
_STATUS_PREFIX = "urn:oasis:names:tc:SAML:2.0:status:"
_ISSUER = SAML.name("Issuer")
_STATUS = SAMLP.name("Status")
_STATUS_CODE = SAMLP.name("StatusCode")
_SESSION_INDEX = SAMLP.name("SessionIndex")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes and how: a Location of the service provider's metadata, and what it can verify."""

    location: str
    binding: str
    signature: SignatureChoice


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it leaves: for Redirect the whole URL, else the fields of a form that is posted to `location`."""

    location: str
    fields: Mapping[str, str] | None


class LogoutWriter:
    """Writes and signs messages of logout; shared by all threads."""

    def __init__(self, entity_id: str, signing_key: SigningKey) -> None:
        self._issuer = element(_ISSUER, None, entity_id)
        self._signing_key = signing_key

    def request(
        self, address: Address, request_id: str, name_id: NameID, session_index: str, now: datetime
    ) -> Outgoing:
        """Give a LogoutRequest: signed, good for five minutes, the NameID as it was sent and in clear (SDP-IDP27)."""
        attributes = {
            "Destination": address.location,
            "ID": request_id,
            "IssueInstant": instant(now),
            "NotOnOrAfter": instant(now + REQUEST_LIFETIME),
            "Version": "2.0",
        }
        children = (self._issuer, name_id_element(name_id), element(_SESSION_INDEX, None, session_index))
        tree = element(SAMLP.name("LogoutRequest"), attributes, *children)
        return self._send(address, tree, "SAMLRequest", None)

    def response(
        self,
        address: Address,
        in_response_to: str,
        status: tuple[str, ...],
        relay_state: str | None,
        now: datetime,
    ) -> Outgoing:
        """Give a signed LogoutResponse; `status` are the last words of the status codes, the top one first."""
        return self._send(address, self._response(address, in_response_to, status, now), "SAMLResponse", relay_state)

    def response_text(self, address: Address, in_response_to: str, status: tuple[str, ...], now: datetime) -> bytes:
        """Give a LogoutResponse signed inside, as SOAP carries it."""
        tree = self._response(address, in_response_to, status, now)
        return checked(sign_enveloped(tree, self._signing_key, address.signature))

    def _response(self, address: Address, in_response_to: str, status: tuple[str, ...], now: datetime) -> Element:
        attributes = {"ID": new_id(), "InResponseTo": in_response_to, "IssueInstant": instant(now), "Version": "2.0"}
        if address.location:
            attributes["Destination"] = address.location
        code: Element | None = None
        for word in reversed(status):
            code = element(_STATUS_CODE, {"Value": f"{_STATUS_PREFIX}{word}"}, code)
        return element(SAMLP.name("LogoutResponse"), attributes, self._issuer, element(_STATUS, None, code))

    def _send(self, address: Address, tree: Element, field: str, relay_state: str | None) -> Outgoing:
        if address.binding == REDIRECT_BINDING:
            return Outgoing(self._redirect(address, checked(write(tree)), field, relay_state), None)
        xml = checked(sign_enveloped(tree, self._signing_key, address.signature))
        fields = {field: base64.b64encode(xml).decode("ascii")}
        if relay_state is not None:
            fields["RelayState"] = relay_state
        return Outgoing(address.location, fields)

    def _redirect(self, address: Address, xml: bytes, field: str, relay_state: str | None) -> str:
        """Sign the query, in the order of SAML Bindings 3.4.4.1, as it is sent."""
        compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = compressor.compress(xml) + compressor.flush()
        parts = {field: base64.b64encode(deflated).decode("ascii")}
        if relay_state is not None:
            parts["RelayState"] = relay_state
        parts["SigAlg"] = address.signature.method.value
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parts.items())
        signature = self._signing_key.sign(query.encode("ascii"), address.signature.method)
        value = quote(base64.b64encode(signature).decode("ascii"), safe="")
        location, _, _ = address.location.partition("#")
        return f"{location}{'&' if '?' in location else '?'}{query}&Signature={value}"
