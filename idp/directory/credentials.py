"""Credentials on people's entries: read at the writer, changed by compare-and-swap in one modify (design 4, 8)."""

from base64 import b32decode
from binascii import Error as Base32Error
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from secrets import token_hex

from idp.core.codes import Code
from idp.core.errors import DependencyError, SealError
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.connection import ConnectionLostError, LDAPConnection
from idp.directory.pool import Pool, Server
from idp.directory.record import read_id
from idp.directory.result import Answer, Entry, Result
from idp.directory.schema import read_schema_names
from idp.directory.wire import Change, Query
from idp.directory.writer import NamedWriter
from idp.plugin.tools import Credential, CredentialKind
from idp.seal import Sealer, is_sealed

SOMEBODY_WAS_FIRST = frozenset(
    (
        Result.NO_SUCH_ATTRIBUTE,
        Result.CONSTRAINT_VIOLATION,
        Result.ATTRIBUTE_EXISTS,
        Result.NO_SUCH_OBJECT,
        Result.OBJECT_CLASS_VIOLATION,
        Result.ASSERTION_FAILED,
    )
)
_AWAY = frozenset((Result.BUSY, Result.UNAVAILABLE, Result.OTHER))
_CLASS = "objectClass"
_ANYTHING = Query("(objectClass=*)").write()
_CREDENTIAL_ID = "id"
_BASE32 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=")


