"""gunicorn as Warifu runs it: one set of workers behind all listeners."""

import gc
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from gunicorn.app.base import BaseApplication

from idp.cli.listeners import ListenerContext
from idp.cli.sockets import CertificateSocket
from idp.cli.worker import Worker
from idp.core.errors import ConfigError
from idp.settings.consistency import split_address
from idp.settings.model import ConfirmationSP, Listen

REQUEST_LINE_BYTES = 8190
"""gunicorn's most, and Apache's default: a signed Redirect request takes a third of it (security.md A-01)."""

GARBAGE_THRESHOLDS = (20_000, 20, 50)
"""Of objects that are new and not gone (gc.set_threshold)."""

CONNECTIONS = 512
"""Of each worker, at once; what is silent holds no thread."""

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the heartbeat file only, so that a slow disk kills no worker


@dataclass(frozen=True, slots=True)
class Served:
    """What is served where; `close` lets go of what the application has opened."""

    listen: Listen
    application: WSGIApplication
    close: Callable[[], None] = lambda: None


class Server(BaseApplication):
    """Serves `served`, which was made before the workers are forked, and what `load` gives after SIGHUP."""

    def __init__(self, served: Served, load: Callable[[], Served]) -> None:
        self._served = served
        self._load = load
        self._context = ListenerContext(served.listen)
        super().__init__()  # type: ignore[no-untyped-call]

    def serve(self) -> None:
        """Run until SIGTERM.

        What is there now is no garbage: the workers share its pages and never look through it. A request leaves next
        to no cycles, so that a look through the rest is worth while once in many of them only.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        self.run()  # type: ignore[no-untyped-call]

    def load_config(self) -> None:
        """Tell gunicorn how to run; nothing is taken from the environment or a file of its own."""
        config: Any = self.cfg
        for name, value in self._options().items():
            config.set(name, value)

    def load(self) -> WSGIApplication:
        """Give the application, which is told by which listener a request came."""
        return name_listener(self._served.application)

    def reload(self) -> None:
        """Take the configuration anew on SIGHUP; one that cannot be used leaves the old one running (F-13).

        Addresses, workers and threads stay as they were at the start.
        """
        try:
            served = self._load()
            context = ListenerContext(served.listen)
        except Exception as error:  # noqa: BLE001 - a server that runs is not ended by a file that was changed
            reason = error.detail if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"
            print(f"the configuration was not taken, the old one stays:\n{reason}", file=sys.stderr, flush=True)
            return
        before, self._served, self._context = self._served, served, context
        self.callable = self.load()
        before.close()
        if bind_addresses(served.listen) != bind_addresses(before.listen):
            print("[listen]: other addresses are taken at the next start", file=sys.stderr, flush=True)

    def _options(self) -> dict[str, object]:
        listen = self._served.listen
        tls = {"certfile": str(listen.tls_certificate or os.devnull), "keyfile": str(listen.tls_key or os.devnull)}
        return tls | {
            "ssl_context": lambda _config, _default: self._context,
            "do_handshake_on_connect": True,  # our worker has shaken hands before gunicorn looks
            "bind": bind_addresses(listen),
            "worker_class": Worker,
            "workers": listen.workers or os.cpu_count() or 1,
            "threads": listen.threads,
            "worker_connections": CONNECTIONS,
            "preload_app": True,
            "keepalive": 5,
            "sendfile": False,  # would pass by what our connections hold back
            "timeout": 30,
            "graceful_timeout": 10,
            "limit_request_line": REQUEST_LINE_BYTES,
            "limit_request_fields": 60,
            "limit_request_field_size": 16 * 1024,
            "worker_tmp_dir": str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "proc_name": "warifu",
            "umask": 0o077 if listen.socket is None else 0o007,
        }


def confirmation_listen(settings: ConfirmationSP) -> Listen:
    """Give the one TLS listener of the confirmation service provider."""
    return Listen(
        main=settings.listen,
        tls_certificate=settings.tls_certificate,
        tls_key=settings.tls_key,
        workers=1,
    )


def bind_addresses(listen: Listen) -> list[str]:
    """Give gunicorn's words for the listeners."""
    addresses = [split_address(text) for text in (listen.main, listen.certificate, listen.plain) if text]
    bound = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses]
    return [*bound, f"unix:{listen.socket}"] if listen.socket else bound


def name_listener(app: WSGIApplication) -> WSGIApplication:
    """Put `warifu.listener`, and the certificate seen on this connection, into each request's environment."""

    def named(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        connection = environ["gunicorn.socket"]
        environ["warifu.listener"] = connection.listener
        environ["wsgi.url_scheme"] = "https"
        if isinstance(connection, CertificateSocket):
            environ["warifu.peer_certificate"] = connection.peer_certificate()
            environ["warifu.peer_chain"] = connection.peer_chain()
        return app(environ, start_response)

    return named
