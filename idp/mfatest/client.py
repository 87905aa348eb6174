"""pysaml2 as the service provider: its configuration, its metadata, and the client made when the IdP is there."""

import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.cache import Cache
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from idp.core.clock import Clock
from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.mfatest.result import REFEDS_MFA
from idp.settings.model import ConfirmationSP
from idp.words import Words

NETWORK_ATTRIBUTE = "urn:warifu:attribute:network"
"""Name of the attribute that tells the network's name; released to this service provider alone."""
CLOCK_SKEW_SECONDS = 180
FRESH = timedelta(seconds=60)

log = logging.getLogger(__name__)

IdPMetadata = Callable[[], bytes]
"""Gives the identity provider's metadata, already trusted; raises OSError or DependencyError while it cannot."""


def metadata(settings: ConfirmationSP, words: Words, languages: tuple[str, ...] = ("ja", "en")) -> bytes:
    """Give this service provider's metadata: signed answers and assertions wanted, an encryption key, its names."""
    names = {language: words.text(language, "mfatest.title") for language in languages}
    descriptor = entity_descriptor(SPConfig().load(_configuration(settings, names)))
    return str(descriptor).encode("utf-8")


def write_metadata(
    settings: ConfirmationSP, words: Words, path: Path, languages: tuple[str, ...] = ("ja", "en")
) -> None:
    """Drop the metadata into `path` as a whole, so that nobody reads half of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(metadata(settings, words, languages))
    Path(name).replace(path)


@dataclass(slots=True)
class Client:
    """The client, made anew when the identity provider's metadata changes and kept while it is away."""

    settings: ConfirmationSP
    idp_metadata: IdPMetadata
    clock: Clock
    _lock: Lock = field(default_factory=Lock)
    _document: bytes = b""
    _read_at: datetime | None = None
    _client: Saml2Client | None = None

    def get(self) -> Saml2Client:
        """Give the client. Raises DependencyError while the identity provider's metadata was never seen."""
        now = self.clock()
        with self._lock:
            if self._client is None or self._read_at is None or now - self._read_at >= FRESH:
                self._refresh(now)
            if self._client is None:
                raise DependencyError(Code.DIRECTORY_DOWN, "the identity provider's metadata cannot be read")
            return self._client

    def _refresh(self, now: datetime) -> None:
        self._read_at = now
        try:
            document = self.idp_metadata()
            if document != self._document:
                self._client = _make_client(self.settings, document)
                self._document = document
        except Exception as error:  # noqa: BLE001 - pysaml2 and the fetcher raise what they like; the last good client stays
            log.warning("the identity provider's metadata cannot be used: %s: %s", type(error).__name__, error)


class _Forgetful(Cache):
    """Keeps nothing: pysaml2 would hold what it learned of each person for the life of the process."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def set(self, name_id: object, entity_id: object, info: object, not_on_or_after: object = 0) -> None:
        """Keep nothing."""


def start_url(client: Saml2Client, relay_state: str) -> tuple[str, str]:
    """Give the ID of a new signed AuthnRequest and the address that carries it (SAML Bindings 3.4)."""
    idp_entity_id = next(iter(client.metadata.with_descriptor("idpsso")))
    destination = client.metadata.single_sign_on_service(idp_entity_id, BINDING_HTTP_REDIRECT)[0]["location"]
    request_id, request = client.create_authn_request(
        destination,
        binding=BINDING_HTTP_POST,
        requested_authn_context={"authn_context_class_ref": [REFEDS_MFA], "comparison": "exact"},
        nameid_format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        sign=False,
    )
    info = client.apply_binding(
        BINDING_HTTP_REDIRECT, str(request), destination, relay_state=relay_state, sign=True, sigalg=SIG_RSA_SHA256
    )
    return str(request_id), str(dict(info["headers"])["Location"])


def _make_client(settings: ConfirmationSP, document: bytes) -> Saml2Client:
    configuration = _configuration(settings, {}) | {"metadata": {"inline": [document.decode("utf-8")]}}
    return Saml2Client(config=SPConfig().load(configuration), identity_cache=_Forgetful())


def _configuration(settings: ConfirmationSP, names: Mapping[str, str]) -> dict[str, object]:
    pair = {"key_file": str(settings.signing.key), "cert_file": str(settings.signing.certificate)}
    service_provider: dict[str, object] = {
        "endpoints": {"assertion_consumer_service": [(f"{settings.url}/acs", BINDING_HTTP_POST)]},
        "authn_requests_signed": True,
        "want_response_signed": True,
        "want_assertions_signed": True,
        "allow_unsolicited": False,
        "signing_algorithm": SIG_RSA_SHA256,
        "digest_algorithm": DIGEST_SHA256,
        "name_id_format": ["urn:oasis:names:tc:SAML:2.0:nameid-format:transient"],
    }
    if names:
        texts = [{"lang": language, "text": name} for language, name in names.items()]
        service_provider["ui_info"] = {"display_name": texts}
    return {
        "entityid": settings.entity_id,
        **pair,
        "encryption_keypairs": [pair],
        "service": {"sp": service_provider},
        "accepted_time_diff": CLOCK_SKEW_SECONDS,
        "allow_unknown_attributes": True,
    }