class LDAPCredentials:
    """The `Credentials` of the plug-in interface, one of a kind on an entry.

    `reader` reads and swaps as the verifying account, `enrol` registers; both speak to the one writer.
    """

    def __init__(self, reader: Pool, enrol: Pool, sealer: Sealer, id_attribute: str, writer: NamedWriter) -> None:
        self._reader = reader
        self._enrol = enrol
        self._sealer = sealer
        self._id_attribute = id_attribute
        self._writer = writer

    def recorded_since(self) -> datetime | None:
        """Say from when on the writer has all that was recorded; None if it was never moved. Raises DependencyError."""
        return self._writer.current().since

    def list(self, subject: Subject, kind: CredentialKind) -> tuple[Credential, ...]:
        """Give the person's credentials of a kind.

        Raises SealError if a sealed field does not open, DependencyError if the writer cannot be read.
        """
        entry = self._entry(self._reader, subject, tuple(kind.fields.values()))
        if entry is None:
            return ()
        held = held_fields(entry, kind)
        return (self.open(subject, kind, held),) if is_held(held, kind) else ()

    def open(self, subject: Subject, kind: CredentialKind, held: Mapping[str, bytes]) -> Credential:
        """Open the fields of a credential as they stood on `subject`'s entry. Raises SealError."""
        values = {name: value for name, value in held.items() if name not in kind.sealed}
        identity = values.get(_CREDENTIAL_ID, b"").decode("utf-8", "replace")
        secrets: dict[str, Secret] = {}
        facts: dict[str, str] = {}
        for name in kind.sealed & set(held):
            secrets[name], vouched = self._open(held[name], subject, kind.fields[name], identity)
            facts |= vouched
        unsealed = frozenset(name for name in secrets if not is_sealed(held[name]))
        return Credential(kind.name, identity, values, secrets, facts, unsealed)

    def swap(self, subject: Subject, credential: Credential, kind: CredentialKind, new: Mapping[str, bytes]) -> bool:
        """Change fields in one modify that also compares the credential's id and every changed field's old value.

        False when somebody else was first, be it by a swap or by a new registration. A credential that came without
        an id gets one. Raises DependencyError when the writer cannot record it.
        """
        if not new or any(name == _CREDENTIAL_ID or name in kind.sealed or name not in kind.fields for name in new):
            raise ValueError("only fields that are neither the id nor sealed can be swapped")
        old_id = credential.values.get(_CREDENTIAL_ID)
        new_id = old_id if old_id is not None else token_hex(16).encode()
        changes: list[Change] = []
        for name, old, value in (
            (_CREDENTIAL_ID, old_id, new_id),
            *((name, credential.values.get(name), value) for name, value in new.items()),
        ):
            if old is not None:
                changes.append(("delete", kind.fields[name], (old,)))
            changes.append(("add", kind.fields[name], (value,)))
        answer = _modify(self._reader, subject, changes)
        if answer.code in SOMEBODY_WAS_FIRST:
            return False
        _require_success(answer, subject)
        return True

    def add(
        self,
        subject: Subject,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
    ) -> None:
        """Put a credential in place of whatever stood there, in one modify, under a new id. Raises DependencyError."""
        written = self._written(subject, kind, values, secrets, facts)
        replaced: list[Change] = [
            ("replace", attribute, (written[name],) if name in written else ())
            for name, attribute in kind.fields.items()
        ]
        self._replace(subject, kind, replaced)

    def supersede(
        self,
        subject: Subject,
        former: Credential | None,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
    ) -> bool:
        """Put a credential in place of `former`, or where none stands, in one modify that compares the id.

        The id has one value on an entry: added beside another it is an error. False when somebody else was first.
        Raises DependencyError.
        """
        written = self._written(subject, kind, values, secrets, facts)
        entry = self._entry(self._enrol, subject, (_CLASS,))
        if entry is None:
            raise DependencyError(Code.DIRECTORY_READ_ONLY, f"{subject.dn} is not there to be written")
        old_id = former.values.get(_CREDENTIAL_ID) if former is not None else None
        with_class = [] if _has_class(entry, kind) else [_class_change("add", kind)]
        changes: list[Change] = []
        if old_id is not None:
            changes.append(("delete", kind.fields[_CREDENTIAL_ID], (old_id,)))
        changes.append(("add", kind.fields[_CREDENTIAL_ID], (written[_CREDENTIAL_ID],)))
        changes += [
            ("replace", attribute, (written[name],) if name in written else ())
            for name, attribute in kind.fields.items()
            if name != _CREDENTIAL_ID
        ]
        answer = _modify(self._enrol, subject, [*with_class, *changes])
        if with_class and answer.code == Result.OBJECT_CLASS_VIOLATION:  # Samba wants the class first, and alone
            _modify(self._enrol, subject, with_class)
            answer = _modify(self._enrol, subject, changes)
        if answer.code in SOMEBODY_WAS_FIRST:
            return False
        _require_success(answer, subject)
        return True

    def remove(self, subject: Subject, kind: CredentialKind) -> bool:
        """Take the person's credential of a kind away; False if there was none. Raises DependencyError."""
        attributes = tuple(kind.fields.values())
        entry = self._entry(self._reader, subject, (*attributes, _CLASS))
        if entry is None or not any(entry.first(attribute) is not None for attribute in attributes):
            return False
        emptied: list[Change] = [("replace", attribute, ()) for attribute in attributes]
        changes = [*emptied, _class_change("delete", kind)] if _has_class(entry, kind) else emptied
        answer = _modify(self._enrol, subject, changes)
        if answer.code == Result.NO_SUCH_ATTRIBUTE:
            answer = _modify(self._enrol, subject, emptied)
        _require_success(answer, subject)
        return True

    def lacks(self, kind: CredentialKind) -> tuple[str, ...]:
        """Give what the writer's schema does not have of a kind: class, attributes (security.md F-20).

        Asked as the account that registers. Raises DependencyError.
        """
        known = read_schema_names(self._enrol)
        return tuple(name for name in (kind.object_class, *kind.fields.values()) if name.lower() not in known)

    def _written(
        self,
        subject: Subject,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
    ) -> dict[str, bytes]:
        """Give the fields of a new credential under a new id, what is secret sealed."""
        if set(secrets) - kind.sealed or set(values) & (kind.sealed | {_CREDENTIAL_ID}):
            raise ValueError("sealed fields are given as secrets, the id is made here")
        identity = token_hex(16)
        written = {_CREDENTIAL_ID: identity.encode(), **values}
        for name, secret in secrets.items():
            vouched = {**facts, _CREDENTIAL_ID: identity}
            written[name] = self._sealer.seal(secret, subject.id, kind.fields[name], vouched)
        return written

    def _replace(self, subject: Subject, kind: CredentialKind, changes: Sequence[Change]) -> None:
        """The class comes with the first registration only: added twice it is an error (directory.md 1.5)."""
        entry = self._entry(self._enrol, subject, (_CLASS,))
        if entry is None:
            raise DependencyError(Code.DIRECTORY_READ_ONLY, f"{subject.dn} is not there to be written")
        with_class = [_class_change("add", kind), *changes]
        answer = _modify(self._enrol, subject, changes if _has_class(entry, kind) else with_class)
        if answer.code == Result.ATTRIBUTE_EXISTS:
            answer = _modify(self._enrol, subject, changes)
        elif answer.code == Result.OBJECT_CLASS_VIOLATION:  # Samba wants the class first, and alone
            _modify(self._enrol, subject, [_class_change("add", kind)])
            answer = _modify(self._enrol, subject, changes)
        _require_success(answer, subject)

    def _entry(self, pool: Pool, subject: Subject, attributes: tuple[str, ...]) -> Entry | None:
        """Read the entry where it was last seen; another entry in its place is none."""
        wanted = (self._id_attribute, *attributes)

        def work(connection: LDAPConnection, _: Server) -> tuple[Answer, tuple[Entry, ...]]:
            found = connection.search(subject.dn, _ANYTHING, wanted, scope="base", limit=1)
            return _check_alive(connection, found.answer), found.entries

        answer, entries = pool.run(work, again=True)
        if answer.code == Result.NO_SUCH_OBJECT:
            return None
        if answer.code != Result.SUCCESS:
            raise DependencyError(Code.DIRECTORY_DOWN, f"reading {subject.dn}: result {answer.code} {answer.message}")
        for entry in entries:
            identity = entry.first(self._id_attribute)
            if identity is not None and read_id(self._id_attribute, identity) == subject.id:
                return entry
        return None

    def _open(self, value: bytes, subject: Subject, attribute: str, identity: str) -> tuple[Secret, dict[str, str]]:
        if not is_sealed(value):
            return _read_unsealed(value, subject, attribute), {}
        opened = self._sealer.unseal(value, subject.id, attribute)
        facts = dict(opened.facts)
        if facts.pop(_CREDENTIAL_ID, identity) != identity:
            raise SealError(Code.SEAL_BROKEN, f"{attribute} of {subject.id} belongs to another registration")
        return opened.secret, facts


