"""The keys of a role: which sign, which are encrypted to (SAML Metadata 2.4.1.1; security.md M-08, IIP-MD11, MD12)."""

import binascii
from dataclasses import dataclass

from idp.federation.names import name, path
from idp.federation.service_provider import EncryptionKey
from idp.xml.keys import (
    KeyKind,
    KeyRefusedError,
    kind_of,
    public_key_of_certificate,
    public_key_of_numbers,
    read_public_key,
)
from idp.xml.parse import Element

_CERTIFICATE = path("ds:KeyInfo", "ds:X509Data", "ds:X509Certificate")
_RSA_KEY_VALUE = path("ds:KeyInfo", "ds:KeyValue", "ds:RSAKeyValue")
_USES = {None: ("signing", "encryption"), "signing": ("signing",), "encryption": ("encryption",)}


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """Keys in order of appearance, and why others are not used. We encrypt to RSA keys only."""

    signing: tuple[bytes, ...]
    encryption: tuple[EncryptionKey, ...]
    refusals: tuple[str, ...]


def read_keys(role: Element) -> RoleKeys:
    """Read every KeyDescriptor; one without `use` serves both ways. Dates of a certificate say nothing here."""
    signing: list[bytes] = []
    encryption: list[EncryptionKey] = []
    refusals: list[str] = []
    for descriptor in role.findall(name("md:KeyDescriptor")):
        uses = _USES.get(descriptor.get("use"), ())
        try:
            key = _read_key(descriptor)
        except KeyRefusedError as error:
            refusals.append(f"line {descriptor.sourceline}: KeyDescriptor not used: {error}")
            continue
        if "signing" in uses and key not in signing:
            signing.append(key)
        if "encryption" in uses and kind_of(read_public_key(key)) is KeyKind.RSA:
            encryption.append(EncryptionKey(key, _read_methods(descriptor)))
    return RoleKeys(tuple(signing), tuple(encryption), tuple(refusals))


def _read_methods(descriptor: Element) -> tuple[str, ...]:
    methods = descriptor.findall(name("md:EncryptionMethod"))
    return tuple(method.get("Algorithm", "") for method in methods)


def _read_key(descriptor: Element) -> bytes:
    certificate = descriptor.find(_CERTIFICATE)
    if certificate is not None:
        return public_key_of_certificate(_octets(certificate))
    numbers = descriptor.find(_RSA_KEY_VALUE)
    if numbers is None:
        raise KeyRefusedError("neither an X509Certificate nor an RSAKeyValue in it")
    modulus, exponent = numbers.find(name("ds:Modulus")), numbers.find(name("ds:Exponent"))
    if modulus is None or exponent is None:
        raise KeyRefusedError("an RSAKeyValue without Modulus or Exponent")
    return public_key_of_numbers(_octets(modulus), _octets(exponent))


def _octets(element: Element) -> bytes:
    try:
        return binascii.a2b_base64("".join((element.text or "").split()), strict_mode=True)
    except ValueError as error:
        raise KeyRefusedError("not base64") from error
