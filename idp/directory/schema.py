"""What a directory's schema holds, by name (RFC 4512 4.2 to 4.4)."""

import re

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.directory.connection import LDAPConnection
from idp.directory.pool import Pool, Server
from idp.directory.result import Entry
from idp.directory.wire import Query

_ANYTHING = Query("(objectClass=*)").write()
_WHERE = "subschemaSubentry"
_HELD = ("objectClasses", "attributeTypes")
_NAMES = re.compile(rb"\bNAME\s+(?:'([^']+)'|\(([^)]*)\))")


def read_schema_names(pool: Pool) -> frozenset[str]:
    """Give the names of all object classes and attributes, in lower case. Raises DependencyError."""
    place = _read(pool, "", (_WHERE,)).first(_WHERE)
    entry = _read(pool, place.decode("utf-8") if place else "cn=Subschema", _HELD)
    found: set[str] = set()
    for attribute in _HELD:
        for definition in entry.values.get(attribute.lower(), ()):
            found |= _names(definition)
    return frozenset(found)


def _read(pool: Pool, base: str, attributes: tuple[str, ...]) -> Entry:
    def work(connection: LDAPConnection, _: Server) -> tuple[Entry, ...]:
        return connection.search(base, _ANYTHING, attributes, scope="base", limit=1).entries

    entries = pool.run(work, again=True)
    if not entries:
        raise DependencyError(Code.DIRECTORY_DOWN, f"{base or 'the root entry'} cannot be read")
    return entries[0]


def _names(definition: bytes) -> set[str]:
    match = _NAMES.search(definition)
    if match is None:
        return set()
    one, several = match.groups()
    text = one if one is not None else several
    return {name.strip("'").lower() for name in text.decode("utf-8", "replace").split()}
