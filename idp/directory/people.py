"""The people of the directory: who a typed name is, what their entry says, whether a password is theirs."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from secrets import token_hex
from threading import Lock
from time import monotonic

from idp.core.clock import Clock
from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.connection import WHO_AM_I, ConnectionLostError, LDAPConnection
from idp.directory.entries import KIND, person_dn
from idp.directory.name import (
    is_same_dn,
    is_usable_password,
    is_usable_username,
    read_user_filter,
)
from idp.directory.pace import Pace
from idp.directory.policy import judge_bind
from idp.directory.pool import Pool, Server
from idp.directory.record import (
    STATE_ATTRIBUTES,
    AccountState,
    PersonRecord,
    read_id,
    read_state,
    read_texts,
    write_id,
)
from idp.directory.result import Answer, Entry, Found, Result
from idp.directory.wire import Query, Scope
from idp.plugin.tools import Attributes, BindAnswer, BindState, CredentialKind
from idp.settings.model import Directory as DirectorySettings

SHORTEST_BEGINNING = 3
_MOST_REMEMBERED = 4096
_NOT_PEOPLE = frozenset(("alias", "referral", "warifucredential"))
_ANYTHING = Query("(objectClass=*)").write()
_WRONG = BindAnswer(BindState.WRONG)


class Directory:
    """The `People` of the plug-in interface; one search and one bind a login."""

    def __init__(
        self, settings: DirectorySettings, service: Pool, binds: Pool, clock: Clock, wanted: Iterable[str] = ()
    ) -> None:
        self._by_name = read_user_filter(settings.user_filter)
        self._by_id = Query(f"({settings.id_attribute}={{value}})")
        self._settings = settings
        self._service = service
        self._binds = binds
        self._clock = clock
        names = (settings.id_attribute, settings.username_attribute, settings.group_attribute, "objectClass")
        self._state_attributes = STATE_ATTRIBUTES[settings.id_attribute]
        self._attributes = _without_repeats((*names, *settings.attributes, *wanted, *self._state_attributes))
        self._pace = Pace()
        self._lock = Lock()
        self._records: OrderedDict[str, PersonRecord] = OrderedDict()

    def find(self, username: str) -> Subject | None:
        """Give the one entry that `username` names; None for none or several. Raises DependencyError.

        What else is needed of the entry comes with the same search and is kept for `attributes`.
        """
        if not is_usable_username(username):
            return None
        query = self._by_name.write(username.encode("utf-8"))
        record = self._only(query)
        if record is None:
            return None
        self._remember(record)
        return record.subject

    def by_id(self, identity: str) -> Subject | None:
        """Give the one entry of this immutable id; None for none, and for what is no id. Raises DependencyError."""
        try:
            value = write_id(self._settings.id_attribute, identity)
        except ValueError:
            return None
        return self.find_by(self._settings.id_attribute, value)

    def search(self, text: str, attributes: Sequence[str], most: int) -> Sequence[PersonRecord] | None:
        """Give who has `text` in the user name or an attribute: all of it, or from 3 letters on its beginning.

        None where more than `most` answer: nobody is ever listed by asking for little. Raises DependencyError.
        """
        if not is_usable_username(text):
            return ()
        end = "*" if len(text) >= SHORTEST_BEGINNING else ""
        names = _without_repeats((self._settings.username_attribute, *attributes))
        people = self._settings.user_filter.replace("{username}", "*")
        query = Query(f"(&{people}(|{''.join(f'({name}={{value}}{end})' for name in names)}))")
        found = self._search(self._settings.people_dn, query.write(text.encode("utf-8")), "subtree", most + 1)
        if found.answer.code == Result.SIZE_LIMIT or len(found.entries) > most:
            return None
        return [record for entry in found.entries if (record := self._read(entry)) is not None]

    def find_by(self, attribute: str, value: bytes) -> Subject | None:
        """Give the one entry whose `attribute` the directory finds equal to `value`; None for none or several.

        One that has a NUL is nobody's. Raises DependencyError.
        """
        if _ends_early(value):
            return None
        record = self._only(Query(f"({attribute}={{value}})").write(value))
        return record.subject if record is not None else None

    def find_by_credential(self, kind: CredentialKind, field: str, value: bytes) -> Subject | None:
        """Give the one person under whom an entry of a kind has this value in a field; None for none or several.

        Raises DependencyError.
        """
        if _ends_early(value):
            return None
        ours = Query(f"(&(objectClass={kind.object_class})({kind.fields[field]}={{value}}))").write(value)
        found = self._search(self._settings.people_dn, ours, "subtree", 2, (KIND,))
        if len(found.entries) != 1 or found.entries[0].first(KIND) != kind.name.encode():
            return None
        person = person_dn(found.entries[0].dn)
        above = self._search(person, _ANYTHING, "base", 2) if person else None
        record = self._read(above.entries[0]) if above is not None and len(above.entries) == 1 else None
        return record.subject if record is not None else None

    def holds(self, subject: Subject, attribute: str, value: bytes) -> bool:
        """Say whether the entry has this very value, octet for octet. Raises DependencyError."""
        wanted = (self._settings.id_attribute, attribute)
        found = self._search(subject.dn, _ANYTHING, "base", 2, wanted)
        return any(
            value in entry.values.get(attribute.lower(), ()) and self._is_of(entry, subject) for entry in found.entries
        )

    def attributes(self, subject: Subject) -> Attributes:
        """Give the entry's attributes, at most `fresh_seconds` old; none of an entry that is gone."""
        return self.person(subject).attributes

    def person(self, subject: Subject, *, read_since: datetime | None = None) -> PersonRecord:
        """Give the entry and the state of the account, at most `fresh_seconds` old. Raises DependencyError.

        With `read_since`, what was read before that moment is read again, fresh or not.
        """
        record = self._records.get(subject.id)
        if record is not None and self._is_fresh(record) and (read_since is None or record.read_at >= read_since):
            return record
        record = self._read_again(subject)
        self._remember(record)
        return record

    def account_state(self, subject: Subject) -> AccountState:
        """Say whether the account is in use. Raises DependencyError."""
        return self.person(subject).state

    def bind(self, subject: Subject | None, password: Secret) -> BindAnswer:
        """Prove a password on a connection of its own; nobody's password is WRONG and takes as long to say.

        Raises DependencyError when the directory says nothing of the person, or takes them for somebody else.
        """
        if not is_usable_password(password):
            return _WRONG
        began = monotonic()
        dn = subject.dn if subject is not None else self._nobody()
        answer, who = self._binds.run(lambda connection, server: _bind(connection, server, dn, password), again=True)
        verdict = judge_bind(answer)
        if verdict is None:
            raise DependencyError(Code.DIRECTORY_DOWN, f"bind as {dn}: result {answer.code} {answer.message}")
        if subject is None:
            verdict = _WRONG
        if verdict.state is BindState.ACCEPTED and subject is not None:
            return self._accept(subject, verdict, who)
        if verdict.state is BindState.WRONG and subject is not None:
            self._pace.remember(began)
        else:
            self._pace.keep(began)
        return verdict

    def _accept(self, subject: Subject, verdict: BindAnswer, who: Answer | None) -> BindAnswer:
        """A success counts only for the entry it was asked for, and for an account in use (W-04, W-14)."""
        if who is not None:
            _verify_identity(subject, who)
        record = self._records.get(subject.id)
        if record is None or record.state is AccountState.ACTIVE:
            return verdict
        if record.state is AccountState.DISABLED:
            return BindAnswer(BindState.DISABLED)
        if record.state is AccountState.MUST_CHANGE:
            return BindAnswer(BindState.MUST_CHANGE)
        with self._lock:  # a lock that has run out is taken off by the bind
            self._records.pop(subject.id, None)
        return verdict

    def _nobody(self) -> str:
        return f"{self._settings.username_attribute}={token_hex(8)},{self._settings.people_dn}"

    def _only(self, query: bytes) -> PersonRecord | None:
        """Read the one entry that answers; None for none or several."""
        found = self._search(self._settings.people_dn, query, "subtree", 2)
        if found.answer.code == Result.SIZE_LIMIT or len(found.entries) != 1:
            return None
        return self._read(found.entries[0])

    def _is_of(self, entry: Entry, subject: Subject) -> bool:
        identity = entry.first(self._settings.id_attribute)
        return identity is not None and read_id(self._settings.id_attribute, identity) == subject.id

    def _search(
        self, base: str, query: bytes, scope: Scope, limit: int, attributes: tuple[str, ...] | None = None
    ) -> Found:
        def work(connection: LDAPConnection, _: Server) -> Found:
            found = connection.search(base, query, attributes or self._attributes, scope=scope, limit=limit)
            if found.answer.code in {Result.BUSY, Result.UNAVAILABLE, Result.OTHER}:
                raise ConnectionLostError(f"{connection.address.uri}: result {found.answer.code}")
            return found

        found = self._service.run(work, again=True)
        allowed = {Result.SUCCESS, Result.SIZE_LIMIT} | ({Result.NO_SUCH_OBJECT} if scope == "base" else set())
        if found.answer.code not in allowed:
            raise DependencyError(
                Code.DIRECTORY_DOWN, f"search under {base}: result {found.answer.code} {found.answer.message}"
            )
        return found

    def _read(self, entry: Entry) -> PersonRecord | None:
        settings = self._settings
        classes = {value.lower() for value in entry.values.get("objectclass", ())}
        identity, username = entry.first(settings.id_attribute), entry.first(settings.username_attribute)
        if identity is None or username is None or any(name.encode() in classes for name in _NOT_PEOPLE):
            return None
        now = self._clock()
        try:
            subject = Subject(read_id(settings.id_attribute, identity), username.decode("utf-8"), entry.dn)
        except ValueError:
            return None
        texts = read_texts(entry, leave_out=("objectClass", settings.id_attribute, *self._state_attributes))
        return PersonRecord(subject, texts, now, read_state(entry, now, settings.lockout_seconds))

    def _read_again(self, subject: Subject) -> PersonRecord:
        """Where the entry was, and if it is another or none, wherever it has gone by its id."""
        attribute = self._settings.id_attribute
        by_id = self._by_id.write(write_id(attribute, subject.id))
        places: tuple[tuple[str, bytes, Scope], ...] = (
            (subject.dn, _ANYTHING, "base"),
            (self._settings.people_dn, by_id, "subtree"),
        )
        for base, query, scope in places:
            for entry in self._search(base, query, scope, 2).entries:
                record = self._read(entry)
                if record is not None and record.subject.id == subject.id:
                    return record
        return PersonRecord(subject, {}, self._clock(), AccountState.GONE)

    def _is_fresh(self, record: PersonRecord) -> bool:
        age = (self._clock() - record.read_at).total_seconds()
        return 0 <= age < self._settings.fresh_seconds

    def _remember(self, record: PersonRecord) -> None:
        with self._lock:
            self._records[record.subject.id] = record
            self._records.move_to_end(record.subject.id)
            while len(self._records) > _MOST_REMEMBERED:
                self._records.popitem(last=False)


