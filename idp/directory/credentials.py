"""Credentials of people: read at the writer, changed by compare-and-swap in one modify (design 4, 8)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.connection import LDAPConnection
from idp.directory.entries import KIND, NAME, CredentialEntries, entry_dn
from idp.directory.fields import ID, FieldSeals, held_fields, is_held, new_id
from idp.directory.pool import Pool, Server
from idp.directory.record import read_id
from idp.directory.result import Answer, Entry, Result
from idp.directory.schema import read_schema_names
from idp.directory.wire import Change, Query
from idp.directory.writer import NamedWriter
from idp.directory.writing import check_alive, modify, require_success, was_recorded
from idp.plugin.tools import Credential, CredentialKind
from idp.seal import Sealer

_CLASS = "objectClass"
_ANYTHING = Query("(objectClass=*)").write()


class LDAPCredentials:
    """The `Credentials` of the plug-in interface; `CredentialEntries` has those that are entries of their own.

    `reader` reads and swaps as the verifying account, `enrol` registers; both speak to the one writer.
    """

    def __init__(self, reader: Pool, enrol: Pool, sealer: Sealer, id_attribute: str, writer: NamedWriter) -> None:
        self._reader = reader
        self._enrol = enrol
        self._seals = FieldSeals(sealer)
        self._id_attribute = id_attribute
        self._writer = writer
        self.entries = CredentialEntries(reader, enrol, self._seals, id_attribute)

    def recorded_since(self) -> datetime | None:
        """Say from when on the writer has all that was recorded; None if it was never moved. Raises DependencyError."""
        return self._writer.current().since

    def list(self, subject: Subject, kind: CredentialKind) -> tuple[Credential, ...]:
        """Give the person's credentials of a kind.

        Raises SealError if a sealed field does not open, DependencyError if the writer cannot be read.
        """
        if kind.entries:
            return self.entries.list(subject, kind)
        entry = self._entry(self._reader, subject, tuple(kind.fields.values()))
        if entry is None:
            return ()
        held = held_fields(entry, kind)
        return (self._seals.open(subject, kind, held),) if is_held(held, kind) else ()

    def open(self, subject: Subject, kind: CredentialKind, held: Mapping[str, bytes], name: str = "") -> Credential:
        """Open the fields of a credential as they stood in the directory. Raises SealError."""
        return self._seals.open(subject, kind, held, name)

    def swap(self, subject: Subject, credential: Credential, kind: CredentialKind, new: Mapping[str, bytes]) -> bool:
        """Change fields in one modify that also compares the credential's id and every changed field's old value.

        False when somebody else was first, be it by a swap or by a new registration. A credential that came without
        an id gets one. Raises DependencyError when the writer cannot record it.
        """
        if not new or any(name == ID or name in kind.sealed or name not in kind.fields for name in new):
            raise ValueError("only fields that are neither the id nor sealed can be swapped")
        old_id = credential.values.get(ID)
        identity = old_id if old_id is not None else new_id().encode()
        changes: list[Change] = []
        for name, old, value in (
            (ID, old_id, identity),
            *((name, credential.values.get(name), value) for name, value in new.items()),
        ):
            if old is not None:
                changes.append(("delete", kind.fields[name], (old,)))
            changes.append(("add", kind.fields[name], (value,)))
        dn = entry_dn(subject, credential.name) if kind.entries else subject.dn
        return was_recorded(modify(self._reader, dn, changes), dn)

    def add(
        self,
        subject: Subject,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
    ) -> None:
        """Put a credential in place of whatever stood there, in one modify, under a new id. Raises DependencyError."""
        if kind.entries:
            raise ValueError("credentials that are entries are inserted")
        written = self._seals.close(subject, kind, values, secrets, facts)
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
        if kind.entries:
            if former is None:
                return self.insert(subject, kind, values, secrets, facts, at_most=1) is not None
            return self.entries.supersede(subject, former, kind, values, secrets, facts)
        written = self._seals.close(subject, kind, values, secrets, facts)
        entry = self._entry(self._enrol, subject, (_CLASS,))
        if entry is None:
            raise DependencyError(Code.DIRECTORY_READ_ONLY, f"{subject.dn} is not there to be written")
        old_id = former.values.get(ID) if former is not None else None
        with_class = [] if _has_class(entry, kind) else [_class_change("add", kind)]
        changes: list[Change] = []
        if old_id is not None:
            changes.append(("delete", kind.fields[ID], (old_id,)))
        changes.append(("add", kind.fields[ID], (written[ID],)))
        changes += [
            ("replace", attribute, (written[name],) if name in written else ())
            for name, attribute in kind.fields.items()
            if name != ID
        ]
        answer = modify(self._enrol, subject.dn, [*with_class, *changes])
        if with_class and answer.code == Result.OBJECT_CLASS_VIOLATION:  # Samba wants the class first, and alone
            modify(self._enrol, subject.dn, with_class)
            answer = modify(self._enrol, subject.dn, changes)
        return was_recorded(answer, subject.dn)

    def insert(
        self,
        subject: Subject,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
        *,
        at_most: int,
    ) -> Credential | None:
        """Make a further entry of a kind; None where `at_most` stand. Raises DependencyError."""
        _require_entries(kind)
        return self.entries.insert(subject, kind, values, secrets, facts, at_most=at_most)

    def restate(self, subject: Subject, credential: Credential, kind: CredentialKind, facts: Mapping[str, str]) -> bool:
        """Seal what stands anew with other facts, in one modify that compares the id and every sealed value."""
        held = self._held(subject, credential, kind)
        if held is None or held.get(ID, b"").decode("utf-8", "replace") != credential.id:
            return False
        secrets = self._seals.open(subject, kind, held, credential.name).secrets
        attribute, vouched = kind.fields[ID], {**facts, ID: credential.id}
        changes: list[Change] = [("delete", attribute, (held[ID],)), ("add", attribute, (held[ID],))]
        for field, secret in secrets.items():
            sealed = self._seals.seal(subject, kind, field, secret, vouched, credential.name)
            changes.append(("delete", kind.fields[field], (held[field],)))
            changes.append(("add", kind.fields[field], (sealed,)))
        dn = entry_dn(subject, credential.name) if kind.entries else subject.dn
        return was_recorded(modify(self._enrol, dn, changes), dn)

    def delete(self, subject: Subject, credential: Credential, kind: CredentialKind) -> bool:
        """Take one of several away; False when it is not there as it was. Raises DependencyError."""
        _require_entries(kind)
        return self.entries.delete(subject, credential, kind)

    def remove(self, subject: Subject, kind: CredentialKind) -> bool:
        """Take all that the person has of a kind away; False if there was none. Raises DependencyError."""
        if kind.entries:
            return self.entries.remove(subject, kind)
        attributes = tuple(kind.fields.values())
        entry = self._entry(self._reader, subject, (*attributes, _CLASS))
        if entry is None or not any(entry.first(attribute) is not None for attribute in attributes):
            return False
        emptied: list[Change] = [("replace", attribute, ()) for attribute in attributes]
        changes = [*emptied, _class_change("delete", kind)] if _has_class(entry, kind) else emptied
        answer = modify(self._enrol, subject.dn, changes)
        if answer.code == Result.NO_SUCH_ATTRIBUTE:
            answer = modify(self._enrol, subject.dn, emptied)
        require_success(answer, subject.dn)
        return True

    def lacks(self, kind: CredentialKind) -> tuple[str, ...]:
        """Give what the writer's schema does not have of a kind: class, attributes (security.md F-20).

        Asked as the account that registers. Raises DependencyError.
        """
        known = read_schema_names(self._enrol)
        needed = (kind.object_class, *kind.fields.values(), *((NAME, KIND) if kind.entries else ()))
        return tuple(name for name in needed if name.lower() not in known)

    def _held(self, subject: Subject, credential: Credential, kind: CredentialKind) -> Mapping[str, bytes] | None:
        """Read what stands where a credential was; None where nothing does."""
        if kind.entries:
            places = self.entries.places(subject, kind) or ()
            return next((each.held for each in places if each.name == credential.name and each.is_taken), None)
        entry = self._entry(self._reader, subject, tuple(kind.fields.values()))
        return held_fields(entry, kind) if entry is not None else None

    def _replace(self, subject: Subject, kind: CredentialKind, changes: Sequence[Change]) -> None:
        """The class comes with the first registration only: added twice it is an error (directory.md 1.5)."""
        entry = self._entry(self._enrol, subject, (_CLASS,))
        if entry is None:
            raise DependencyError(Code.DIRECTORY_READ_ONLY, f"{subject.dn} is not there to be written")
        with_class = [_class_change("add", kind), *changes]
        answer = modify(self._enrol, subject.dn, changes if _has_class(entry, kind) else with_class)
        if answer.code == Result.ATTRIBUTE_EXISTS:
            answer = modify(self._enrol, subject.dn, changes)
        elif answer.code == Result.OBJECT_CLASS_VIOLATION:  # Samba wants the class first, and alone
            modify(self._enrol, subject.dn, [_class_change("add", kind)])
            answer = modify(self._enrol, subject.dn, changes)
        require_success(answer, subject.dn)

    def _entry(self, pool: Pool, subject: Subject, attributes: tuple[str, ...]) -> Entry | None:
        """Read the entry where it was last seen; another entry in its place is none."""
        wanted = (self._id_attribute, *attributes)

        def work(connection: LDAPConnection, _: Server) -> tuple[Answer, tuple[Entry, ...]]:
            found = connection.search(subject.dn, _ANYTHING, wanted, scope="base", limit=1)
            return check_alive(connection, found.answer), found.entries

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


def _has_class(entry: Entry, kind: CredentialKind) -> bool:
    wanted = kind.object_class.lower().encode()
    return any(value.lower() == wanted for value in entry.values.get(_CLASS.lower(), ()))


def _class_change(change: str, kind: CredentialKind) -> Change:
    return ("add" if change == "add" else "delete", _CLASS, (kind.object_class.encode(),))


def _require_entries(kind: CredentialKind) -> None:
    if not kind.entries:
        raise ValueError("one of this kind stands on the person's entry")
