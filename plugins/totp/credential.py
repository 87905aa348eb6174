"""Where the secrets of apps are kept: the first on the person's own entry, in the OATH-LDAP class; further ones, where
there may be several, as entries of their own under it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from idp.plugin import Binding, Credential, CredentialKind, Secret, Subject, Tools, entry_kind

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


_ENTRY = entry_kind("totp")
FURTHER = replace(
    _ENTRY, fields={"last_step" if field == "state" else field: name for field, name in _ENTRY.fields.items()}
)
"""Apps beside the first."""
KINDS = (TOTP, FURTHER)
LABEL = "label"


@dataclass(frozen=True, slots=True)
class TOTPCredential:
    """One registered app: its secret, the last step it was accepted for, failures in a row, how it was bound."""

    credential: Credential
    secret: Secret
    last_step: int
    failures: int
    binding: Binding
    bound_at: datetime | None

    @property
    def kind(self) -> CredentialKind:
        """Where it is kept."""
        return FURTHER if self.credential.name else TOTP

    @property
    def label(self) -> str:
        """What the person calls it; on the person's own entry there is no room for that but in the seal."""
        if self.credential.name:
            return self.credential.values.get(LABEL, b"").decode("utf-8", "replace")
        return self.credential.facts.get(LABEL, "")


def apps_of(subject: Subject, tools: Tools, most: int) -> tuple[TOTPCredential, ...]:
    """Give a person's apps, the one on their own entry first; where one may stand, no other is looked for.

    Raises SealError, DependencyError.
    """
    found = list(tools.credentials.list(subject, TOTP))
    if most > 1:
        found += tools.credentials.list(subject, FURTHER)
    return tuple(read(each) for each in found if "secret" in each.secrets)


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
