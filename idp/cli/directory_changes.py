"""Changes to a directory, read from conf/ldap with a site's own names written in; as text, or made at once."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from idp.cli.slapd_entries import (
    ENROL_DN,
    HELPDESK_DN,
    PEOPLE_DN,
    REPLICATION_DN,
    SUFFIX,
    VERIFIER_DN,
)
from idp.core.ldif import fold, unfold
from idp.directory.connection import LDAPConnection
from idp.directory.pool import Pool, Server
from idp.directory.result import Answer
from idp.directory.wire import Change

CONF = Path(__file__).resolve().parents[2] / "conf" / "ldap"
EXAMPLE_DATABASE = "olcDatabase={1}mdb,cn=config"


@dataclass(frozen=True, slots=True)
class Names:
    """What a site calls the things of the examples in conf/ldap; a role that is not there is left out."""

    people_dn: str
    verifier: str
    enrol: str
    helpdesk: str = ""
    replication: str = ""
    database: str = EXAMPLE_DATABASE

    def fill(self, text: str) -> str:
        """Write the names in place of the examples'."""
        for example, name in (
            (REPLICATION_DN, self.replication or _nobody(REPLICATION_DN)),
            (HELPDESK_DN, self.helpdesk or _nobody(HELPDESK_DN)),
            (ENROL_DN, self.enrol),
            (VERIFIER_DN, self.verifier),
            (PEOPLE_DN, self.people_dn),
            (EXAMPLE_DATABASE, self.database),
        ):
            text = text.replace(example, name)
        return text


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """One change of one entry; `changes` are empty for a new entry, whose `attributes` are given."""

    dn: str
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...] = ()
    changes: tuple[Change, ...] = ()

    def as_ldif(self) -> str:
        """Write it for ldapmodify."""
        lines = [_line("dn", self.dn.encode()), f"changetype: {'modify' if self.changes else 'add'}"]
        lines += [_line(name, value) for name, values in self.attributes for value in values]
        for kind, attribute, values in self.changes:
            lines += [f"{kind}: {attribute}", *(_line(attribute, value) for value in values), "-"]
        return "\n".join(lines) + "\n"

    def apply(self, pool: Pool) -> Answer:
        """Make it. Raises DependencyError."""

        def work(connection: LDAPConnection, _: Server) -> Answer:
            if self.changes:
                return connection.modify(self.dn, self.changes)
            return connection.add(self.dn, self.attributes)

        return pool.run(work, again=False)


def read_changes(name: str, names: Names) -> list[DirectoryChange]:
    """Read a file of conf/ldap, `names` written in."""
    records: list[list[str]] = [[]]
    for line in unfold((CONF / name).read_text(encoding="utf-8")):
        if not line:
            records.append([])
        elif not line.startswith("#"):
            records[-1].append(names.fill(line))
    return [_change(lines) for lines in records if lines]


def read_schema_389(name: str) -> DirectoryChange:
    """Give a schema for 389 Directory Server as a change of the running server."""
    (entry,) = read_changes(name, Names("", "", ""))
    wanted = [(name, values) for name, values in entry.attributes if name in ("attributeTypes", "objectClasses")]
    return DirectoryChange(entry.dn, changes=tuple(("add", name, values) for name, values in wanted))


def read_indexes(names: Names, indexed: frozenset[str], known: frozenset[str]) -> list[DirectoryChange]:
    """Give the indexes that a database of OpenLDAP does not have, of attributes that its schema knows."""
    (change,) = read_changes("indexes.ldif", names)
    missing = tuple(one for one in change.changes if (name := _indexed_name(one)) in known and name not in indexed)
    return [DirectoryChange(change.dn, changes=missing)] if missing else []


def _indexed_name(change: Change) -> str:
    return change[2][0].decode("ascii").partition(" ")[0].lower()


def _change(lines: list[str]) -> DirectoryChange:
    dn = _split(lines[0])[1]
    pairs = [_split(line) if line != "-" else ("-", "") for line in lines[1:]]
    if ("changetype", "modify") not in pairs:
        return DirectoryChange(dn, attributes=_grouped([pair for pair in pairs if pair[0] != "changetype"]))
    changes: list[Change] = []
    for name, value in pairs[1:]:
        if name in ("add", "delete", "replace"):
            changes.append((name, value, []))  # type: ignore[arg-type]
        elif name != "-":
            kind, attribute, values = changes[-1]
            changes[-1] = (kind, attribute, [*values, value.encode()])
    return DirectoryChange(dn, changes=tuple(changes))


def _grouped(pairs: list[tuple[str, str]]) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
    grouped: dict[str, list[bytes]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value.encode())
    return tuple((name, tuple(values)) for name, values in grouped.items())


def _split(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()


def _line(name: str, value: bytes) -> str:
    plain = value.isascii() and not value.startswith((b" ", b":", b"<")) and not value.endswith(b" ")
    return fold(f"{name}: {value.decode()}" if plain else f"{name}:: {b64encode(value).decode()}")


def _nobody(example: str) -> str:
    """A role that a site does not have is an account that is not there."""
    return f"{example.partition(',')[0]},cn=nobody,{SUFFIX.partition(',')[0]}.invalid"
