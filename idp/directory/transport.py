"""TLS towards directory servers: always verified, chain and name, TLS 1.2 or later (security.md W-05)."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ldap3.core.tls import Tls

Guard = Callable[[socket.socket], None]


def make_context(ca: Path | None) -> ssl.SSLContext:
    """Make the one context of a pool; without `ca` the system's authorities are trusted. Raises OSError."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(ca) if ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class VerifiedTls(Tls):
    """Wraps with a context of ours: ldap3's own verifies nothing by default and never an address after Python 3.11."""

    def __init__(self, context: ssl.SSLContext, host: str, guard: Guard) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)  # type: ignore[no-untyped-call]
        self._context = context
        self._host = host
        self._guard = guard

    # ldap3's own signature; `connection` is its Connection, which has no types
    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002
        """Put TLS over the connection's socket under the deadline of the operation; raises ssl.SSLError."""
        self._guard(connection.socket)
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=self._host)
