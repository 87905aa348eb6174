"""Our own metadata: what we serve and nothing else (security.md M-10, conformance.md SDP-IDP33)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from idp.attributes.model import TRANSIENT
from idp.core.clock import instant
from idp.federation.service_provider import POST_BINDING, REDIRECT_BINDING, SOAP_BINDING
from idp.settings.model import IdPSettings, Site
from idp.xml.algorithms import DataEncryption, Digest, KeyTransport, SignatureMethod
from idp.xml.names import ALG, MD, MDUI, SAMLP, SHIBMD, Name
from idp.xml.sign import key_info
from idp.xml.write import Element, checked, element, write

_REDIRECT_PATH = "/idp/profile/SAML2/Redirect/SSO"
_POST_PATH = "/idp/profile/SAML2/POST/SSO"
_LOGOUT_PATHS = {
    REDIRECT_BINDING: "/idp/profile/SAML2/Redirect/SLO",
    POST_BINDING: "/idp/profile/SAML2/POST/SLO",
    SOAP_BINDING: "/idp/profile/SAML2/SOAP/SLO",
}
_ERROR_PATH = "/idp/error"
_EXTENSIONS = MD.name("Extensions")
_KEY_DESCRIPTOR = MD.name("KeyDescriptor")
_ENCRYPTION_METHOD = MD.name("EncryptionMethod")
_DECRYPTED = (DataEncryption.AES128_GCM, DataEncryption.AES256_GCM, *KeyTransport)


def own_metadata(
    settings: IdPSettings,
    signing_certificates: Sequence[bytes],
    encryption_certificates: Sequence[bytes] = (),
    *,
    valid_until: datetime | None = None,
) -> bytes:
    """Give the EntityDescriptor of this identity provider.

    Certificates are DER; during a rollover all that may sign are given, the one in use first. Encryption certificates
    only if messages to us are decrypted. `valid_until` None leaves the document without an end, as it must be where
    an operator hands a copy on. Raises WarifuError if the document does not come out canonical.
    """
    site = settings.site
    ending = {} if valid_until is None else {"validUntil": instant(valid_until)}
    tree = element(
        MD.name("EntityDescriptor"),
        {"entityID": site.entity_id, **ending},
        element(_EXTENSIONS, None, *_algorithms()),
        _idp_sso_descriptor(site, signing_certificates, encryption_certificates),
        _organization(site),
        _technical_contact(site.technical_contact_mail),
    )
    return checked(write(tree))


def _algorithms() -> Iterable[Element]:
    # A curated list, the preferred first: some service providers sign with whatever stands on top.
    for digest in Digest:
        yield element(ALG.name("DigestMethod"), {"Algorithm": digest.value})
    for method in SignatureMethod:
        yield element(ALG.name("SigningMethod"), {"Algorithm": method.value})


def _idp_sso_descriptor(site: Site, signing: Sequence[bytes], encryption: Sequence[bytes]) -> Element:
    return element(
        MD.name("IDPSSODescriptor"),
        {
            "WantAuthnRequestsSigned": "false",
            "errorURL": f"{site.base_url}{_ERROR_PATH}",
            "protocolSupportEnumeration": SAMLP.uri,
        },
        element(_EXTENSIONS, None, *_scopes(site.scopes), _ui_info(site)),
        *(element(_KEY_DESCRIPTOR, {"use": "signing"}, key_info(der)) for der in signing),
        *(_encryption_key(der) for der in encryption),
        *(_logout_service(binding, f"{site.base_url}{path}") for binding, path in _LOGOUT_PATHS.items()),
        element(MD.name("NameIDFormat"), None, TRANSIENT),
        _sso_service(REDIRECT_BINDING, f"{site.base_url}{_REDIRECT_PATH}"),
        _sso_service(POST_BINDING, f"{site.base_url}{_POST_PATH}"),
    )


def _scopes(scopes: Iterable[str]) -> Iterable[Element]:
    return (element(SHIBMD.name("Scope"), {"regexp": "false"}, scope) for scope in scopes)


def _encryption_key(certificate_der: bytes) -> Element:
    methods = (element(_ENCRYPTION_METHOD, {"Algorithm": method.value}) for method in _DECRYPTED)
    return element(_KEY_DESCRIPTOR, {"use": "encryption"}, key_info(certificate_der), *methods)


def _sso_service(binding: str, location: str) -> Element:
    return element(MD.name("SingleSignOnService"), {"Binding": binding, "Location": location})


def _logout_service(binding: str, location: str) -> Element:
    return element(MD.name("SingleLogoutService"), {"Binding": binding, "Location": location})


def _ui_info(site: Site) -> Element:
    return element(
        MDUI.name("UIInfo"),
        None,
        *_localized(MDUI.name("DisplayName"), site.name),
        *_localized(MDUI.name("Description"), site.description),
        *_localized(MDUI.name("InformationURL"), _in_every_language(site, site.help_url)),
        *_localized(MDUI.name("PrivacyStatementURL"), _in_every_language(site, site.privacy_url)),
        _logo(site),
    )


def _logo(site: Site) -> Element | None:
    if not site.logo_url:
        return None
    size = {"height": str(site.logo_height), "width": str(site.logo_width)}
    return element(MDUI.name("Logo"), size, site.logo_url)


def _organization(site: Site) -> Element | None:
    if not site.name:
        return None
    return element(
        MD.name("Organization"),
        None,
        *_localized(MD.name("OrganizationName"), site.name),
        *_localized(MD.name("OrganizationDisplayName"), site.name),
        *_localized(MD.name("OrganizationURL"), _in_every_language(site, site.help_url or site.base_url)),
    )


def _technical_contact(mail: str) -> Element | None:
    if not mail:
        return None
    address = element(MD.name("EmailAddress"), None, f"mailto:{mail}")
    return element(MD.name("ContactPerson"), {"contactType": "technical"}, address)


def _in_every_language(site: Site, url: str) -> Mapping[str, str]:
    return {language: url for language in site.name if url}


def _localized(name: Name, words: Mapping[str, str]) -> Iterable[Element]:
    return (element(name, {"xml:lang": language}, text) for language, text in words.items() if text)