def _bind(connection: LDAPConnection, server: Server, dn: str, password: Secret) -> tuple[Answer, Answer | None]:
    if server.offers is None:
        server.offers = _read_offers(connection)
    answer = connection.bind(dn, password)
    if answer.code in {Result.BUSY, Result.UNAVAILABLE}:
        raise ConnectionLostError(f"{connection.address.uri}: result {answer.code}")
    verdict = judge_bind(answer)
    asks = verdict is not None and verdict.state is BindState.ACCEPTED and WHO_AM_I in server.offers
    return answer, connection.who_am_i() if asks else None


def _read_offers(connection: LDAPConnection) -> frozenset[str]:
    found = connection.search("", _ANYTHING, ("supportedExtension",), scope="base", limit=1)
    values: Sequence[bytes] = found.entries[0].values.get("supportedextension", ()) if found.entries else ()
    return frozenset(value.decode("ascii", "replace") for value in values)


def _verify_identity(subject: Subject, who: Answer) -> None:
    """Compare an authzId with the entry (RFC 4513 5.2.1.8); Active Directory's `u:` only says it is not anonymous."""
    text = who.value.decode("utf-8", "replace")
    is_theirs = is_same_dn(text[3:], subject.dn) if text.startswith("dn:") else text.startswith("u:") and len(text) > 2
    if who.code != Result.SUCCESS or not is_theirs:
        raise DependencyError(
            Code.DIRECTORY_DOWN, f"bind as {subject.dn} was taken for {text[:200]!r} (result {who.code})"
        )


def _ends_early(value: bytes) -> bool:
    """Directories end a value that is searched for at a NUL."""
    return b"\0" in value


def _without_repeats(names: Iterable[str]) -> tuple[str, ...]:
    return tuple({name.lower(): name for name in names if name}.values())
