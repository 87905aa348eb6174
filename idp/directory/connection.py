"""One connection to one server, ldap3 fenced in: no referrals, no schema, exact bytes, one deadline an operation.

The traps this closes are numbered in directory.md 5; any exception ends the connection.
"""

import select
import socket
import ssl
from collections.abc import Callable, Sequence
from math import ceil
from time import monotonic
from typing import Any

import ldap3 as untyped_ldap3
from ldap3.core.exceptions import LDAPExceptionError

from idp.core.secret import Secret
from idp.core.turn import stepping_aside
from idp.directory.address import ServerAddress
from idp.directory.reply import read_cookie, read_reply
from idp.directory.result import Answer, Entry, Found
from idp.directory.transport import VerifiedTls
from idp.directory.watchdog import Deadline
from idp.directory.wire import (
    PAGED,
    Change,
    Scope,
    add_request,
    bind_request,
    control,
    extended_request,
    message,
    modify_request,
    paged_control,
    search_request,
)

ldap3: Any = untyped_ldap3

PPOLICY = "1.3.6.1.4.1.42.2.27.8.5.1"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
SOON_MILLISECONDS = 2
"""So long an answer is waited for before the thread steps aside: handing over costs more than a short wait."""
_ASK_POLICY = control(PPOLICY)
_ASK_WHO = extended_request(WHO_AM_I)


class ConnectionLostError(Exception):
    """The connection cannot be used any more; the text is for the log. `is_ours` when only we ran out of time."""


