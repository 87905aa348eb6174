"""What an authenticator signs: for whom, with which flags, at which count (WebAuthn Level 3, 6.1)."""

from hmac import compare_digest

from fido2.webauthn import AuthenticatorData

from plugins.passkey.refusal import UNREADABLE, CeremonyError, Doubt
from plugins.passkey.relying_party import RelyingParty
from plugins.passkey.well_formed import end_of_item

CREDENTIAL_ID_OCTETS = range(16, 1024)
"""What a credential id may be long (WebAuthn Level 3, 4)."""
_FIXED = 37
_AAGUID = 16
_FLAGS = 32
_LENGTH_OCTETS = 2


def read_authenticator_data(encoded: bytes) -> AuthenticatorData:
    """Read it, whole and with nothing after it. Raises CeremonyError."""
    if _end(encoded) != len(encoded):
        raise CeremonyError(Doubt.UNREADABLE, "the authenticator data")
    try:
        return AuthenticatorData(encoded)
    except UNREADABLE as error:
        raise CeremonyError(Doubt.UNREADABLE, "the authenticator data") from error


def verify_authenticator_data(data: AuthenticatorData, us: RelyingParty, *, verified: bool) -> None:
    """Raise CeremonyError unless it is for us, somebody was there and, if so asked, was verified.

    What says that it is backed up though it cannot be contradicts itself (7.1 step 18, 7.2 step 18).
    """
    if not compare_digest(data.rp_id_hash, us.id_hash):
        raise CeremonyError(Doubt.RELYING_PARTY)
    if not data.is_user_present():
        raise CeremonyError(Doubt.NOBODY_PRESENT)
    if verified and not data.is_user_verified():
        raise CeremonyError(Doubt.NOT_VERIFIED)
    if data.is_backed_up() and not data.is_backup_eligible():
        raise CeremonyError(Doubt.BACKUP)


def _end(encoded: bytes) -> int | None:
    """Give where the data ends by its own flags and lengths; None where it is cut off."""
    if len(encoded) < _FIXED:
        return None
    flags = encoded[_FLAGS]
    end: int | None = _FIXED
    if flags & AuthenticatorData.FLAG.AT:
        length_at = _FIXED + _AAGUID
        length = int.from_bytes(encoded[length_at : length_at + _LENGTH_OCTETS], "big")
        end = end_of_item(encoded, length_at + _LENGTH_OCTETS + length)
    if flags & AuthenticatorData.FLAG.ED and end is not None:
        end = end_of_item(encoded, end)
    return end
