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


@dataclass(frozen=True, slots=True)
class TOTPCredential:
    """One registered app: its secret, the last step it was accepted for, failures in a row, how it was bound."""

    credential: Credential
    secret: Secret
    last_step: int
    failures: int
    binding: Binding


def read(credential: Credential) -> TOTPCredential:
    """Read the numbers of a credential; absent ones are zero. A value we did not seal was imported."""
    return TOTPCredential(
        credential=credential,
        secret=credential.secrets["secret"],
        last_step=int(credential.values.get("last_step", b"0")),
        failures=int(credential.values.get("failures", b"0")),
        binding=Binding(credential.facts.get("binding", Binding.IMPORTED)),
    )


def bound_at(credential: Credential) -> str:
    """Say when a credential was registered, "" if nothing is known; what is no time of LDAP's is given as it stands."""
    stored = credential.values.get("bound_at", b"").decode("ascii", "replace")
    try:
        return moment(datetime.strptime(stored, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC))
    except ValueError:
        return stored


def moment(when: datetime) -> str:
    """Write a moment as people and programs read it."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