def held_fields(entry: Entry, kind: CredentialKind) -> dict[str, bytes]:
    """Give the fields of a kind that an entry has."""
    found = {name: entry.first(attribute) for name, attribute in kind.fields.items()}
    return {name: value for name, value in found.items() if value is not None}


def is_held(held: Mapping[str, bytes], kind: CredentialKind) -> bool:
    """Tell whether these fields are a credential."""
    return any(name in held for name in kind.sealed or (_CREDENTIAL_ID,))


def _modify(pool: Pool, subject: Subject, changes: Sequence[Change]) -> Answer:
    work: Callable[[LDAPConnection, Server], Answer] = lambda connection, _: _check_alive(  # noqa: E731
        connection, connection.modify(subject.dn, changes)
    )
    return pool.run(work, again=False)


def _check_alive(connection: LDAPConnection, answer: Answer) -> Answer:
    if answer.code in _AWAY:
        raise ConnectionLostError(f"{connection.address.uri}: result {answer.code} {answer.message}")
    return answer


def _require_success(answer: Answer, subject: Subject) -> None:
    """Everything else means that nothing was recorded: read-only, referred elsewhere, no right, no schema (F-02)."""
    if answer.code != Result.SUCCESS:
        raise DependencyError(Code.DIRECTORY_READ_ONLY, f"writing {subject.dn}: result {answer.code} {answer.message}")


def _has_class(entry: Entry, kind: CredentialKind) -> bool:
    wanted = kind.object_class.lower().encode()
    return any(value.lower() == wanted for value in entry.values.get(_CLASS.lower(), ()))


def _class_change(change: str, kind: CredentialKind) -> Change:
    return ("add" if change == "add" else "delete", _CLASS, (kind.object_class.encode(),))


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
