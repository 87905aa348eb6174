"""The fields of a credential, sealed and opened: a seal is for one person, one attribute and one registration."""

from base64 import b32decode
from binascii import Error as Base32Error
from collections.abc import Mapping
from secrets import token_hex

from idp.core.codes import Code
from idp.core.errors import SealError
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.result import Entry
from idp.plugin.tools import Credential, CredentialKind
from idp.seal import Sealer, is_sealed

ID = "id"
_BASE32 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=")


def new_id() -> str:
    """Give the id of a registration."""
    return token_hex(16)


def held_fields(entry: Entry, kind: CredentialKind) -> dict[str, bytes]:
    """Give the fields of a kind that an entry has."""
    found = {name: entry.first(attribute) for name, attribute in kind.fields.items()}
    return {name: value for name, value in found.items() if value is not None}


def is_held(held: Mapping[str, bytes], kind: CredentialKind) -> bool:
    """Tell whether these fields are a credential."""
    return any(name in held for name in kind.sealed or (ID,))


class FieldSeals:
    """Opens what stands in the directory, and closes what is to stand there. `name` is that of an entry of its own."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def open(self, subject: Subject, kind: CredentialKind, held: Mapping[str, bytes], name: str = "") -> Credential:
        """Open the fields of a credential as they stood on `subject`'s entry. Raises SealError."""
        values = {field: value for field, value in held.items() if field not in kind.sealed}
        identity = values.get(ID, b"").decode("utf-8", "replace")
        secrets: dict[str, Secret] = {}
        facts: dict[str, str] = {}
        for field in kind.sealed & set(held):
            secrets[field], vouched = self._open(held[field], subject, kind, _purpose(kind, field, name), identity)
            facts |= vouched
        unsealed = frozenset(field for field in secrets if not is_sealed(held[field]))
        return Credential(kind.name, identity, values, secrets, facts, unsealed, name)

    def close(
        self,
        subject: Subject,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
        name: str = "",
    ) -> dict[str, bytes]:
        """Give the fields of a new credential under a new id, what is secret sealed."""
        if set(secrets) - kind.sealed or set(values) & (kind.sealed | {ID}):
            raise ValueError("sealed fields are given as secrets, the id is made here")
        vouched = {**facts, ID: new_id()}
        closed = {field: self.seal(subject, kind, field, secret, vouched, name) for field, secret in secrets.items()}
        return {ID: vouched[ID].encode(), **values, **closed}

    def seal(
        self,
        subject: Subject,
        kind: CredentialKind,
        field: str,
        secret: Secret,
        facts: Mapping[str, str],
        name: str = "",
    ) -> bytes:
        """Close one field with the first key; `facts` have the id."""
        return self._sealer.seal(secret, subject.id, _purpose(kind, field, name), facts)

    def _open(
        self, value: bytes, subject: Subject, kind: CredentialKind, purpose: str, identity: str
    ) -> tuple[Secret, dict[str, str]]:
        if not is_sealed(value):
            if kind.entries:
                raise SealError(Code.SEAL_MISSING, f"{purpose} of {subject.id} was never sealed")
            return _read_unsealed(value, subject, purpose), {}
        opened = self._sealer.unseal(value, subject.id, purpose)
        facts = dict(opened.facts)
        if facts.pop(ID, identity) != identity:
            raise SealError(Code.SEAL_BROKEN, f"{purpose} of {subject.id} belongs to another registration")
        return opened.secret, facts


def _purpose(kind: CredentialKind, field: str, name: str) -> str:
    """Say what a seal is for: an attribute, and of entries of their own, which begin with their kind, which one."""
    return f"{kind.fields[field]}/{name}" if kind.entries else kind.fields[field]


def _read_unsealed(value: bytes, subject: Subject, attribute: str) -> Secret:
    """Raw bytes as slapo-otp keeps them, or Base32 text as Shibboleth's plug-in does (directory.md 1.3, 1.5)."""
    if value.lstrip().startswith(b"{") and b'"ciphertext"' in value:
        raise SealError(Code.SEAL_UNKNOWN_KEY, f"{attribute} of {subject.id} is sealed by another product")
    text = value.replace(b" ", b"").upper()
    if len(text) >= 16 and set(text) <= _BASE32:
        try:
            return Secret(b32decode(text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 8)))
        except Base32Error:
            return Secret(value)
    return Secret(value)
