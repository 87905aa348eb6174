"""Our metadata says what we serve and nothing else (security.md M-10)."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from saml2.attribute_converter import ac_factory
from saml2.mdstore import InMemoryMetaData

from idp.saml.own_metadata import own_metadata
from idp.settings.model import IdPSettings
from tests.parts.judge import one
from tests.parts.schemas import validate
from tests.parts.service_provider import certificate_for, ec_key, rsa_key
from tests.saml_out.conftest import ENTITY_ID, NOW

MD = {
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "mdui": "urn:oasis:names:tc:SAML:metadata:ui",
    "alg": "urn:oasis:names:tc:SAML:metadata:algsupport",
    "shibmd": "urn:mace:shibboleth:metadata:1.0",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FULL: dict[str, object] = {
    "scopes": ["example.org", "med.example.org"],
    "description": {"ja": "学生と教職員", "en": 'Students & staff, "all" <of> them'},
    "help_url": "https://www.example.org/help?a=1&b=2",
    "privacy_url": "https://www.example.org/privacy",
    "logo_url": "https://idp.example.org/idp/static/logo.png",
    "technical_contact_mail": "idp-admin@example.org",
}
NEW, OLD, CURVE = (
    certificate_for(key, name).public_bytes(Encoding.DER)
    for key, name in [(rsa_key("idp"), "new"), (rsa_key("old"), "old"), (ec_key("idp"), "curve")]
)


def settings_with(**site: object) -> IdPSettings:
    pair = {"key": "idp.key", "certificate": "idp.pem"}
    return IdPSettings.model_validate(
        {
            "site": {
                "entity_id": ENTITY_ID,
                "base_url": "https://idp.example.org",
                "name": {"ja": "例示大学", "en": "Example University"},
                "scopes": ["example.org"],
                **site,
            },
            "listen": {},
            "keys": {"signing": [pair], "seal": [Path("seal.key")], "cookie": Path("cookie.key")},
            "directory": {"uris": ["ldap://127.0.0.1"], "people_dn": "ou=people,dc=example,dc=org"},
            "store": {},
            "login": {"methods": ["password"], "authn_contexts": [{"uri": "urn:x"}]},
            "metadata": {"folder": Path("metadata"), "index": Path("index")},
            "audit": {"log": Path("audit.log")},
        }
    )


@pytest.fixture(scope="module")
def root() -> etree._Element:
    return etree.fromstring(own_metadata(settings_with(**FULL), [NEW]))


@pytest.mark.parametrize(
    ("site", "signing", "encryption"),
    [
        pytest.param({}, [NEW], [], id="M-10-least"),
        pytest.param(FULL, [NEW], [], id="M-10-full"),
        pytest.param(FULL, [NEW, OLD], [], id="M-10-rollover"),
        pytest.param(FULL, [CURVE, NEW], [NEW, OLD], id="M-10-encryption"),
        pytest.param({"name": {}}, [NEW], [], id="M-10-no-name"),
        pytest.param({"name": {"ja": "</md:x>&<!--"}}, [NEW], [], id="M-10-hostile-name"),
    ],
)
def test_metadata_is_valid_by_the_schemas_and_read_by_pysaml2(
    site: dict[str, object], signing: list[bytes], encryption: list[bytes]
) -> None:
    xml = own_metadata(settings_with(**site), signing, encryption)

    validate(xml)
    store = InMemoryMetaData(ac_factory())
    store.parse(xml.decode())
    assert list(store.keys()) == [ENTITY_ID]
    assert len(store.certs(ENTITY_ID, "idpsso", "signing")) == len(signing)
    assert len(store.certs(ENTITY_ID, "idpsso", "encryption")) == len(encryption)


def test_m10_only_the_endpoints_that_are_served_are_named(root: etree._Element) -> None:
    named = {
        (etree.QName(item).localname, (item.get("Binding") or "").rpartition(":")[2], item.get("Location"))
        for item in root.iter()
        if item.get("Location")
    }

    assert named == {
        ("SingleSignOnService", "HTTP-Redirect", "https://idp.example.org/idp/profile/SAML2/Redirect/SSO"),
        ("SingleLogoutService", "HTTP-Redirect", "https://idp.example.org/idp/profile/SAML2/Redirect/SLO"),
        ("SingleLogoutService", "HTTP-POST", "https://idp.example.org/idp/profile/SAML2/POST/SLO"),
        ("SingleLogoutService", "SOAP", "https://idp.example.org/idp/profile/SAML2/SOAP/SLO"),
        ("SingleSignOnService", "HTTP-POST", "https://idp.example.org/idp/profile/SAML2/POST/SSO"),
    }


def test_m10_the_role_says_what_is_asked_of_requests_and_where_errors_go(root: etree._Element) -> None:
    role = one(root, "md:IDPSSODescriptor", MD)

    assert root.get("entityID") == ENTITY_ID
    assert role.get("WantAuthnRequestsSigned") == "false"
    assert role.get("errorURL") == "https://idp.example.org/idp/error"
    assert role.get("protocolSupportEnumeration") == "urn:oasis:names:tc:SAML:2.0:protocol"
    assert [item.text for item in role.iterfind("md:NameIDFormat", MD)] == [
        "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    ]


def test_m10_scopes_are_never_expressions(root: etree._Element) -> None:
    scopes = list(root.iterfind(".//shibmd:Scope", MD))

    assert [(item.text, item.get("regexp")) for item in scopes] == [
        ("example.org", "false"),
        ("med.example.org", "false"),
    ]


def test_m10_both_keys_are_published_during_a_rollover_and_the_new_one_first() -> None:
    root = etree.fromstring(own_metadata(settings_with(), [NEW, OLD]))

    found = [base64.b64decode(item.text or "") for item in root.iterfind(".//ds:X509Certificate", MD)]
    assert found == [NEW, OLD]
    assert {item.get("use") for item in root.iterfind(".//md:KeyDescriptor", MD)} == {"signing"}


def test_m10_algorithms_are_curated_and_the_preferred_stand_first(root: etree._Element) -> None:
    digests = [item.get("Algorithm", "").rpartition("#")[2] for item in root.iterfind(".//alg:DigestMethod", MD)]
    methods = [item.get("Algorithm", "").rpartition("#")[2] for item in root.iterfind(".//alg:SigningMethod", MD)]

    assert digests == ["sha256", "sha384", "sha512"]
    assert methods == [f"{kind}-{digest}" for kind in ("rsa", "ecdsa") for digest in digests]


def test_sdp_idp33_people_see_names_logo_and_links_in_their_language(root: etree._Element) -> None:
    (info,) = root.iterfind(".//mdui:UIInfo", MD)

    names = {item.get(LANG): item.text for item in info.iterfind("mdui:DisplayName", MD)}
    assert names == {"ja": "例示大学", "en": "Example University"}
    assert info.findtext("mdui:Description[2]", None, MD) == 'Students & staff, "all" <of> them'
    assert info.findtext("mdui:InformationURL", None, MD) == "https://www.example.org/help?a=1&b=2"
    logo = one(info, "mdui:Logo", MD)
    assert (logo.get("height"), logo.get("width")) == ("60", "80")
    contact = one(root, "md:ContactPerson", MD)
    assert contact.get("contactType") == "technical"
    assert contact.findtext("md:EmailAddress", None, MD) == "mailto:idp-admin@example.org"
    assert {item.get(LANG) for item in root.iterfind("md:Organization/*", MD)} == {"ja", "en"}


def test_m10_the_document_ends_only_when_told_so(root: etree._Element) -> None:
    ending = etree.fromstring(own_metadata(settings_with(), [NEW], valid_until=NOW + timedelta(days=14)))

    assert root.get("validUntil") is None
    assert ending.get("validUntil") == "2026-04-15T03:04:05.678Z"