class LDAPConnection:
    """An open connection in the hands of one caller at a time (trap 7); every method raises ConnectionLostError."""

    def __init__(self, address: ServerAddress, context: ssl.SSLContext | None, deadline: Deadline) -> None:
        self.address = address
        self.opened_at = monotonic()
        self._deadline = deadline
        self._has_said_more = False
        self._connection = self._open(context, deadline)

    def _open(self, context: ssl.SSLContext | None, deadline: Deadline) -> Any:
        reasons = []
        for host in _resolve(self.address):
            try:
                return self._open_at(host, context, deadline)
            except Exception as error:  # noqa: BLE001 - ldap3 lets KeyError and others out (trap 10)
                reasons.append(f"{type(error).__name__}: {error}")
            if not deadline.left:
                break
        raise ConnectionLostError(f"{self.address.uri}: {'; '.join(reasons) or 'no address'}")

    def _open_at(self, host: str, context: ssl.SSLContext | None, deadline: Deadline) -> Any:
        address = self.address
        tls = VerifiedTls(context, address.host, deadline.guard) if context is not None else None
        server = ldap3.Server(
            host,
            port=address.port or None,
            use_ssl=address.tls_from_start,
            get_info=ldap3.NONE,
            tls=tls,
            allowed_referral_hosts=[],
            connect_timeout=max(deadline.left, 0.01),
        )
        connection = ldap3.Connection(
            server,
            client_strategy=ldap3.SYNC,
            auto_referrals=False,
            check_names=False,
            auto_range=False,
            return_empty_attributes=False,
            receive_timeout=max(1, ceil(deadline.left)),
        )
        try:
            connection.open(read_server_info=False)
            self._prepare(connection.socket, deadline)
            if address.start_tls and not (connection.start_tls(read_server_info=False) and connection.tls_started):
                raise ConnectionLostError("TLS was not started")
        except BaseException:
            _close(connection)
            raise
        return connection

    def _prepare(self, sock: socket.socket, deadline: Deadline) -> None:
        if not self.address.socket_path:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        deadline.guard(sock)

    def watch(self, deadline: Deadline) -> None:
        """Put what follows under `deadline`."""
        self._deadline = deadline
        sock = self._connection.socket
        if sock is None:
            raise ConnectionLostError(f"{self.address.uri}: closed")
        deadline.guard(sock)

    def is_quiet(self) -> bool:
        """Tell whether nothing waits to be read: on an idle connection that is the server's goodbye."""
        sock = self._connection.socket
        if sock is None or self._connection.closed or self._has_said_more:
            return False
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return False
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return not poll.poll(0)

    def bind(self, dn: str, password: Secret) -> Answer:
        """Bind with exactly these bytes; asks for the password policy's word. Neither part may be empty (trap 1-3)."""
        if not dn or not password:
            raise ValueError("a bind needs a DN and a password")
        return self._ask(bind_request(dn, password.reveal()), _ASK_POLICY).answer

    def who_am_i(self) -> Answer:
        """Ask who the server takes us for (RFC 4532); the answer's value is an authzId."""
        return self._ask(_ASK_WHO).answer

    def search(self, base: str, query: bytes, attributes: tuple[str, ...], *, scope: Scope, limit: int) -> Found:
        """Search without following aliases or referrals; `query` is a filter as `Query.write` gives it."""
        seconds = max(1, ceil(self._deadline.left))
        return self._ask(search_request(base, scope, query, attributes, limit=limit, seconds=seconds))

    def search_all(self, base: str, query: bytes, attributes: tuple[str, ...], *, page: int) -> Found:
        """Search a subtree page by page (RFC 2696); the answer is that of the last page."""
        entries: list[Entry] = []
        cookie = b""
        while True:
            seconds = max(1, ceil(self._deadline.left))
            request = search_request(base, "subtree", query, attributes, limit=0, seconds=seconds)
            found = self._ask(request, paged_control(page, cookie))
            entries += found.entries
            cookie = read_cookie(found.answer.controls.get(PAGED, b""))
            if not cookie or found.answer.code != 0:
                return Found(found.answer, tuple(entries))

    def add(self, dn: str, attributes: Sequence[tuple[str, Sequence[bytes]]]) -> Answer:
        """Make an entry."""
        return self._ask(add_request(dn, attributes)).answer

    def modify(self, dn: str, changes: Sequence[Change]) -> Answer:
        """Change an entry in one operation, in the order given."""
        return self._ask(modify_request(dn, changes)).answer

    def _ask(self, request: bytes, controls: bytes = b"") -> Found:
        """Send a request of our own writing in ldap3's place and read the answer.

        ldap3 keeps passwords, and takes most of the time of a login to write and read what is a few hundred bytes.
        """
        connection = self._connection
        try:
            number = connection.server.next_message_id()
            connection.socket.sendall(message(number, request, controls))
            found, self._has_said_more = read_reply(_receiver(connection.socket), number, request[0])
        except Exception as error:  # noqa: BLE001 - whatever was sent: the connection is of no more use
            raise self._lost(error) from None
        return found

    def close(self) -> None:
        """End the connection; never fails."""
        _close(self._connection)

    def abandon(self) -> None:
        """Let go of a connection that belongs to the process we were forked from, without a word on it."""
        sock = self._connection.socket
        if sock is not None:
            sock.close()

    def _lost(self, error: Exception) -> ConnectionLostError:
        self.close()
        reason = "took too long" if self._deadline.passed else f"{type(error).__name__}: {error}"
        return ConnectionLostError(f"{self.address.uri}: {reason}")


def _nothing() -> int:
    return 0


def _receiver(sock: socket.socket) -> Callable[[int], bytes]:
    receive, poll = sock.recv, select.poll()
    poll.register(sock, select.POLLIN)
    has_pending = sock.pending if isinstance(sock, ssl.SSLSocket) else _nothing

    def wait(most: int) -> bytes:
        if not (has_pending() or poll.poll(SOON_MILLISECONDS)):
            with stepping_aside():
                return receive(most)
        return receive(most)

    return wait


def _resolve(address: ServerAddress) -> list[str]:
    if address.socket_path:
        return [address.uri]
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ConnectionLostError(f"{address.uri}: {error}") from error
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def _close(connection: Any) -> None:
    """ldap3 closes only what it got to open: a socket whose connect failed is closed here."""
    sock = connection.socket
    try:
        connection.strategy.close()
    except (OSError, LDAPExceptionError, AttributeError):
        connection.socket = None
    if sock is not None:
        sock.close()
