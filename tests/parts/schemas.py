"""The XML schemas of SAML as the package opensaml-schemas installs them; nothing is fetched."""

from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

_FOLDERS = (Path("/usr/share/xml/opensaml"), Path("/usr/share/xml/xmltooling"))
_ALL = (
    ("urn:oasis:names:tc:SAML:2.0:protocol", "saml-schema-protocol-2.0.xsd"),
    ("urn:oasis:names:tc:SAML:2.0:metadata", "saml-schema-metadata-2.0.xsd"),
    ("urn:oasis:names:tc:SAML:metadata:ui", "sstc-saml-metadata-ui-v1.0.xsd"),
    ("urn:oasis:names:tc:SAML:metadata:algsupport", "sstc-saml-metadata-algsupport-v1.0.xsd"),
    ("urn:oasis:names:tc:SAML:metadata:attribute", "sstc-metadata-attr.xsd"),
    ("http://www.w3.org/2009/xmlenc11#", "xenc11-schema.xsd"),
)


class _Installed(etree.Resolver):
    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override] # as lxml calls it
        path = _find(system_url.rpartition("/")[2])
        if path is None:
            raise FileNotFoundError(system_url)
        return self.resolve_filename(str(path), context)  # type: ignore[attr-defined] # the stubs lack it


def validate(xml: bytes) -> None:
    """Validate a SAML message or metadata; raises lxml.etree.DocumentInvalid."""
    _schema().assertValid(etree.fromstring(xml))


@cache
def _schema() -> etree.XMLSchema:
    parser = etree.XMLParser(load_dtd=False, no_network=True)
    parser.resolvers.add(_Installed())
    imports = "".join(f'<import namespace="{uri}" schemaLocation="{file}"/>' for uri, file in _ALL)
    return etree.XMLSchema(
        etree.fromstring(f'<schema xmlns="http://www.w3.org/2001/XMLSchema">{imports}</schema>', parser)
    )


def _find(file: str) -> Path | None:
    return next((folder / file for folder in _FOLDERS if (folder / file).is_file()), None)
