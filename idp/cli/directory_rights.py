"""Tries what each account may do in the directory; every try that would change something is made to fail as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from idp.cli.directory_server import Make, read_facts, read_suffix, read_written_servers
from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.directory.connection import LDAPConnection
from idp.directory.name import read_user_filter
from idp.directory.pool import Pool, Server, ServiceAccount
from idp.directory.result import Answer, Entry, Found, Result
from idp.directory.site import open_pool, read_account
from idp.directory.wire import Change, Query
from idp.settings.model import Directory

SECRET, STEP, IDENTIFIER, CLASS = "oathSecret", "oathTOTPLastTimeStep", "oathTokenIdentifier", "oathTOTPToken"
NEVER = b"warifu directory check: no entry has this value"
NEVER_STEP = b"999999999999"
PAGE = 500
_ANYTHING = Query("(objectClass=*)").write()
_HOLDERS = Query(f"(objectClass={CLASS})").write()
_INSTALL = "Run `warifu directory install`, and see which of your own rules comes before"


class Right(StrEnum):
    """What is tried."""

    FIND = "finds people"
    LIST = "lists everybody who has an app"
    READ_SECRET = "reads secrets"  # noqa: S105 - a sentence
    SEARCH_SECRET = "searches by secrets"  # noqa: S105 - a sentence
    WRITE_SECRET = "writes secrets"  # noqa: S105 - a sentence
    DELETE_SECRET = "takes secrets away"  # noqa: S105 - a sentence
    WRITE_STEP = "moves the last time step"
    ADD_CLASS = f"adds the class {CLASS}"
    ADD_OTHER_CLASS = "adds other classes"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tried: who, what they may or may not, whether that is as it should be, and what to do if not."""

    who: str
    what: str
    is_well: bool
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class _Target:
    """The entry that is tried on, and one with an app, if there is any."""

    dn: str
    holder: str


def examine_rights(
    settings: Directory,
    helpdesk: ServiceAccount | None,
    person: ServiceAccount | None,
    username: str | None,
    uri: str,
) -> list[Finding]:
    """Try every account that is configured, the help desk's and an ordinary person's if given, and nobody's.

    Raises ConfigError, DependencyError.
    """
    verifier = read_account("bind", settings.bind_dn, settings.bind_password_file)
    enrol = read_account("enrol", settings.enrol_dn, settings.enrol_password_file)
    pool = open_pool(settings, verifier, uri)
    try:
        target = _find_target(pool, settings, username)
        findings = _examine_server(pool, settings)
    finally:
        pool.close()
    if target is None:
        what = f"does not: {Right.FIND} ({username or 'anybody'} under {settings.people_dn})"
        return [*findings, Finding("verifier", what, is_well=False, remedy=_INSTALL)]
    if not target.holder:
        findings.append(
            Finding("directory", "nobody has an app yet, so reading secrets is tried on nobody", is_well=True)
        )
    expected = _expected(apart=enrol is not None)
    accounts = {"verifier": verifier, "enrolment": enrol, "help desk": helpdesk, "a person": person, "anonymous": None}
    for who, account in accounts.items():
        if account is not None or who == "anonymous":
            findings += _examine(open_pool(settings, account, uri), settings, who, target, expected[who])
        else:
            findings.append(Finding(who, _NOT_TRIED[who], is_well=True))
    return findings


def _expected(*, apart: bool) -> Mapping[str, Mapping[Right, bool]]:
    """Say what each account must be able to do, and what it must not; what is not named does not matter."""
    nothing = {
        Right.READ_SECRET: False,
        Right.SEARCH_SECRET: False,
        Right.WRITE_SECRET: False,
        Right.DELETE_SECRET: False,
        Right.WRITE_STEP: False,
        Right.ADD_CLASS: False,
    }
    reads = {Right.FIND: True, Right.LIST: True, Right.READ_SECRET: True, Right.WRITE_STEP: True}
    writes = {Right.WRITE_SECRET: True, Right.WRITE_STEP: True, Right.ADD_CLASS: True, Right.ADD_OTHER_CLASS: False}
    return {
        "verifier": reads | ({Right.SEARCH_SECRET: False, Right.WRITE_SECRET: False} if apart else writes),
        "enrolment": writes | {Right.READ_SECRET: False, Right.SEARCH_SECRET: False},
        "help desk": {
            Right.READ_SECRET: False,
            Right.SEARCH_SECRET: False,
            Right.WRITE_SECRET: False,
            Right.DELETE_SECRET: True,
        },
        "a person": nothing,
        "anonymous": nothing,
    }


