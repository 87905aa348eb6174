"""gunicorn's threaded worker, with less to do for each request."""

import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from threading import Lock
from typing import Any

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from idp.cli.sockets import HANDSHAKE_SECONDS, Connection, gone
from idp.cli.threads import Threads

HEARTBEAT_SECONDS = 1.0
"""How often the worker tells that it is alive; gunicorn ends one that has not for 30 s."""


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

    def init_process(self) -> None:
        """Begin. gunicorn asks its settings for each request several times over; here they have stopped changing."""
        vars(self.cfg).update({name: setting.get() for name, setting in self.cfg.settings.items()})
        super().init_process()  # type: ignore[no-untyped-call]

    def get_thread_pool(self) -> Threads:
        """Give the threads."""
        self._looking = Lock()
        self._threads = Threads(self.cfg.threads, self._serve, self._look)
        return self._threads

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for connections and requests; not while threads are at work, which look themselves when one is done."""
        if self._threads.are_looking:
            if not self._threads.rest(timeout):
                self._look()  # one request may take long, and nobody looks meanwhile
                self._threads.call_another()
            return
        with self._looking:
            super().wait_for_and_dispatch_events(timeout)  # type: ignore[no-untyped-call]

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature of ThreadWorker
        """Close what is kept and silent; not while a thread looks at the same connections."""
        with self._looking:
            super().murder_keepalived(force)  # type: ignore[no-untyped-call]

    def murder_pending(self) -> None:
        """Close what has said nothing; not while a thread looks at the same connections."""
        with self._looking:
            super().murder_pending()  # type: ignore[no-untyped-call]

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Begin to end; the main thread may be resting."""
        super().handle_exit(sig, frame)  # type: ignore[no-untyped-call]
        self._threads.call_main()

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
        self._threads.submit(conn)

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

    def _look(self) -> None:
        """Take what has come, without waiting; nothing where the main thread is about it."""
        if self._looking.acquire(blocking=False):
            try:
                super().wait_for_and_dispatch_events(0)  # type: ignore[no-untyped-call]
            except ValueError:
                self.log.debug("the worker has ended")
            finally:
                self._looking.release()

    def _serve(self, conn: Any) -> None:
        try:
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
