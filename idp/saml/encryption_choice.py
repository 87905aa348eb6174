"""Choose the key and the algorithms to encrypt an assertion with: from metadata, or not at all."""

from collections.abc import Sequence

from idp.core.codes import Code
from idp.core.errors import StatusError
from idp.federation.service_provider import EncryptionKey, ServiceProvider
from idp.xml.algorithms import DataEncryption, KeyTransport
from idp.xml.encrypt import EncryptionChoice, is_usable_key

_RSA_1_5 = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
_TRANSPORTS = frozenset({_RSA_1_5, *KeyTransport})
_NEITHER = ("http://www.w3.org/2001/04/xmlenc#kw-", "http://www.w3.org/2009/xmlenc11#kw-")
_AGREEMENT = ("http://www.w3.org/2009/xmlenc11#ECDH-ES", "http://www.w3.org/2001/04/xmlenc#dh")


def choose_encryption(
    service_provider: ServiceProvider, *, allow_cbc: bool, default_data_algorithm: DataEncryption
) -> EncryptionChoice:
    """Give the first usable key of the metadata, in document order, with algorithms that its descriptor names.

    Of the ciphers named, the first with GCM; without one, and `allow_cbc`, the first AES with CBC. Where the metadata
    is silent `default_data_algorithm` is taken, or AES-128-CBC if the operator opted this service provider into CBC:
    that says it cannot read GCM. RSA-OAEP always; RSA 1.5 and triple DES never (security.md I-10, IIP-MD10).
    Raises StatusError with NO_ENCRYPTION_KEY if no key can be used (I-11), NO_ALGORITHM if nothing is in common.
    """
    usable = [key for key in service_provider.encryption_keys if is_usable_key(key.public_key_der)]
    if not usable:
        raise StatusError(
            Code.NO_ENCRYPTION_KEY, "Responder", detail=f"{service_provider.entity_id}: no RSA key of 2048 bits or more"
        )
    default = DataEncryption.AES128_CBC if allow_cbc else default_data_algorithm
    for key in usable:
        data_encryption = _data_encryption(key.methods, default, allow_cbc=allow_cbc)
        key_transport = _key_transport(key.methods)
        if data_encryption is not None and key_transport is not None:
            return EncryptionChoice(key.public_key_der, data_encryption, key_transport)
    raise StatusError(
        Code.NO_ALGORITHM, "Responder", detail=f"{service_provider.entity_id}: accepts only {_named(usable)}"
    )


def _data_encryption(methods: Sequence[str], default: DataEncryption, *, allow_cbc: bool) -> DataEncryption | None:
    named = [method for method in methods if not _concerns_keys(method)]
    if not named:
        return default
    known = [DataEncryption(method) for method in named if method in set(DataEncryption)]
    authenticated = [method for method in known if not method.is_cbc]
    return next(iter(authenticated or (known if allow_cbc else ())), None)


def _key_transport(methods: Sequence[str]) -> KeyTransport | None:
    named = [method for method in methods if method in _TRANSPORTS]
    if not named:
        return KeyTransport.RSA_OAEP_MGF1P
    return next((KeyTransport(method) for method in named if method != _RSA_1_5), None)


def _concerns_keys(method: str) -> bool:
    return method in _TRANSPORTS or method in _AGREEMENT or method.startswith(_NEITHER)


def _named(keys: Sequence[EncryptionKey]) -> str:
    return ", ".join(method for key in keys for method in key.methods)
