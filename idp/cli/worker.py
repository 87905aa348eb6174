"""gunicorn's threaded worker, with less to do for each request."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from selectors import EVENT_READ
from threading import Thread
from typing import Any

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from idp.cli.sockets import HANDSHAKE_SECONDS, Connection, gone
from idp.core.turn import taking_turn

HEARTBEAT_SECONDS = 1.0
"""How often the worker tells that it is alive; gunicorn ends one that has not for 30 s."""


class Threads:
    """So many threads, each of which takes the next connection; as much of an executor as gunicorn asks for."""

    def __init__(self, count: int, serve: Callable[[Any], None]) -> None:
        self._waiting: SimpleQueue[Any] = SimpleQueue()
        self._serve = serve
        self._threads = [Thread(target=self._run, name=f"serve-{number}", daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, conn: Any) -> None:
        """Have a connection served."""
        self._waiting.put(conn)

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 - the signature of an executor
        """Let each thread end when it is done with what it does."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads if wait else ():
            thread.join()

    def _run(self) -> None:
        while (conn := self._waiting.get()) is not None:
            self._serve(conn)


class Accepted(TConn):
    """A connection as gunicorn keeps it."""

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature of TConn
        """Close it; one that has broken is closed already, and must not be counted twice."""
        with suppress(OSError):
            super().close(graceful)  # type: ignore[no-untyped-call]


class Worker(ThreadWorker):
    """A worker whose threads begin with a connection when its handshake is done and its request has begun to come.

    gunicorn's own gives each silent client a thread for 5 s, and each handshake one for as long as it takes. And its
    main thread takes part in the end of each request, where here a thread puts a connection that is kept back itself.
    """

    _told_at = 0.0

    def get_thread_pool(self) -> Threads:
        """Give the threads."""
        return Threads(self.cfg.threads, self._serve)

    def notify(self) -> None:
        """Tell that the worker is alive."""
        now = time.monotonic()
        if now - self._told_at >= HEARTBEAT_SECONDS:
            self._told_at = now
            super().notify()  # type: ignore[no-untyped-call]

    def accept(self, listener: Any) -> None:
        """Take a connection to the poller."""
        try:
            client, address = listener.accept()
        except OSError:
            return
        self.nr_conns += 1
        self._wait_for(Accepted(self.cfg, client, address, listener.getsockname()))  # type: ignore[no-untyped-call]

    def enqueue_req(self, conn: Any) -> None:
        """Have a thread go on with a connection."""
        threads: Any = self.tpool
        threads.submit(conn)

    def handle(self, conn: Any) -> object:
        """Go on with a connection; one that has to wait goes back to the poller."""
        if not conn.initialized and not self._advance(conn):
            return _DEFER
        kept = super().handle(conn)  # type: ignore[no-untyped-call]
        conn.sock.flush()
        return kept

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Take a connection back from a thread; gunicorn's own drops one that has to wait when the worker is ending."""
        if fs.result() is _DEFER:
            self._wait_for(conn)
        else:
            super().finish_request(conn, fs)  # type: ignore[no-untyped-call]

    def _serve(self, conn: Any) -> None:
        try:
            with taking_turn():
                kept = self.handle(conn)
        except OSError as error:
            self.log.debug("connection given up: %s", error)
            kept = False
        if kept is True and self.alive and not conn.parser.unreader.buf.getvalue():
            self._keep(conn)
        else:
            done: Future[object] = Future()
            done.set_result(kept)
            self.method_queue.defer(self.finish_request, conn, done)

    def _keep(self, conn: Any) -> None:
        """Wait for the next request of a connection; its descriptor is told to the poller from this thread."""
        conn.sock.settimeout(0.0)
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        poller: Any = self.poller
        with suppress(ValueError, OSError):  # the worker has ended meanwhile, and closes what is kept
            poller.register(conn.sock, EVENT_READ, partial(self.on_client_socket_readable, conn))

    def _wait_for(self, conn: Any) -> None:
        conn.sock.settimeout(0.0)
        conn.set_timeout()
        self.pending_conns.append(conn)
        poller: Any = self.poller
        poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _advance(self, conn: Any) -> bool:
        if not isinstance(conn.sock, Connection):
            conn.handshake_deadline = time.monotonic() + HANDSHAKE_SECONDS
            conn.sock = self.cfg.ssl_context(self.cfg, None).begin(conn.sock)
        if conn.sock.advance():
            return True
        if time.monotonic() > conn.handshake_deadline:
            raise gone("the handshake took too long")
        return False
