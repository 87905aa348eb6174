"""Where the app's secret is kept: the OATH-LDAP class on the person's own entry."""

from dataclasses import dataclass
from datetime import UTC, datetime

from idp.plugin import Binding, Credential, CredentialKind, Secret

TOTP = CredentialKind(
    name="totp",
    object_class="oathTOTPToken",
    fields={
        "id": "oathTokenIdentifier",
        "secret": "oathSecret",
        "last_step": "oathTOTPLastTimeStep",
        "failures": "oathFailureCount",
        "bound_at": "oathSecretTime",
    },
    sealed=frozenset({"secret"}),
)
GENERALIZED_TIME = "%Y%m%d%H%M%SZ"


@dataclass(frozen=True, slots=True)
class TOTPCredential:
    """One registered app: its secret, the last step it was accepted for, failures in a row, how it was bound."""

    credential: Credential
    secret: Secret
    last_step: int
    failures: int
    binding: Binding
    bound_at: datetime | None


def read(credential: Credential) -> TOTPCredential:
    """Read the numbers of a credential; absent ones are zero. A value we did not seal was imported."""
    return TOTPCredential(
        credential=credential,
        secret=credential.secrets["secret"],
        last_step=int(credential.values.get("last_step", b"0")),
        failures=int(credential.values.get("failures", b"0")),
        binding=Binding(credential.facts.get("binding", Binding.IMPORTED)),
        bound_at=bound_since(credential),
    )


def bound_since(credential: Credential) -> datetime | None:
    """Give when a credential was registered; None where nothing is known, or what stands there is no time."""
    text = credential.values.get("bound_at", b"").decode("ascii", "replace")
    try:
        return datetime.strptime(text, GENERALIZED_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def bound_at(credential: Credential) -> str:
    """Say when a credential was registered, "" if nothing is known; what is no time of LDAP's is given as it stands."""
    since = bound_since(credential)
    return moment(since) if since is not None else credential.values.get("bound_at", b"").decode("ascii", "replace")


def moment(when: datetime) -> str:
    """Write a moment as people and programs read it."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
