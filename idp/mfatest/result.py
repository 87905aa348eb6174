"""What the confirmation page shows of one answer."""

from dataclasses import dataclass
from enum import StrEnum

REFEDS_MFA = "https://refeds.org/profile/mfa"
"""The class asked for, always: two factors (REFEDS MFA Profile 1.2)."""


class Refusal(StrEnum):
    """Why two factors did not work; each is a text `mfatest.refusal.<value>`."""

    NO_AUTHN_CONTEXT = "no_authn_context"
    AUTHN_FAILED = "authn_failed"
    NO_PASSIVE = "no_passive"
    REQUEST_DENIED = "request_denied"
    NAME_ID = "name_id"
    REQUESTER = "requester"
    RESPONDER = "responder"
    WEAKER = "weaker"
    STALE = "stale"
    UNVERIFIED = "unverified"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class ShownAttribute:
    """An attribute as it came: its Name, the FriendlyName to show, its values."""

    name: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One answer, judged. Without `refusal` two factors worked; `authn_context` is empty if nobody was named.

    `in_response_to` is the request it answered, empty if none of this browser's.
    `proof` is a text `mfatest.proof.<value>`; `network` the name the identity provider gave to the person's network.
    """

    refusal: Refusal | None = None
    person: str = ""
    authn_context: str = ""
    network: str = ""
    attributes: tuple[ShownAttribute, ...] = ()
    status_codes: tuple[str, ...] = ()
    status_message: str = ""
    in_response_to: str = ""

    @property
    def ok(self) -> bool:
        """Say whether two factors worked."""
        return self.refusal is None

    @property
    def proof(self) -> str:
        """Give the key of what was proved, in words."""
        return _PROOFS.get(self.authn_context, "unknown")


_CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
_PROOFS = {
    REFEDS_MFA: "two_factors",
    f"{_CLASSES}PasswordProtectedTransport": "password",
    f"{_CLASSES}Password": "password",
    f"{_CLASSES}X509": "certificate",
    f"{_CLASSES}TLSClient": "certificate",
    f"{_CLASSES}TimeSyncToken": "time_sync_token",
}
