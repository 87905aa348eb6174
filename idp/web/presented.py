"""The certificate that a browser presented: on this very connection, or in the named proxy's header (R-10, R-15)."""

import base64
import binascii
import re
from urllib.parse import unquote, urlsplit

from flask import Request

from idp.plugin import CertificateEvidence
from idp.settings.model import Listen
from idp.web.origin import Door, Range, comes_from_proxy, door_of

NONE = CertificateEvidence(b"")
LONGEST_HEADER = 16 * 1024
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_VERIFIED = "SUCCESS"
_DOUBTED = ("FAILED", "GENEROUS")


def is_certificate_address(request: Request, listen: Listen) -> bool:
    """Say whether a request came to the certificate address: by its own listener, or by its name through a proxy."""
    if door_of(request) is Door.PLAIN:
        return bool(listen.certificate_header) and request.host in hosts_of(listen.certificate_url)
    return door_of(request) is Door.CERTIFICATE


def presented_certificate(request: Request, listen: Listen, proxies: tuple[Range, ...]) -> CertificateEvidence:
    """Give what was presented on this request; a header is believed of a named proxy alone."""
    if door_of(request) is Door.CERTIFICATE:
        environ = request.environ
        return CertificateEvidence(environ.get("warifu.peer_certificate") or b"", environ.get("warifu.peer_chain", ()))
    if not is_certificate_address(request, listen) or not comes_from_proxy(request, proxies):
        return NONE
    verdict = request.headers.get(listen.verify_header, "").partition(":")[0]
    if verdict != _VERIFIED and verdict not in _DOUBTED:
        return NONE
    der = _read_header(request.headers.get(listen.certificate_header, ""))
    return CertificateEvidence(der, doubted=verdict != _VERIFIED) if der else NONE


def hosts_of(url: str) -> frozenset[str]:
    """Give the Host headers by which an address is asked for."""
    name = urlsplit(url).netloc
    return frozenset({name, name.removesuffix(":443")} if name else ())


def _read_header(text: str) -> bytes:
    """Read one certificate as nginx (PEM, percent-encoded) or Apache (PEM in one line) writes it; empty for any other.

    Two headers of one name come joined by a comma, and are no certificate.
    """
    if len(text) > LONGEST_HEADER:
        return b""
    found = _PEM.fullmatch(unquote(text).strip())
    try:
        return base64.b64decode("".join(found[1].split()), validate=True) if found else b""
    except binascii.Error:
        return b""
