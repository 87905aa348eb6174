"""The two ceremonies verified step by step (WebAuthn Level 3, 7.1 and 7.2): the library reads, each check is ours."""

from collections.abc import Mapping
from dataclasses import dataclass

from fido2 import cbor
from fido2.webauthn import AttestationObject, AuthenticatorData

from plugins.passkey.authenticator_data import (
    CREDENTIAL_ID_OCTETS,
    read_authenticator_data,
    verify_authenticator_data,
)
from plugins.passkey.client_data import CREATE, GET, verify_client_data
from plugins.passkey.octets import read_octets
from plugins.passkey.public_key import KeyRefusedError, is_signed, verify_key
from plugins.passkey.refusal import UNREADABLE, CeremonyError, Doubt
from plugins.passkey.relying_party import RelyingParty
from plugins.passkey.well_formed import is_well_formed

LARGEST_OCTETS = 8192
"""More than any field of a ceremony without attestation needs."""
LONGEST_SIGNATURE = 512


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a registration brings: the credential's id, its public key (COSE), its first count and flags."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_backup_eligible: bool
    is_backed_up: bool


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a browser sent to log in, read and not yet believed; `user_handle` is empty where none was sent."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """What a right assertion shows: the count, whether the authenticator verified the person, the backup flags."""

    sign_count: int
    is_verified: bool
    is_backup_eligible: bool
    is_backed_up: bool


def read_assertion(form: Mapping[str, str]) -> Assertion | None:
    """Read the fields of a login; None where one is missing or cannot be what it should."""
    fields = ("credential_id", "client_data_json", "authenticator_data", "signature")
    limits = (CREDENTIAL_ID_OCTETS.stop - 1, LARGEST_OCTETS, LARGEST_OCTETS, LONGEST_SIGNATURE)
    read = [read_octets(form.get(name, ""), most) for name, most in zip(fields, limits, strict=True)]
    handle = form.get("user_handle", "")
    user_handle = read_octets(handle, 64) if handle else b""
    credential_id, client_data, authenticator_data, signature = read
    if credential_id is None or client_data is None or authenticator_data is None:
        return None
    if signature is None or user_handle is None:
        return None
    return Assertion(credential_id, client_data, authenticator_data, signature, user_handle)


def verify_assertion(
    assertion: Assertion, challenge: bytes, us: RelyingParty, public_key: bytes, *, verified: bool
) -> Shown:
    """Verify a login with a registered key; with `verified` the authenticator must have verified the person.

    Raises CeremonyError. Whose key it is, and the count, is for the caller to judge.
    """
    client_data = verify_client_data(assertion.client_data, GET, challenge, us)
    data = read_authenticator_data(assertion.authenticator_data)
    if data.is_attested():
        raise CeremonyError(Doubt.UNREADABLE, "a registration's data")
    verify_authenticator_data(data, us, verified=verified)
    if not is_signed(public_key, assertion.authenticator_data + client_data.hash, assertion.signature):
        raise CeremonyError(Doubt.SIGNATURE)
    return Shown(data.counter, data.is_user_verified(), data.is_backup_eligible(), data.is_backed_up())


def verify_creation(form: Mapping[str, str], challenge: bytes, us: RelyingParty, *, verified: bool) -> NewKey:
    """Verify a registration. An attestation is neither asked for nor believed (7.1 step 24: "none").

    Raises CeremonyError.
    """
    client_data, attestation = (
        read_octets(form.get(name, ""), LARGEST_OCTETS) for name in ("client_data_json", "attestation_object")
    )
    if client_data is None or attestation is None:
        raise CeremonyError(Doubt.UNREADABLE, "the fields")
    verify_client_data(client_data, CREATE, challenge, us)
    data = _read_attestation(attestation)
    verify_authenticator_data(data, us, verified=verified)
    attested = data.credential_data
    if attested is None or len(attested.credential_id) not in CREDENTIAL_ID_OCTETS:
        raise CeremonyError(Doubt.UNREADABLE, "no credential")
    public_key = cbor.encode(attested.public_key)
    try:
        verify_key(public_key)
    except KeyRefusedError as error:
        raise CeremonyError(Doubt.KEY, str(error)) from error
    return NewKey(attested.credential_id, public_key, data.counter, data.is_backup_eligible(), data.is_backed_up())


def _read_attestation(encoded: bytes) -> AuthenticatorData:
    if not is_well_formed(encoded):
        raise CeremonyError(Doubt.UNREADABLE, "the attestation object")
    try:
        # Read by its outer map alone first: what stands in it is not looked at by the library before it is whole.
        read = cbor.decode(encoded)
        data = read_authenticator_data(read["authData"]) if isinstance(read, Mapping) else None
        return data if data is not None else AttestationObject(encoded).auth_data
    except UNREADABLE as error:
        raise CeremonyError(Doubt.UNREADABLE, "the attestation object") from error
