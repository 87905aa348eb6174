"""Whether the directory's own lock comes later than ours: if not, strangers can lock people out (security.md W-11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from idp.cli.directory_server import read_suffix
from idp.core.errors import DependencyError
from idp.directory.connection import LDAPConnection
from idp.directory.pool import Pool, Server
from idp.directory.result import Entry, Found
from idp.directory.site import open_pool, read_account
from idp.directory.wire import Query, Scope
from idp.plugin import Budget
from idp.settings.model import IdPSettings

METHOD = "password"
MOST_POLICIES = 50
_POLICIES = Query("(|(objectClass=pwdPolicy)(objectClass=passwordPolicy))").write()
_ANYTHING = Query("(objectClass=*)").write()
_OPENLDAP = ("pwdLockout", "pwdMaxFailure", "pwdFailureCountInterval")
_DS389 = ("passwordLockout", "passwordMaxFailure", "passwordResetFailureCount")
_ON = frozenset((b"TRUE", b"ON"))


@dataclass(frozen=True, slots=True)
class Lock:
    """A password policy that locks: after so many failures, each forgotten after `interval`; None for never."""

    dn: str
    attribute: str
    failures: int
    interval: timedelta | None


def find_lock_warnings(settings: IdPSettings, budget: Budget | None) -> list[str]:
    """Compare the policies that the directory lets us read with what our limits let through; says nothing of others."""
    directory = settings.directory
    pool = open_pool(directory, read_account("bind", directory.bind_dn, directory.bind_password_file))
    try:
        locks = _read_locks(pool, directory.people_dn)
    except DependencyError:
        return []
    finally:
        pool.close()
    places = 1 + sum(bool(network.ranges) for network in settings.networks.values())
    return [warning for lock in locks if (warning := _compare(lock, budget, places))]


def most_failures(budget: Budget, interval: timedelta) -> int:
    """Give how many wrong passwords reach the directory from one place in any `interval`.

    A limit's time begins with its first try: so many of them fit into the interval, and one more that began before.
    """
    return min(limit.tries * (ceil(interval / limit.window) + 1) for limit in budget.person)


def _compare(lock: Lock, budget: Budget | None, places: int) -> str:
    where = f"directory: {lock.dn}"
    if lock.interval is None:
        return f"{where}: failures are never forgotten, so strangers can lock people out; set an interval of 900 s"
    if budget is None or not budget.person:
        return f"{where}: {lock.attribute} {lock.failures}, and nothing of ours comes before it ([limits.{METHOD}])"
    reach = places * most_failures(budget, lock.interval)
    if lock.failures > reach:
        return ""
    return (
        f"{where}: {lock.attribute} {lock.failures} can fall before our own limits do: from {places} places up to "
        f"{reach} wrong passwords reach it in {lock.interval.total_seconds():.0f} s, so strangers can lock people out; "
        f"set it to {reach + 1} or more, or lower [limits.{METHOD}]"
    )


def _read_locks(pool: Pool, people_dn: str) -> list[Lock]:
    suffix = read_suffix(pool, people_dn)
    found = [*_search(pool, suffix, _POLICIES).entries] if suffix else []
    found += _search(pool, "cn=config", _ANYTHING, "base").entries
    return [lock for entry in found for lock in _locks(entry)]


def _locks(entry: Entry) -> Iterator[Lock]:
    for lockout, most, interval in (_OPENLDAP, _DS389):
        failures = _number(entry, most)
        if (entry.first(lockout) or b"").upper() in _ON and failures:
            seconds = _number(entry, interval)
            yield Lock(entry.dn, most, failures, timedelta(seconds=seconds) if seconds else None)


def _number(entry: Entry, attribute: str) -> int:
    value = entry.first(attribute) or b"0"
    return int(value) if value.isdigit() else 0


def _search(pool: Pool, base: str, query: bytes, scope: Scope = "subtree") -> Found:
    def work(connection: LDAPConnection, _: Server) -> Found:
        return connection.search(base, query, (*_OPENLDAP, *_DS389), scope=scope, limit=MOST_POLICIES)

    return pool.run(work, again=True)
