"""What a directory server says of itself: its make, and whether it knows the one-time-password schema."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.directory.connection import LDAPConnection
from idp.directory.pool import Pool, Server
from idp.directory.result import Entry, Result
from idp.directory.schema import read_schema_names
from idp.directory.wire import Query

NEEDED = ("oathTOTPToken", "oathSecret", "oathTokenIdentifier", "oathTOTPLastTimeStep", "oathFailureCount")
ENTRIES = (
    "warifuCredential",
    "warifuCredentialKind",
    "warifuCredentialId",
    "warifuCredentialSecret",
    "warifuCredentialData",
)
_ANYTHING = Query("(objectClass=*)").write()


class Make(StrEnum):
    """The makes of servers that differ for us."""

    OPENLDAP = "openldap"
    DS389 = "389ds"
    ACTIVE_DIRECTORY = "active-directory"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server's make, whether it has the schema, and OpenLDAP's database that holds the people, if it lets us see.

    `has_entries` and `has_entry_rules` are about credentials that are entries of their own.

    `indexed` are the attributes that database has an index of, `names` what the schema knows, in lower case both.
    """

    make: Make
    has_schema: bool
    database: str = ""
    has_rules: bool = False
    indexed: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    has_entries: bool = False
    has_entry_rules: bool = False


def read_facts(pool: Pool, people_dn: str) -> ServerFacts:
    """Ask a server. Raises DependencyError."""
    root = _read(pool, "", ("vendorName", "objectClass", "forestFunctionality"))
    make = _make(root)
    names = read_schema_names(pool)
    facts = ServerFacts(make, _knows(names, NEEDED), names=names, has_entries=_knows(names, ENTRIES))
    if make is Make.DS389:
        return _with_rules(facts, _read(pool, people_dn, ("aci",)).values.get("aci", ()))
    database = _database(pool, people_dn) if make is Make.OPENLDAP else None
    if database is None:
        return facts
    seen = replace(facts, database=database.dn, indexed=_indexed(database))
    return _with_rules(seen, database.values.get("olcaccess", ()))


def _knows(names: frozenset[str], needed: tuple[str, ...]) -> bool:
    return all(name.lower() in names for name in needed)


def _with_rules(facts: ServerFacts, rules: Sequence[bytes]) -> ServerFacts:
    """Note which of our rules are there, by the secrets that they are about."""
    marks = {Make.DS389: (b'"oathSecret"', b'"warifuCredentialSecret"')}
    otp, entries = marks.get(facts.make, (b"attrs=oathSecret", b"attrs=warifuCredentialSecret"))
    found = [any(mark in rule for rule in rules) for mark in (otp, entries)]
    return replace(facts, has_rules=found[0], has_entry_rules=found[1])


def read_suffix(pool: Pool, people_dn: str) -> str:
    """Give the naming context that holds the people; "" if the server does not tell. Raises DependencyError."""
    contexts = _read(pool, "", ("namingContexts",)).values.get("namingcontexts", ())
    names = [context.decode("utf-8", "replace") for context in contexts]
    return max((name for name in names if people_dn.lower().endswith(name.lower())), key=len, default="")


def read_written_servers(pool: Pool, suffix: str) -> tuple[str, ...]:
    """Give the ids of the servers that ever were written, as an OpenLDAP that copies knows them (contextCSN).

    000 is what was put in before the servers had ids; one that copies both ways has another. Raises DependencyError.
    """
    stamps = _read(pool, suffix, ("contextCSN",)).values.get("contextcsn", ())
    ids = {stamp.split(b"#")[2].decode("ascii", "replace") for stamp in stamps if stamp.count(b"#") == 3}
    return tuple(sorted(ids - {"000"}))


def _make(root: Entry | None) -> Make:
    if root is None:
        return Make.OTHER
    if b"389" in (root.first("vendorName") or b""):
        return Make.DS389
    if b"OpenLDAProotDSE" in root.values.get("objectclass", ()):
        return Make.OPENLDAP
    return Make.ACTIVE_DIRECTORY if root.first("forestFunctionality") else Make.OTHER


def _indexed(database: Entry) -> frozenset[str]:
    """Give what `olcDbIndex: uid,mail eq` and its like name."""
    lists = (value.decode("utf-8", "replace").split() for value in database.values.get("olcdbindex", ()))
    return frozenset(name.lower() for words in lists if words for name in words[0].split(","))


def _database(pool: Pool, people_dn: str) -> Entry | None:
    """Give the entry of the database with the longest suffix that people_dn ends in; None if it is not shown."""
    query = Query("(olcSuffix=*)").write()

    def work(connection: LDAPConnection, _: Server) -> tuple[Entry, ...]:
        found = connection.search(
            "cn=config", query, ("olcSuffix", "olcAccess", "olcDbIndex"), scope="subtree", limit=100
        )
        return found.entries

    best: tuple[int, Entry] | None = None
    for entry in pool.run(work, again=True):
        for suffix in entry.values.get("olcsuffix", ()):
            text = suffix.decode("utf-8", "replace")
            if people_dn.lower().endswith(text.lower()) and (best is None or len(text) > best[0]):
                best = (len(text), entry)
    return best[1] if best else None


def _read(pool: Pool, base: str, attributes: tuple[str, ...]) -> Entry:
    def work(connection: LDAPConnection, _: Server) -> Entry:
        found = connection.search(base, _ANYTHING, attributes, scope="base", limit=1)
        if found.answer.code not in {Result.SUCCESS, Result.NO_SUCH_OBJECT}:
            reason = f"{base or 'the root entry'}: result {found.answer.code} {found.answer.message}"
            raise DependencyError(Code.DIRECTORY_DOWN, reason)
        return found.entries[0] if found.entries else Entry(base, {})

    return pool.run(work, again=True)
