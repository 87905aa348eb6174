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

    has_ended = False

    def advance(self) -> bool:
        """There is no handshake: the request can be read."""
        return True

    def setblocking(self, flag: bool, /) -> None:  # noqa: FBT001 - the signature of socket.socket
        """Wait for READ_SECONDS where a socket would wait for ever."""
        self.settimeout(READ_SECONDS if flag else 0.0)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Read; a client that is silent for too long has gone."""
        if self.has_ended:
            super().settimeout(0.0)
        try:
            return super().recv(bufsize, flags)
        except (TimeoutError, BlockingIOError):
            return b""

    def shutdown(self, how: int, /) -> None:
        """End the answer; nobody waits for the client's own end after that."""
        self.has_ended = True
        super().shutdown(how)


class TLSSocket(ssl.SSLSocket):
    """A TLS connection on the main address."""

    has_ended = False

    def advance(self) -> bool:
        """Go on with the handshake; True when a request can be read. Raises ssl.SSLError when there will be none."""
        try:
            self.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as error:
            raise gone(f"no handshake: {error}") from None
        return _has_more(self)

    def setblocking(self, flag: bool, /) -> None:  # noqa: FBT001 - the signature of socket.socket
        """Wait for READ_SECONDS where a socket would wait for ever."""
        self.settimeout(READ_SECONDS if flag else 0.0)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read; a client that is silent for too long has gone."""
        if self.has_ended:
            super().settimeout(0.0)
        try:
            return super().recv(buflen, flags)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return b""

    def shutdown(self, how: int) -> None:
        """End the answer; nobody waits for the client's own end after that."""
        self.has_ended = True
        super().shutdown(how)


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
        self._is_shaken = False
        self._has_ended = False
        self._wait_seconds = 0.0

    def advance(self) -> bool:
        """Go on with the handshake; True when a request can be read. Raises ssl.SSLError when there will be none."""
        if not self._is_shaken:
            try:
                self._connection.do_handshake()
            except (SSL.WantReadError, SSL.WantWriteError):
                return False
            except (SSL.Error, OSError) as error:
                raise gone(f"no handshake: {error!r}") from None
            self._is_shaken = True
        return self._connection.pending() > 0 or _has_more(self._sock)

    def _wait(self, error: SSL.Error, deadline: float) -> bool:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return False
        return _is_ready(
            self._sock, select.POLLIN if isinstance(error, SSL.WantReadError) else select.POLLOUT, remaining
        )

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
        deadline = time.monotonic() + (0.0 if self._has_ended else self._wait_seconds)
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
        self._has_ended = True
        self._sock.shutdown(how)

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        """Give fileno, getsockname and what else the TCP connection knows."""
        return getattr(self._sock, name)


def _has_more(sock: socket.socket) -> bool:
    """Say whether the client has sent more than the handshake took."""
    pending = sock.pending() if isinstance(sock, TLSSocket) else 0
    return pending > 0 or _is_ready(sock, select.POLLIN, 0.0)


def _is_ready(sock: socket.socket, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(sock, event)
    return bool(poll.poll(seconds * 1000))


def gone(detail: str) -> ssl.SSLError:
    """Give the error that gunicorn takes for a client that went away: no answer, no traceback."""
    return ssl.SSLError(ssl.SSL_ERROR_EOF, detail)
