"""What the browser says of a ceremony: which one, for which challenge, on whose page (WebAuthn Level 3, 5.8.1)."""

from hmac import compare_digest

from fido2.webauthn import CollectedClientData

from plugins.passkey.refusal import UNREADABLE, CeremonyError, Doubt
from plugins.passkey.relying_party import RelyingParty

CREATE = "webauthn.create"
GET = "webauthn.get"


def verify_client_data(encoded: bytes, ceremony: str, challenge: bytes, us: RelyingParty) -> CollectedClientData:
    """Give the client data when it is of this ceremony, of this challenge and of our own page.

    The origin is compared as a whole: no other port, no subdomain, no page of ours in a frame of another's. Raises
    CeremonyError.
    """
    try:
        client_data = CollectedClientData(encoded)
    except UNREADABLE as error:
        raise CeremonyError(Doubt.UNREADABLE, "the client data") from error
    if client_data.type != ceremony:
        raise CeremonyError(Doubt.CEREMONY)
    if not compare_digest(client_data.challenge, challenge):
        raise CeremonyError(Doubt.CHALLENGE)
    if client_data.origin != us.origin:
        raise CeremonyError(Doubt.ORIGIN)
    if client_data.cross_origin is not False:
        raise CeremonyError(Doubt.ORIGIN, "in a frame of another's page")
    return client_data