def _examine_server(pool: Pool, settings: Directory) -> list[Finding]:
    facts = read_facts(pool, settings.people_dn)
    findings = [
        Finding(
            str(facts.make), "knows the one-time-password schema", facts.has_schema, "Run `warifu directory install`"
        )
    ]
    ids = {Make.DS389: "nsUniqueId", Make.ACTIVE_DIRECTORY: "objectGUID", Make.OPENLDAP: "entryUUID"}
    right = ids.get(facts.make, settings.id_attribute)
    well = settings.id_attribute == right or (facts.make is Make.DS389 and settings.id_attribute == "entryUUID")
    remedy = f'Set directory.id_attribute = "{right}"'
    findings.append(Finding(str(facts.make), f"names entries by {settings.id_attribute}", well, remedy))
    return [*findings, *_examine_writers(pool, settings, str(facts.make))]


def _examine_writers(pool: Pool, settings: Directory, make: str) -> list[Finding]:
    """With two servers written a code may count twice: the one for ours has to be named (security.md F-22)."""
    written = read_written_servers(pool, read_suffix(pool, settings.people_dn))
    if len(written) < 2:
        return []
    what = f"is one of several servers that are written (ids {', '.join(written)})"
    if settings.writer:
        return [Finding(make, f"{what}; ours is {settings.writer}", is_well=True)]
    remedy = "Set directory.writer: one-time passwords count once only where one server records them"
    return [Finding(make, f"{what}, and directory.writer is not set", is_well=False, remedy=remedy)]


def _find_target(pool: Pool, settings: Directory, username: str | None) -> _Target | None:
    by_name = read_user_filter(settings.user_filter)
    query = by_name.write(username.encode()) if username else Query(f"({settings.username_attribute}=*)").write()
    people = _search(pool, settings.people_dn, query, (settings.id_attribute,))
    if not people.entries:
        return None
    holders = _search(pool, settings.people_dn, _HOLDERS, (SECRET,))
    readable = [entry.dn for entry in holders.entries if entry.first(SECRET) is not None]
    return _Target(people.entries[0].dn, next(iter(readable or [entry.dn for entry in holders.entries]), ""))


def _examine(
    pool: Pool, settings: Directory, who: str, target: _Target, expected: Mapping[Right, bool]
) -> list[Finding]:
    findings = []
    try:
        for right, should in expected.items():
            if right is Right.READ_SECRET and not target.holder:
                continue
            may = _TRIES[right](pool, settings, target)
            what = f"{right}" if may else f"does not: {right}"
            remedy = f"It {'should' if should else 'should not'}. {_LIMITS if right is Right.LIST else _INSTALL}"
            findings.append(Finding(who, what, may == should, remedy))
    except DependencyError as error:
        if who != "anonymous":
            findings.append(
                Finding(who, f"cannot work ({error.detail})", is_well=False, remedy="See its DN and its password file")
            )
        else:
            findings.append(Finding(who, "is refused altogether", is_well=True))
    finally:
        pool.close()
    return findings


_NOT_TRIED = {
    "enrolment": "directory.enrol_dn is not set: one account reads and writes",
    "help desk": "not tried; --helpdesk-dn names it",
    "a person": "not tried; --person-dn names an account without any role",
}
_LIMITS = "It may read only so many entries at once: see the limits in conf/ldap"


