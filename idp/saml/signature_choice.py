"""Choose how to sign for a service provider whose metadata says what it can verify (conformance.md IIP-MD10)."""

from collections.abc import Sequence
from typing import TypeVar

from idp.core.codes import Code
from idp.core.errors import StatusError
from idp.federation.service_provider import ServiceProvider
from idp.xml.algorithms import Digest, SignatureMethod
from idp.xml.sign import SignatureChoice, SigningKey

Algorithm = TypeVar("Algorithm", SignatureMethod, Digest)


def choose_signature(service_provider: ServiceProvider, key: SigningKey) -> SignatureChoice:
    """Give the first signature method and digest of the metadata that we use, our own default where it is silent.

    Raises StatusError with NO_ALGORITHM if the metadata names some and none is ours: never a fallback.
    """
    method = _first(service_provider.signing_methods, key.methods)
    digest = _first(service_provider.digest_methods, (Digest.SHA256, Digest.SHA384, Digest.SHA512))
    if method is None or digest is None:
        raise StatusError(
            Code.NO_ALGORITHM, "Responder", detail=f"{service_provider.entity_id}: cannot verify what we sign"
        )
    return SignatureChoice(method, digest)


def _first(named: Sequence[str], ours: Sequence[Algorithm]) -> Algorithm | None:
    if not named:
        return ours[0]
    return next((algorithm for name in named for algorithm in ours if algorithm.value == name), None)
