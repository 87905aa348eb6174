"""One gunicorn, several kinds of listener: which one a connection came by is told by its local port.

gunicorn's own way makes a context for every connection: twice the work, no resumption, and stalled handshakes stop
it. Here the contexts are made once, before the workers are forked, so that all of them share the ticket keys, and no
thread waits for a handshake.
"""

import socket
import ssl
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from OpenSSL import SSL

from idp.cli.sockets import CertificateSocket, Connection, TLSSocket
from idp.settings.consistency import split_address
from idp.settings.model import Listen

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2; TLS 1.3 has no weak ones."""


class Listened(StrEnum):
    """By which listener a request came; `warifu.listener` of the WSGI environment."""

    MAIN = "main"
    CERTIFICATE = "certificate"
    PLAIN = "plain"


class ListenerContext:
    """What gunicorn takes for an SSLContext: wraps each connection as its port says."""

    def __init__(self, listen: Listen) -> None:
        self.names = _ports(listen)
        self._wraps: dict[Listened, Callable[[socket.socket], Connection]] = {Listened.PLAIN: Connection}
        if listen.tls_certificate is not None and listen.tls_key is not None:
            main = make_main_context(listen.tls_certificate, listen.tls_key)
            certificate = make_certificate_context(listen.tls_certificate, listen.tls_key)
            self._wraps[Listened.MAIN] = lambda sock: TLSSocket(main, sock)
            self._wraps[Listened.CERTIFICATE] = lambda sock: CertificateSocket(certificate, sock)

    def name(self, sock: Any) -> Listened:
        """Give the listener of a connection; a unix socket is the proxy's."""
        address = sock.getsockname()
        return self.names.get(address[1], Listened.PLAIN) if isinstance(address, tuple) else Listened.PLAIN

    def begin(self, sock: socket.socket) -> Connection:
        """Wrap a connection that was just accepted; the handshake is still to be done, by `advance`."""
        name = self.name(sock)
        connection = self._wraps[name](sock)
        connection.listener = name.value
        return connection

    def wrap_socket(self, sock: Connection, **_asked: object) -> Connection:
        """Give the connection itself: our worker has wrapped it, and its handshake is done."""
        return sock


def make_main_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Give the context of the main address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.load_cert_chain(certificate, key)
    return context


def make_certificate_context(certificate: Path, key: Path) -> SSL.Context:
    """Give the context of the certificate address: it asks for a certificate, takes any, and resumes nothing.

    Nothing is resumed so that the certificate is seen on that very connection (security.md R-15).
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(CIPHERS.encode())
    context.use_certificate_chain_file(str(certificate))
    context.use_privatekey_file(str(key))
    context.set_verify(SSL.VERIFY_PEER, lambda *_judged: True)
    context.set_options(SSL.OP_NO_TICKET)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    return context


def _ports(listen: Listen) -> dict[int, Listened]:
    addresses = {Listened.MAIN: listen.main, Listened.CERTIFICATE: listen.certificate, Listened.PLAIN: listen.plain}
    return {split_address(text)[1]: name for name, text in addresses.items() if text}
