"""Everybody's credentials of a kind, for administrators: counted, opened, sealed anew, moved to other entries."""

import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from typing import Any

from idp.core.codes import Code
from idp.core.errors import DependencyError, SealError
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.connection import LDAPConnection
from idp.directory.credentials import LDAPCredentials
from idp.directory.entries import KIND, NAME, entry_dn, place_of
from idp.directory.fields import FieldSeals, held_fields, is_held, new_id
from idp.directory.pool import Pool, Server
from idp.directory.record import read_id
from idp.directory.result import Answer, Entry, Found, Result
from idp.directory.wire import Change, Query
from idp.directory.writing import SOMEBODY_WAS_FIRST
from idp.plugin.admin import Holding
from idp.plugin.tools import Credential, CredentialKind
from idp.seal import Sealer, sealed_with
from idp.settings.model import Directory as DirectorySettings

PAGE = 500
_ANYTHING = Query("(objectClass=*)").write()
_ON_THE_WAY = "on the way"
_ID = "id"


class LDAPKeeper:
    """The `Keeper` of the plug-in interface; `reader` lists as the verifying account, `enrol` writes."""

    def __init__(
        self, reader: Pool, enrol: Pool, credentials: LDAPCredentials, sealer: Sealer, settings: DirectorySettings
    ) -> None:
        self._reader = reader
        self._enrol = enrol
        self._credentials = credentials
        self._sealer = sealer
        self._seals = FieldSeals(sealer)
        self._settings = settings

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The keys that are configured; the first closes new seals."""
        return self._sealer.key_ids

    def all(self, kind: CredentialKind) -> tuple[Holding, ...]:
        """Give every person who has a credential of a kind, read from the writer. Raises DependencyError."""
        entries = self._search_all(_query(kind), self._wanted(kind))
        if kind.entries:
            owners = self._reader.run(lambda connection, _: self._owners(connection, entries), again=False)
            holdings = (self._place(owners.get(_above(entry.dn)), entry, kind) for entry in entries)
        else:
            holdings = (self._holding(entry, kind) for entry in entries)
        return tuple(holding for holding in holdings if holding is not None)

    def everybody(self) -> tuple[Subject, ...]:
        """Give everybody who has a user name, read in pages. Raises DependencyError."""
        names = (self._settings.id_attribute, self._settings.username_attribute)
        query = Query(f"({self._settings.username_attribute}=*)").write()
        found = (self._subject(entry) for entry in self._search_all(query, names))
        return tuple(subject for subject in found if subject is not None)

    def members(self, group: str) -> tuple[Subject, ...]:
        """Give everybody whose entry names a group in `group_attribute`. Raises DependencyError."""
        query = Query(f"({self._settings.group_attribute}={{value}})").write(group.encode("utf-8"))
        names = (self._settings.id_attribute, self._settings.username_attribute)
        found = (self._subject(entry) for entry in self._search_all(query, names))
        return tuple(subject for subject in found if subject is not None)

    def one(self, subject: Subject, kind: CredentialKind) -> Holding | None:
        """Give one person's credential, of several the first, read from the writer. Raises DependencyError."""
        return next(iter(self.each(subject, kind)), None)

    def again(self, holding: Holding, kind: CredentialKind) -> Holding | None:
        """Read one once more; None where nothing stands there now. Raises DependencyError."""
        found = self.each(holding.subject, kind)
        return next((each for each in found if each.name == holding.name), None)

    def each(self, subject: Subject, kind: CredentialKind) -> tuple[Holding, ...]:
        """Give all that one person has of a kind, read from the writer. Raises DependencyError."""
        if kind.entries:
            places = self._credentials.entries.places(subject, kind) or ()
            return tuple(_as_holding(subject, kind, each.held, each.name) for each in places if each.is_taken)
        query = Query("(objectClass=*)").write()
        wanted = self._wanted(kind)

        def work(connection: LDAPConnection, _: Server) -> Found:
            return connection.search(subject.dn, query, wanted, scope="base", limit=1)

        found = self._reader.run(work, again=True)
        if found.answer.code == Result.NO_SUCH_OBJECT:
            return ()
        _require_success(found.answer, subject.dn)
        holding = self._holding(found.entries[0], kind) if found.entries else None
        return (holding,) if holding is not None and holding.subject.id == subject.id else ()

    def open(self, holding: Holding, kind: CredentialKind) -> Credential:
        """Open a credential. Raises SealError."""
        return self._credentials.open(holding.subject, kind, holding.stored, holding.name)

    def reseal(self, holding: Holding, kind: CredentialKind) -> bool:
        """Seal with the first key in one compare-and-swap; False when it changed meanwhile.

        Before and after the one modify the value opens: with the old key, then with the new (security.md X-04). What
        another product left without an id gets one. Raises SealError, DependencyError.
        """
        credential = self.open(holding, kind)
        before = credential.values.get(_ID)
        identity = before if before is not None else new_id().encode()
        facts = {**credential.facts, _ID: identity.decode("utf-8", "replace")}
        changes: list[Change] = [] if before is None else [("delete", kind.fields[_ID], (before,))]
        changes.append(("add", kind.fields[_ID], (identity,)))
        for name, secret in credential.secrets.items():
            attribute = kind.fields[name]
            sealed = self._seals.seal(holding.subject, kind, name, secret, facts, holding.name)
            changes.append(("delete", attribute, (holding.stored[name],)))
            changes.append(("add", attribute, (sealed,)))
        dn = entry_dn(holding.subject, holding.name) if kind.entries else holding.subject.dn
        answer = self._enrol.run(lambda connection, _: connection.modify(dn, changes), again=False)
        if answer.code in SOMEBODY_WAS_FIRST:
            return False
        _require_success(answer, dn)
        return True

    def pack(self, holding: Holding, kind: CredentialKind) -> bytes:
        """Close a credential for a way outside the directory, bound to the user name. Raises SealError."""
        credential = self.open(holding, kind)
        content = {
            "values": {name: _text(value) for name, value in credential.values.items()},
            "secrets": {name: _text(secret.reveal()) for name, secret in credential.secrets.items()},
            "facts": dict(credential.facts),
        }
        secret = Secret(json.dumps(content).encode())
        return self._sealer.seal(secret, _ON_THE_WAY, kind.name, {"username": holding.subject.username})

    def unpack(self, packed: bytes, username: str, kind: CredentialKind) -> Credential:
        """Open what `pack` closed for this user name. Raises SealError."""
        opened = self._sealer.unseal(packed, _ON_THE_WAY, kind.name)
        if opened.facts.get("username") != username:
            raise SealError(Code.SEAL_BROKEN, "it was closed for another user name")
        try:
            content: dict[str, Any] = json.loads(opened.secret.reveal())
            values = {str(name): b64decode(value) for name, value in content["values"].items()}
            secrets = {str(name): Secret(b64decode(value)) for name, value in content["secrets"].items()}
            facts = {str(name): str(value) for name, value in content["facts"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, Base64Error):
            raise SealError(Code.SEAL_BROKEN, "it does not hold a credential") from None
        return Credential(kind.name, values.get(_ID, b"").decode("utf-8", "replace"), values, secrets, facts)

    def _search_all(self, query: bytes, wanted: tuple[str, ...]) -> tuple[Entry, ...]:
        base = self._settings.people_dn

        def work(connection: LDAPConnection, _: Server) -> Found:
            return connection.search_all(base, query, wanted, page=PAGE)

        found = self._reader.run(work, again=False)
        if found.answer.code == Result.SIZE_LIMIT:
            raise DependencyError(
                Code.DIRECTORY_DOWN,
                f"the directory gives this account {len(found.entries)} entries and no more; "
                "see `warifu directory install` for its limits",
            )
        _require_success(found.answer, base)
        return found.entries

    def _wanted(self, kind: CredentialKind) -> tuple[str, ...]:
        own = (NAME,) if kind.entries else (self._settings.username_attribute,)
        return (self._settings.id_attribute, *own, *kind.fields.values())

    def _holding(self, entry: Entry, kind: CredentialKind) -> Holding | None:
        """Give what an entry holds; a damaged seal counts under the key id "?"."""
        held, subject = held_fields(entry, kind), self._subject(entry)
        if subject is None or not is_held(held, kind):
            return None
        return _as_holding(subject, kind, held)

    def _owners(self, connection: LDAPConnection, entries: Sequence[Entry]) -> Mapping[str, Entry]:
        """Read the people above entries of their own, each once."""
        wanted = (self._settings.id_attribute, self._settings.username_attribute)
        owners = {}
        for dn in dict.fromkeys(_above(entry.dn) for entry in entries):
            found = connection.search(dn, _ANYTHING, wanted, scope="base", limit=1)
            if found.entries:
                owners[dn] = found.entries[0]
        return owners

    def _place(self, owner: Entry | None, entry: Entry, kind: CredentialKind) -> Holding | None:
        """Give what an entry of its own holds, of the person above it; None for an empty one."""
        place = place_of(entry, kind)
        identity = owner.first(self._settings.id_attribute) if owner is not None else None
        username = owner.first(self._settings.username_attribute) if owner is not None else None
        if owner is None or place is None or not place.is_taken or identity is None or username is None:
            return None
        name = username.decode("utf-8", "replace")
        subject = Subject(read_id(self._settings.id_attribute, identity), name, owner.dn)
        return _as_holding(subject, kind, place.held, place.name)

    def _subject(self, entry: Entry) -> Subject | None:
        identity = entry.first(self._settings.id_attribute)
        username = entry.first(self._settings.username_attribute)
        if identity is None or username is None:
            return None
        return Subject(read_id(self._settings.id_attribute, identity), username.decode("utf-8", "replace"), entry.dn)


def _query(kind: CredentialKind) -> bytes:
    if kind.entries:
        return Query(f"(&(objectClass={kind.object_class})({KIND}={{value}}))").write(kind.name.encode())
    return Query("(objectClass={value})").write(kind.object_class.encode())


def _above(dn: str) -> str:
    """Give the entry above one of ours, whose own name has no comma."""
    return dn.partition(",")[2]


def _as_holding(subject: Subject, kind: CredentialKind, held: Mapping[str, bytes], name: str = "") -> Holding:
    return Holding(subject, held, frozenset(_key_id(held[field]) for field in kind.sealed & set(held)), name)


def _key_id(value: bytes) -> str:
    try:
        return sealed_with(value)
    except SealError:
        return "?"


def _text(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _require_success(answer: Answer, where: str) -> None:
    if answer.code != Result.SUCCESS:
        away = answer.code in {Result.BUSY, Result.UNAVAILABLE, Result.OTHER}
        code = Code.DIRECTORY_DOWN if away else Code.DIRECTORY_READ_ONLY
        raise DependencyError(code, f"{where}: result {answer.code} {answer.message}")
