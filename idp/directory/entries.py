"""Credentials as entries of their own under the person's: any number of a kind, each in a place with a number.

A place that was emptied stays and is filled again: LDAP has no deletion that compares, so what an entry holds is
changed in one modify that does. New ones take the lowest free place. Whoever takes place n has seen all below it taken
and fewer than `at_most` in all, so however many do it at once, no more than that stand; who comes second looks again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.connection import LDAPConnection
from idp.directory.fields import ID, FieldSeals, held_fields, is_held, new_id
from idp.directory.pool import Pool, Server
from idp.directory.record import read_id, write_id
from idp.directory.result import Entry, Found, Result
from idp.directory.wire import Change, Query, either
from idp.directory.writing import add, check_alive, modify, require_success, was_recorded
from idp.plugin.tools import Credential, CredentialKind

NAME, KIND = "warifuCredentialName", "warifuCredentialKind"
MOST_ENTRIES = 500
"""So many entries of a kind are read of a person; more than any method lets stand."""
RACES = 20
"""How often a place is looked for again when others were faster."""
_PLACE = re.compile(r"[a-z][a-z0-9-]*-([1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class Place:
    """One entry as it was read; an empty one holds nothing but its id."""

    name: str
    held: Mapping[str, bytes]
    is_taken: bool


class CredentialEntries:
    """What `LDAPCredentials` does with a kind that has entries of its own."""

    def __init__(self, reader: Pool, enrol: Pool, seals: FieldSeals, id_attribute: str) -> None:
        self._reader = reader
        self._enrol = enrol
        self._seals = seals
        self._id_attribute = id_attribute
        self._of_person = Query(f"({id_attribute}={{value}})")

    def list(self, subject: Subject, kind: CredentialKind) -> tuple[Credential, ...]:
        """Give the person's credentials of a kind by their places, read in one search. Raises SealError."""
        places = self.places(subject, kind) or ()
        return tuple(self._seals.open(subject, kind, each.held, each.name) for each in places if each.is_taken)

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
        """Fill the lowest free place; None where `at_most` are taken. Raises DependencyError."""
        for _ in range(RACES):
            places = self.places(subject, kind)
            if places is None:
                raise DependencyError(Code.DIRECTORY_READ_ONLY, f"{subject.dn} is not there to be written")
            if sum(each.is_taken for each in places) >= at_most:
                return None
            by_name = {each.name: each for each in places}
            numbers = range(1, at_most + 1)
            name = next(name for name in (f"{kind.name}-{each}" for each in numbers) if _is_free(by_name.get(name)))
            written = self._seals.close(subject, kind, values, secrets, facts, name)
            empty = by_name.get(name)
            done = (
                self._add(subject, kind, name, written) if empty is None else self._fill(subject, kind, empty, written)
            )
            if done:
                return self._seals.open(subject, kind, written, name)
        raise DependencyError(Code.DIRECTORY_READ_ONLY, f"{subject.dn}: others write it again and again")

    def supersede(
        self,
        subject: Subject,
        former: Credential,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
    ) -> bool:
        """Fill the place of `former` anew, in one modify that compares its id; False when somebody was first."""
        written = self._seals.close(subject, kind, values, secrets, facts, former.name)
        return self._fill(subject, kind, Place(former.name, former.values, is_taken=True), written)

    def delete(self, subject: Subject, credential: Credential, kind: CredentialKind) -> bool:
        """Empty the place of a credential; False when it is not there as it was. Raises DependencyError."""
        place = Place(credential.name, credential.values, is_taken=True)
        return self._fill(subject, kind, place, {ID: new_id().encode()})

    def remove(self, subject: Subject, kind: CredentialKind) -> bool:
        """Empty all places of a kind, whether or not what is in them opens; False if none was taken."""
        taken = [each for each in self.places(subject, kind) or () if each.is_taken]
        emptied = [self._fill(subject, kind, each, {ID: new_id().encode()}) for each in taken]
        return any(emptied)

    def places(self, subject: Subject, kind: CredentialKind) -> tuple[Place, ...] | None:
        """Read a person's places for a kind; None where the entry is another person's by now, or gone.

        Entries whose names are none of ours are left out: nothing that is sealed for them could open.
        """
        ours = Query(f"(&(objectClass={kind.object_class})({KIND}={{value}}))").write(kind.name.encode())
        query = either(ours, self._of_person.write(write_id(self._id_attribute, subject.id)))
        wanted = (self._id_attribute, NAME, *kind.fields.values())

        def work(connection: LDAPConnection, _: Server) -> Found:
            found = connection.search(subject.dn, query, wanted, scope="subtree", limit=MOST_ENTRIES)
            check_alive(connection, found.answer)
            return found

        found = self._reader.run(work, again=True)
        if found.answer.code == Result.NO_SUCH_OBJECT:
            return None
        if found.answer.code != Result.SUCCESS:
            answer = found.answer
            raise DependencyError(Code.DIRECTORY_DOWN, f"reading {subject.dn}: result {answer.code} {answer.message}")
        if not any(self._is_of(entry, subject) for entry in found.entries):
            return None
        places = (place_of(entry, kind) for entry in found.entries)
        return tuple(sorted((each for each in places if each is not None), key=lambda each: number_of(each.name)))

    def _is_of(self, entry: Entry, subject: Subject) -> bool:
        identity = entry.first(self._id_attribute)
        return identity is not None and read_id(self._id_attribute, identity) == subject.id

    def _add(self, subject: Subject, kind: CredentialKind, name: str, written: Mapping[str, bytes]) -> bool:
        """Make the entry of a place; False where somebody else made it first."""
        attributes = [
            ("objectClass", (b"top", kind.object_class.encode())),
            (NAME, (name.encode(),)),
            (KIND, (kind.name.encode(),)),
            *((kind.fields[field], (value,)) for field, value in written.items()),
        ]
        answer = add(self._enrol, entry_dn(subject, name), attributes)
        if answer.code == Result.ENTRY_EXISTS:
            return False
        require_success(answer, entry_dn(subject, name))
        return True

    def _fill(self, subject: Subject, kind: CredentialKind, place: Place, written: Mapping[str, bytes]) -> bool:
        """Put these fields in place of what a place holds, in one modify that compares the id."""
        attribute = kind.fields[ID]
        changes: list[Change] = [
            ("delete", attribute, (place.held[ID],)),
            ("add", attribute, (written[ID],)),
            *(
                ("replace", attribute, (written[field],) if field in written else ())
                for field, attribute in kind.fields.items()
                if field != ID
            ),
        ]
        dn = entry_dn(subject, place.name)
        return was_recorded(modify(self._enrol, dn, changes), dn)


def entry_dn(subject: Subject, name: str) -> str:
    """Say where a person's entry of this name is. Raises ValueError for a name that is none of ours."""
    if _PLACE.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not the name of a credential")
    return f"{NAME}={name},{subject.dn}"


def person_dn(dn: str) -> str:
    """Give the entry above that of a credential; empty for a name that is none of ours."""
    name, _, above = dn.partition(",")
    attribute, _, value = name.partition("=")
    return above if attribute.lower() == NAME.lower() and _PLACE.fullmatch(value) else ""


def number_of(name: str) -> int:
    """Give the number of a place; 0 for a name that is none of ours."""
    match = _PLACE.fullmatch(name)
    return int(match[1]) if match else 0


def _is_free(place: Place | None) -> bool:
    return place is None or not place.is_taken


def place_of(entry: Entry, kind: CredentialKind) -> Place | None:
    """Read one entry; None where its name is none of ours."""
    name = (entry.first(NAME) or b"").decode("utf-8", "replace")
    held = held_fields(entry, kind)
    if not number_of(name) or name != f"{kind.name}-{number_of(name)}" or ID not in held:
        return None
    return Place(name, held, is_held(held, kind))
