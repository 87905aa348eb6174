"""Connections that do not wait for ever: what a stalled client holds is given back.

None of them blocks: each tries, and waits only for what is not there yet, stepping aside for the other threads
meanwhile. An answer is held back until it is whole, so that a page leaves in one piece.
"""

import select
import socket
import ssl
import time
from contextlib import suppress
from typing import Any

from OpenSSL import SSL, crypto

from idp.core.turn import stepping_aside

HANDSHAKE_SECONDS = 3.0
"""How long a client may take for the whole TLS handshake."""

READ_SECONDS = 15.0
"""How long a client may be silent inside a request, or take nothing of an answer."""

_HELD_BYTES = 256 * 1024
_PIECE_BYTES = 16 * 1024
_WANTS_TO_READ = (ssl.SSLWantReadError, SSL.WantReadError)
_WANTS_TO_WRITE = (ssl.SSLWantWriteError, SSL.WantWriteError)
_WANTS = (BlockingIOError, *_WANTS_TO_READ, *_WANTS_TO_WRITE)


class Connection:
    """As much of a socket as gunicorn uses, over a TCP or unix connection that never blocks.

    A kind of connection says how it takes and gives what can be taken and given at once; here, in plain. `listener` is
    the name of the one it came by.
    """

    listener = ""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(0.0)
        self._sock = sock
        self._held = bytearray()
        self._has_ended = False
        self._wait_seconds = 0.0

    def advance(self) -> bool:
        """Go on with the handshake; True when a request can be read. Raises ssl.SSLError when there will be none."""
        return True

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Read; a client that closes, breaks off or is silent for too long has gone."""
        give_up_at = None
        while True:
            try:
                return self._take(bufsize)
            except _WANTS as error:
                if give_up_at is None:
                    give_up_at = time.monotonic() + (0.0 if self._has_ended else self._wait_seconds)
                if not self._wait(error, select.POLLIN, give_up_at):
                    return b""

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Take a part of an answer; `flush` sends it. Raises OSError when the client does not read."""
        self._held += data
        if len(self._held) > _HELD_BYTES:
            self.flush()

    def send(self, data: bytes, flags: int = 0) -> int:
        """Send all of it at once. Raises OSError when the client does not read."""
        self.sendall(data)
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what is held. Raises OSError when the client takes nothing of it for READ_SECONDS."""
        held, self._held = memoryview(self._held), bytearray()
        give_up_at = None
        while held:
            try:
                sent = self._give(held)
            except _WANTS as error:
                give_up_at = give_up_at or time.monotonic() + READ_SECONDS
                if not self._wait(error, select.POLLOUT, give_up_at):
                    raise BrokenPipeError(32, "the client does not read") from None
            else:
                held, give_up_at = held[sent:], None

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - as socket.setblocking
        """Wait for READ_SECONDS where a socket would wait for ever, or not at all."""
        self._wait_seconds = READ_SECONDS if flag else 0.0

    def settimeout(self, seconds: float | None) -> None:
        """Wait so long for what is read."""
        self._wait_seconds = READ_SECONDS if seconds is None else seconds

    def gettimeout(self) -> float:
        """Give how long is waited for what is read."""
        return self._wait_seconds

    def shutdown(self, how: int) -> None:
        """End the answer; nobody waits for the client's own end after that."""
        self.flush()
        self._has_ended = True
        self._sock.shutdown(how)

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        """Give fileno, getsockname and what else the TCP connection knows."""
        return getattr(self._sock, name)

    def _take(self, most: int) -> bytes:
        return self._sock.recv(most)

    def _give(self, data: memoryview) -> int:
        return self._sock.send(data)

    def _wait(self, error: Exception, event: int, give_up_at: float) -> bool:
        """Wait for what TLS wants, or for the event; False when time is over."""
        if isinstance(error, _WANTS_TO_READ):
            event = select.POLLIN
        elif isinstance(error, _WANTS_TO_WRITE):
            event = select.POLLOUT
        remaining = give_up_at - time.monotonic()
        with stepping_aside():
            return remaining > 0 and _is_ready(self._sock, event, remaining)


class TLSSocket(Connection):
    """A TLS connection on the main address."""

    def __init__(self, context: ssl.SSLContext, sock: socket.socket) -> None:
        sock.settimeout(0.0)
        self._tls = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        super().__init__(self._tls)

    def advance(self) -> bool:
        """Go on with the handshake; True when a request can be read. Raises ssl.SSLError when there will be none."""
        try:
            self._tls.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as error:
            raise gone(f"no handshake: {error}") from None
        return self._tls.pending() > 0 or _is_ready(self._tls, select.POLLIN, 0.0)

    def _give(self, data: memoryview) -> int:
        return self._tls.send(data[:_PIECE_BYTES])


class CertificateSocket(Connection):
    """A TLS connection on the certificate address.

    The client's certificate is not judged here, so that foreign and expired ones reach a page of ours; that the
    client holds its key is proved by the handshake.
    """

    def __init__(self, context: SSL.Context, sock: socket.socket) -> None:
        super().__init__(sock)
        self._connection = SSL.Connection(context, sock)
        self._connection.set_accept_state()
        self._is_shaken = False

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
        return self._connection.pending() > 0 or _is_ready(self._sock, select.POLLIN, 0.0)

    def peer_certificate(self) -> bytes | None:
        """Give the client's certificate, DER."""
        certificate = self._connection.get_peer_certificate()
        return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) if certificate else None

    def peer_chain(self) -> tuple[bytes, ...]:
        """Give what the client sent beside its own certificate, DER."""
        chain = self._connection.get_peer_cert_chain() or []
        return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, item) for item in chain)

    def shutdown(self, how: int) -> None:
        """Say goodbye in TLS, then as asked."""
        self.flush()
        with suppress(SSL.Error):  # the client need not hear it
            self._connection.shutdown()
        super().shutdown(how)

    def _take(self, most: int) -> bytes:
        try:
            return self._connection.recv(most)
        except (SSL.WantReadError, SSL.WantWriteError):
            raise
        except (SSL.Error, OSError):
            return b""

    def _give(self, data: memoryview) -> int:
        try:
            return self._connection.send(data[:_PIECE_BYTES])
        except (SSL.WantReadError, SSL.WantWriteError):
            raise
        except SSL.Error as error:
            raise BrokenPipeError(32, f"the connection broke: {error!r}") from None


def _is_ready(sock: socket.socket, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(sock, event)
    return bool(poll.poll(seconds * 1000))


def gone(detail: str) -> ssl.SSLError:
    """Give the error that gunicorn takes for a client that went away: no answer, no traceback."""
    return ssl.SSLError(ssl.SSL_ERROR_EOF, detail)
