"""Namespaces with their conventional prefixes, and names in them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A qualified name: `tag` is how it is written, `declaration` what must then be in scope."""

    prefix: str
    tag: str
    declaration: str


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and the one prefix we write it with."""

    prefix: str
    uri: str

    @property
    def declaration(self) -> str:
        """Give the declaration as exclusive canonical XML writes it, a space before it."""
        return f' xmlns:{self.prefix}="{self.uri}"'

    def name(self, local: str) -> Name:
        """Give the name `local` in this namespace."""
        return Name(self.prefix, f"{self.prefix}:{local}", self.declaration)


SAML = Namespace("saml", "urn:oasis:names:tc:SAML:2.0:assertion")
SAMLP = Namespace("samlp", "urn:oasis:names:tc:SAML:2.0:protocol")
MD = Namespace("md", "urn:oasis:names:tc:SAML:2.0:metadata")
MDUI = Namespace("mdui", "urn:oasis:names:tc:SAML:metadata:ui")
ALG = Namespace("alg", "urn:oasis:names:tc:SAML:metadata:algsupport")
SHIBMD = Namespace("shibmd", "urn:mace:shibboleth:metadata:1.0")
DS = Namespace("ds", "http://www.w3.org/2000/09/xmldsig#")
XENC = Namespace("xenc", "http://www.w3.org/2001/04/xmlenc#")
XENC11 = Namespace("xenc11", "http://www.w3.org/2009/xmlenc11#")
SOAP = Namespace("soap11", "http://schemas.xmlsoap.org/soap/envelope/")
