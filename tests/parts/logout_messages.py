"""LogoutRequests and LogoutResponses as service providers send them, and ours as they read them."""

import base64
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from lxml import etree

from tests.parts.authn_requests import NAMESPACES
from tests.parts.judge import NS, JudgedAssertion
from tests.parts.service_provider import TestSP

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
PARTIAL = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
ASYNCHRONOUS = '<aslo:Asynchronous xmlns:aslo="urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo"/>'
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def name_id_of(assertion: JudgedAssertion) -> str:
    """Write the NameID of an assertion as its service provider sends it back."""
    name = assertion.name_id
    assert name is not None
    given = {
        "Format": name.format,
        "NameQualifier": name.name_qualifier,
        "SPNameQualifier": name.sp_name_qualifier,
    }
    attributes = "".join(f' {key}="{value}"' for key, value in given.items() if value is not None)
    return f"<saml:NameID{attributes}>{name.value}</saml:NameID>"


def logout_request(
    sp: TestSP,
    *,
    now: datetime,
    destination: str | None,
    name_id: str,
    session_indexes: tuple[str, ...] = (),
    id: str | None = None,  # noqa: A002 (the attribute's own name)
    issue_instant: datetime | str | None = None,
    not_on_or_after: datetime | str | None = None,
    version: str = "2.0",
    extensions: str = "",
    body: str = "",
) -> bytes:
    """Write an unsigned LogoutRequest; `name_id`, `extensions` and `body` are XML as it stands."""
    attributes = {
        "ID": id if id is not None else "_" + secrets.token_hex(16),
        "Version": version,
        "IssueInstant": _moment(issue_instant if issue_instant is not None else now),
        "Destination": destination,
        "NotOnOrAfter": _moment(not_on_or_after),
    }
    return _message(
        "LogoutRequest",
        attributes,
        f"<saml:Issuer>{escape(sp.entity_id)}</saml:Issuer>"
        + (f"<samlp:Extensions>{extensions}</samlp:Extensions>" if extensions else "")
        + name_id
        + "".join(f"<samlp:SessionIndex>{index}</samlp:SessionIndex>" for index in session_indexes)
        + body,
    )


def logout_response(
    sp: TestSP,
    *,
    now: datetime,
    destination: str,
    in_response_to: str,
    status: tuple[str, ...] = (SUCCESS,),
    extensions: str = "",
) -> bytes:
    """Write an unsigned LogoutResponse; `status` are the nested status codes, the top one first."""
    code = ""
    for value in reversed(status):
        code = f'<samlp:StatusCode Value="{value}">{code}</samlp:StatusCode>'
    attributes = {
        "ID": "_" + secrets.token_hex(16),
        "Version": "2.0",
        "IssueInstant": _moment(now),
        "Destination": destination,
        "InResponseTo": in_response_to,
    }
    body = (
        f"<saml:Issuer>{escape(sp.entity_id)}</saml:Issuer>"
        + (f"<samlp:Extensions>{extensions}</samlp:Extensions>" if extensions else "")
        + f"<samlp:Status>{code}</samlp:Status>"
    )
    return _message("LogoutResponse", attributes, body)


@dataclass(frozen=True)
class Sent:
    """A message of ours by Redirect: where to, what, beside what; the signature over the query is good."""

    location: str
    root: "etree._Element"
    relay_state: str | None

    @property
    def status(self) -> tuple[str, ...]:
        """The last words of the status codes, the top one first."""
        return statuses_of(self.root)


def read_redirect(url: str, certificate_pem: bytes) -> Sent:
    """Read what we send by Redirect as a strict service provider would: the signature is over the octets as sent."""
    parts = urlsplit(url)
    ours = parts.query[parts.query.index("SAML") :]
    signed, _, _ = ours.partition("&Signature=")
    fields = dict(parse_qsl(ours))
    key = load_pem_x509_certificate(certificate_pem).public_key()
    key.verify(base64.b64decode(fields["Signature"]), signed.encode(), padding.PKCS1v15(), SHA256())  # type: ignore[union-attr,call-arg,arg-type]
    message = fields.get("SAMLRequest") or fields["SAMLResponse"]
    root = etree.fromstring(zlib.decompress(base64.b64decode(message), -15))
    location = url[: url.index("SAML") - 1]
    assert root.get("Destination") == location
    return Sent(location, root, fields.get("RelayState"))


def statuses_of(root: "etree._Element") -> tuple[str, ...]:
    """Give the last words of a response's status codes, the top one first."""
    return tuple(each.get("Value", "").rpartition(":")[2] for each in root.findall(".//samlp:StatusCode", NS))


def _message(name: str, attributes: dict[str, str | None], body: str) -> bytes:
    given = "".join(f' {key}="{value}"' for key, value in attributes.items() if value is not None)
    return (
        f'<samlp:{name} xmlns:samlp="{NAMESPACES["samlp"]}" xmlns:saml="{NAMESPACES["saml"]}"{given}>{body}'
        f"</samlp:{name}>"
    ).encode()


def _moment(moment: datetime | str | None) -> str | None:
    return moment.strftime(_MOMENT) if isinstance(moment, datetime) else moment
