"""A passkey as it stands in the directory: an entry of its own under the person's, what trust hangs on in its seal.

Sealed are the credential's id, its public key and the person's user handle: whoever may write the directory can put
nobody's key there but one that was sealed for this person and this very entry (security.md T-20). In the clear stand
the digest that it is found by, its name, its count, and when it was bound and used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from idp.plugin import Binding, Code, Credential, Registered, SealError, Secret, Subject, Tools, entry_kind
from plugins.passkey.octets import read_octets, write_octets

PASSKEY = entry_kind("passkey")
GENERALIZED_TIME = "%Y%m%d%H%M%SZ"
TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")
"""The ways to an authenticator that are kept, so that the browser asks for the right one (WebAuthn Level 3, 5.8.4)."""
_MOST_OCTETS = 2048


@dataclass(frozen=True, slots=True)
class Key:
    """What is sealed of a passkey; `user_handle` is random, the same for all passkeys of a person."""

    credential_id: bytes
    public_key: bytes
    user_handle: bytes
    is_backup_eligible: bool
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What changes with use: the count of signatures, and whether the passkey is kept in more than one place."""

    sign_count: int
    is_backed_up: bool

    def write(self) -> bytes:
        """Give it as one value, to be compared and swapped."""
        return b"%d %d" % (self.sign_count, self.is_backed_up)


@dataclass(frozen=True, slots=True)
class Passkey:
    """One registered passkey, its entry beside it."""

    credential: Credential
    key: Key
    state: State
    binding: Binding
    label: str
    bound_at: datetime | None
    used_at: datetime | None

    @property
    def registered(self) -> Registered:
        """Say of it what the account page shows."""
        return Registered(self.credential.id, self.bound_at, self.binding, self.label, self.used_at)


def read_passkeys(subject: Subject, tools: Tools) -> tuple[Passkey, ...]:
    """Give the person's passkeys. Raises DependencyError, and SealError for one that was not sealed here."""
    return tuple(read_passkey(each) for each in tools.credentials.list(subject, PASSKEY))


def read_passkey(credential: Credential) -> Passkey:
    """Read one. Raises SealError for what was not written here."""
    values = credential.values
    return Passkey(
        credential,
        read_key(credential.secrets["secret"]),
        _read_state(values.get("state", b"")),
        Binding(credential.facts["binding"]),
        values.get("label", b"").decode("utf-8", "replace"),
        _read_time(values, "bound_at"),
        _read_time(values, "used_at"),
    )


def find_owner(credential_id: bytes, tools: Tools) -> Subject | None:
    """Give the person under whose entry a passkey of this id stands; None for none or several. Proves nothing.

    Raises DependencyError.
    """
    return tools.people.find_by_credential(PASSKEY, "data", digest_of(credential_id))


def digest_of(credential_id: bytes) -> bytes:
    """Give what a passkey is found by."""
    return sha256(credential_id).hexdigest().encode()


def values_of(key: Key, state: State, label: str, now: datetime) -> dict[str, bytes]:
    """Give what stands in the clear beside a key that is bound now."""
    return {
        "data": digest_of(key.credential_id),
        "state": state.write(),
        **({"label": label.encode()} if label else {}),
        "bound_at": write_time(now),
    }


def write_key(key: Key) -> Secret:
    """Give a key as one value to be sealed."""
    kept = {
        "id": write_octets(key.credential_id),
        "key": write_octets(key.public_key),
        "handle": write_octets(key.user_handle),
        "eligible": key.is_backup_eligible,
        "transports": key.transports,
    }
    return Secret(json.dumps(kept, separators=(",", ":")).encode("ascii"))


def read_key(secret: Secret) -> Key:
    """Read what `write_key` wrote. Raises SealError for anything else."""
    try:
        kept = json.loads(secret.reveal())
        octets = [read_octets(kept[name], _MOST_OCTETS) for name in ("id", "key", "handle")]
        credential_id, public_key, user_handle = (each for each in octets if each is not None)
        return Key(credential_id, public_key, user_handle, kept["eligible"] is True, tuple(kept["transports"]))
    except (ValueError, KeyError, TypeError) as error:
        raise SealError(Code.SEAL_BROKEN, "a passkey that was not written here") from error


def write_time(moment: datetime) -> bytes:
    """Write a moment as LDAP does (RFC 4517 3.3.13)."""
    return moment.astimezone(UTC).strftime(GENERALIZED_TIME).encode()


def _read_state(value: bytes) -> State:
    """Read it. Raises SealError: a count that cannot be read is not one that rose."""
    parts = value.split(b" ")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise SealError(Code.SEAL_BROKEN, "a passkey's count that was not written here")
    return State(int(parts[0]), parts[1] == b"1")


def _read_time(values: Mapping[str, bytes], field: str) -> datetime | None:
    try:
        return datetime.strptime(values.get(field, b"").decode("ascii", "replace"), GENERALIZED_TIME).replace(
            tzinfo=UTC
        )
    except ValueError:
        return None
