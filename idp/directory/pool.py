"""Connections kept ready, one holder at a time, over a list of servers of which the first that is well is used."""

import os
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import TypeVar

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.secret import Secret
from idp.core.turn import stepping_aside
from idp.directory.address import ServerAddress
from idp.directory.breaker import Breaker
from idp.directory.connection import ConnectionLostError, LDAPConnection
from idp.directory.result import Result
from idp.directory.watchdog import Deadline, Watchdog

OLDEST_SECONDS = 270.0
"""Connections are not kept longer: servers and firewalls drop what is old or idle (directory.md 5)."""

_QUEUE_SECONDS = 0.25

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An account of ours in the directory."""

    dn: str
    password: Secret


@dataclass(slots=True)
class Server:
    """One server and what this process has learned of it; `offers` are the extensions its root entry names."""

    address: ServerAddress
    context: ssl.SSLContext | None
    breaker: Breaker = field(default_factory=Breaker)
    offers: frozenset[str] | None = None


class Bulkhead:
    """So many callers at most wait for the directory; the next ones are told at once (security.md F-03)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pid = os.getpid()
        self._free = BoundedSemaphore(limit)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Take a place for a block; raises DependencyError when there is none."""
        if self._pid != os.getpid():
            self._pid, self._free = os.getpid(), BoundedSemaphore(self._limit)
        free = self._free
        if not (free.acquire(blocking=False) or _acquire_soon(free)):
            raise DependencyError(Code.DIRECTORY_DOWN, "too many are waiting for the directory")
        try:
            yield
        finally:
            free.release()


def _acquire_soon(free: BoundedSemaphore) -> bool:
    with stepping_aside():
        return free.acquire(timeout=_QUEUE_SECONDS)


class Pool:
    """Connections of one kind: bound as `account`, or unbound, for people's passwords.

    `servers` may be asked for anew each time; `away` is what is said when none of them answers.

    Made in any process, used in each: what was opened before a fork is let go of after it.
    """

    def __init__(
        self,
        servers: Sequence[Server] | Callable[[], Sequence[Server]],
        account: ServiceAccount | None,
        *,
        bulkhead: Bulkhead,
        watchdog: Watchdog,
        timeout_seconds: float,
        away: Code = Code.DIRECTORY_DOWN,
    ) -> None:
        self._servers = servers
        self._away = away
        self._account = account
        self._bulkhead = bulkhead
        self._watchdog = watchdog
        self._timeout_seconds = timeout_seconds
        self._pid = os.getpid()
        self._lock = Lock()
        self._idle: list[tuple[Server, LDAPConnection]] = []

    def run(self, work: Callable[[LDAPConnection, Server], T], *, again: bool) -> T:
        """Give `work` a connection for one operation and its deadline; raises DependencyError.

        With `again` an operation whose connection was lost is tried once more: on another server if there is one,
        otherwise in what is left of the time. Writes are never tried twice.
        """
        self._let_go_after_fork()
        with self._bulkhead.enter():
            server = self._choose(None)
            give_up_at = monotonic() + self._timeout_seconds
            try:
                return self._once(server, work, self._timeout_seconds)
            except ConnectionLostError as error:
                reason = str(error)
            other = self._choose(server, reason) if again else None
            left = give_up_at - monotonic() if other is server else self._timeout_seconds
            if other is None or left <= 0:
                raise DependencyError(self._away, reason)
            try:
                return self._once(other, work, left)
            except ConnectionLostError as error:
                raise DependencyError(self._away, f"{reason}; {error}") from error

    def close(self) -> None:
        """End the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _once(self, server: Server, work: Callable[[LDAPConnection, Server], T], seconds: float) -> T:
        connection = None
        try:
            with self._watchdog.deadline(seconds) as deadline:
                connection = self._take(server, deadline)
                result = work(connection, server)
        except ConnectionLostError:
            server.breaker.failed()
            self._forget(server, connection)
            raise
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        server.breaker.succeeded()
        with self._lock:
            self._idle.append((server, connection))
        return result

    def _choose(self, failed: Server | None, reason: str = "") -> Server:
        servers = self._servers() if callable(self._servers) else self._servers
        for server in sorted(servers, key=lambda item: (item is failed, item.breaker.is_suspect())):
            if server.breaker.may_try():
                return server
        raise DependencyError(self._away, reason or "no directory server has answered lately")

    def _take(self, server: Server, deadline: Deadline) -> LDAPConnection:
        while (connection := self._pop(server)) is not None:
            if monotonic() - connection.opened_at < OLDEST_SECONDS and connection.is_quiet():
                connection.watch(deadline)
                return connection
            connection.close()
        return self._open(server, deadline)

    def _pop(self, server: Server) -> LDAPConnection | None:
        with self._lock:
            for index in range(len(self._idle) - 1, -1, -1):
                if self._idle[index][0] is server:
                    return self._idle.pop(index)[1]
        return None

    def _open(self, server: Server, deadline: Deadline) -> LDAPConnection:
        with stepping_aside():
            connection = LDAPConnection(server.address, server.context, deadline)
        try:
            if self._account is not None:
                self._log_in(connection, self._account)
        except BaseException:
            connection.close()
            raise
        return connection

    def _log_in(self, connection: LDAPConnection, account: ServiceAccount) -> None:
        answer = connection.bind(account.dn, account.password)
        if answer.code != Result.SUCCESS:
            uri = connection.address.uri
            raise ConnectionLostError(f"{uri}: {account.dn} may not log in (result {answer.code} {answer.message})")

    def _forget(self, server: Server, connection: LDAPConnection | None) -> None:
        with self._lock:
            dropped = [item for item in self._idle if item[0] is server]
            self._idle = [item for item in self._idle if item[0] is not server]
        for _, item in dropped:
            item.close()
        if connection is not None:
            connection.close()

    def _let_go_after_fork(self) -> None:
        if self._pid == os.getpid():
            return
        inherited, self._idle = self._idle, []
        self._pid, self._lock = os.getpid(), Lock()
        for _, connection in inherited:
            connection.abandon()
