"""A real HTTP server on loopback that gives metadata, or whatever else a server may give."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.parts.certificates import Leaf

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class MetadataServer:
    """What a path answers may be changed at any time; `asked` has the requests, each as its headers with `path`."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def give(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Answer `path` with that from now on; give its address. An underscore in a header's name is a hyphen."""
        self.answers[path] = lambda handler: send(handler, body, status, headers)
        return self.url + path


def send(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    """Send an answer with its length, if that is not given."""
    wanted = {"Content_Length": str(len(body)), **(headers or {})}
    if wanted.get("ETag") and handler.headers.get("If-None-Match") == wanted["ETag"]:
        status, body, wanted = 304, b"", {"ETag": wanted["ETag"]}
    handler.send_response(status)
    for name, value in wanted.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def serve(leaf: Leaf | None = None) -> Iterator[MetadataServer]:
    """Run one on a free port, with TLS where there is a certificate."""
    server = MetadataServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append({**dict(self.headers), "path": self.path})
            answer = server.answers.get(self.path)
            try:
                if answer is None:
                    send(self, b"not here", 404)
                else:
                    answer(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    listener.block_on_close = False
    scheme = "http"
    if leaf is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf.certificate, leaf.key)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        scheme = "https"
    server.url = f"{scheme}://localhost:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.is_over.set()
        listener.shutdown()
        thread.join()
        listener.server_close()
