"""Names of SAML metadata and its extensions, in the {namespace}local form."""

SAML2_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ENTITY_CATEGORY = "http://macedir.org/entity-category"
SUBJECT_ID_REQUIREMENT = "urn:oasis:names:tc:SAML:profiles:subject-id:req"
UNSPECIFIED_NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_NAMESPACES = {
    "alg": "urn:oasis:names:tc:SAML:metadata:algsupport",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "mdattr": "urn:oasis:names:tc:SAML:metadata:attribute",
    "mdrpi": "urn:oasis:names:tc:SAML:metadata:rpi",
    "mdui": "urn:oasis:names:tc:SAML:metadata:ui",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
}


def name(prefixed: str) -> str:
    """Give "{namespace}local" for "md:Extensions"."""
    prefix, local = prefixed.split(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def path(*prefixed: str) -> str:
    """Give the path of child elements, for `find` and `findall`."""
    return "/".join(name(item) for item in prefixed)
