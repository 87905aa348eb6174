"""Sockets that do not wait for ever: what a stalled client holds is given back."""

import select
import socket
import ssl
import time
from contextlib import suppress
from typing import Any

from OpenSSL import SSL, crypto

HANDSHAKE_SECONDS = 3.0
"""How long a client may take for the whole TLS handshake."""

READ_SECONDS = 15.0
"""How long a client may be silent inside a request."""


class PlainSocket(socket.socket):
    """A TCP or unix connection from the proxy."""

    def setblocking(self, flag: bool, /) -> None:  # noqa: FBT001 - the signature of socket.socket
        """Wait for READ_SECONDS where a socket would wait for ever."""
        self.settimeout(READ_SECONDS if flag else 0.0)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Read; a client that is silent for too long has gone."""
        try:
            return super().recv(bufsize, flags)
        except TimeoutError:
            return b""


class TLSSocket(ssl.SSLSocket):
    """A TLS connection on the main address."""

    def setblocking(self, flag: bool, /) -> None:  # noqa: FBT001 - the signature of socket.socket
        """Wait for READ_SECONDS where a socket would wait for ever."""
        self.settimeout(READ_SECONDS if flag else 0.0)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read; a client that is silent for too long has gone."""
        try:
            return super().recv(buflen, flags)
        except TimeoutError:
            return b""


class CertificateSocket:
    """A TLS connection on the certificate address, as much of a socket as gunicorn uses.

    The client's certificate is not judged here, so that foreign and expired ones reach a page of ours; that the
    client holds its key is proved by the handshake.
    """

    def __init__(self, context: SSL.Context, sock: socket.socket) -> None:
        sock.settimeout(0.0)
        self._sock = sock
        self._connection = SSL.Connection(context, sock)
        self._connection.set_accept_state()
        self._wait_seconds = HANDSHAKE_SECONDS

    def handshake(self) -> None:
        """Shake hands within HANDSHAKE_SECONDS. Raises ssl.SSLError."""
        deadline = time.monotonic() + HANDSHAKE_SECONDS
        while True:
            try:
                self._connection.do_handshake()
                break
            except (SSL.WantReadError, SSL.WantWriteError) as error:
                if not self._wait(error, deadline):
                    raise gone("the handshake took too long") from None
            except (SSL.Error, OSError) as error:
                raise gone(f"no handshake: {error!r}") from None
        self._wait_seconds = READ_SECONDS

    def _wait(self, error: SSL.Error, deadline: float) -> bool:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return False
        reading = isinstance(error, SSL.WantReadError)
        ready = select.select([self._sock] if reading else [], [] if reading else [self._sock], [], remaining)
        return any(ready)

    def peer_certificate(self) -> bytes | None:
        """Give the client's certificate, DER."""
        certificate = self._connection.get_peer_certificate()
        return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) if certificate else None

    def peer_chain(self) -> tuple[bytes, ...]:
        """Give what the client sent beside its own certificate, DER."""
        chain = self._connection.get_peer_cert_chain() or []
        return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, item) for item in chain)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Read; a client that closes, breaks off or is silent for too long has gone."""
        deadline = time.monotonic() + self._wait_seconds
        while True:
            try:
                return self._connection.recv(bufsize)
            except (SSL.WantReadError, SSL.WantWriteError) as error:
                if not self._wait(error, deadline):
                    return b""
            except (SSL.Error, OSError):
                return b""

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Write everything. Raises OSError when the client does not take it."""
        deadline = time.monotonic() + READ_SECONDS
        view = memoryview(data)
        while view:
            try:
                view = view[self._connection.send(bytes(view[:16384])) :]
            except (SSL.WantReadError, SSL.WantWriteError) as error:
                if not self._wait(error, deadline):
                    raise BrokenPipeError(32, "the client does not read") from None
            except SSL.Error as error:
                raise BrokenPipeError(32, f"the connection broke: {error!r}") from None

    send = sendall

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - as socket.setblocking
        """Choose between READ_SECONDS and not waiting at all."""
        self._wait_seconds = READ_SECONDS if flag else 0.0

    def settimeout(self, seconds: float | None) -> None:
        """Wait so long for what is read."""
        self._wait_seconds = READ_SECONDS if seconds is None else seconds

    def shutdown(self, how: int) -> None:
        """Say goodbye in TLS, then as asked."""
        with suppress(SSL.Error):  # the client need not hear it
            self._connection.shutdown()
        self._sock.shutdown(how)

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        """Give fileno, getsockname and what else the TCP connection knows."""
        return getattr(self._sock, name)


def gone(detail: str) -> ssl.SSLError:
    """Give the error that gunicorn takes for a client that went away: no answer, no traceback."""
    return ssl.SSLError(ssl.SSL_ERROR_EOF, detail)