def _search(pool: Pool, base: str, query: bytes, attributes: tuple[str, ...], limit: int = 5) -> Found:
    def work(connection: LDAPConnection, _: Server) -> Found:
        return connection.search(base, query, attributes, scope="subtree", limit=limit)

    return pool.run(work, again=True)


def _base(pool: Pool, dn: str, query: bytes, attributes: tuple[str, ...]) -> tuple[Entry, ...]:
    def work(connection: LDAPConnection, _: Server) -> Found:
        return connection.search(dn, query, attributes, scope="base", limit=1)

    return pool.run(work, again=True).entries


def _modify(pool: Pool, dn: str, *changes: Change) -> bool:
    """Try a change that cannot succeed: its last part takes away what is not there, and a modify is whole or nothing.

    A server looks at the rights for every part first (RFC 4511 4.6): so the answer tells whether they were there.
    """
    work: Callable[[LDAPConnection, Server], Answer] = lambda connection, _: connection.modify(dn, changes)  # noqa: E731
    code = pool.run(work, again=False).code
    if code == Result.SUCCESS:
        raise DependencyError(Code.DIRECTORY_DOWN, f"{dn}: the server made a change that could not be made")
    return code in {Result.NO_SUCH_ATTRIBUTE, Result.ATTRIBUTE_EXISTS}


def _can_find(pool: Pool, settings: Directory, target: _Target) -> bool:
    found = _base(pool, target.dn, _ANYTHING, (settings.id_attribute, settings.username_attribute))
    return bool(found) and all(found[0].first(name) for name in (settings.id_attribute, settings.username_attribute))


def _can_list(pool: Pool, settings: Directory, target: _Target) -> bool:
    def work(connection: LDAPConnection, _: Server) -> Answer:
        return connection.search_all(settings.people_dn, _HOLDERS, (settings.id_attribute,), page=PAGE).answer

    return pool.run(work, again=False).code == Result.SUCCESS


def _can_read(pool: Pool, settings: Directory, target: _Target) -> bool:
    found = _base(pool, target.holder, _ANYTHING, (SECRET,))
    return bool(found) and found[0].first(SECRET) is not None


def _can_search(pool: Pool, settings: Directory, target: _Target) -> bool:
    """Whoever may not search by a value is told neither that it is there nor that it is not (RFC 4511 4.5.1.7)."""
    query = Query(f"(!({SECRET}={{value}}))").write(NEVER)
    return bool(_base(pool, target.dn, query, (settings.id_attribute,)))


def _can_write(pool: Pool, settings: Directory, target: _Target) -> bool:
    return _modify(pool, target.dn, ("replace", SECRET, (b"a try",)), ("delete", SECRET, (NEVER,)))


def _can_delete(pool: Pool, settings: Directory, target: _Target) -> bool:
    return _modify(pool, target.dn, ("delete", SECRET, (NEVER,)))


def _can_write_step(pool: Pool, settings: Directory, target: _Target) -> bool:
    return _modify(pool, target.dn, ("replace", STEP, (b"1",)), ("delete", STEP, (NEVER_STEP,)))


def _can_add_class(pool: Pool, settings: Directory, target: _Target) -> bool:
    return _modify(pool, target.dn, ("add", "objectClass", (CLASS.encode(),)), ("delete", IDENTIFIER, (NEVER,)))


def _can_add_other_class(pool: Pool, settings: Directory, target: _Target) -> bool:
    return _modify(pool, target.dn, ("add", "objectClass", (b"pkiUser",)), ("delete", IDENTIFIER, (NEVER,)))


_TRIES: Mapping[Right, Callable[[Pool, Directory, _Target], bool]] = {
    Right.FIND: _can_find,
    Right.LIST: _can_list,
    Right.READ_SECRET: _can_read,
    Right.SEARCH_SECRET: _can_search,
    Right.WRITE_SECRET: _can_write,
    Right.DELETE_SECRET: _can_delete,
    Right.WRITE_STEP: _can_write_step,
    Right.ADD_CLASS: _can_add_class,
    Right.ADD_OTHER_CLASS: _can_add_other_class,
}
