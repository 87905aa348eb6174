"""One gunicorn behind three kinds of listener: resumption, stalled clients, foreign certificates, reload."""

import contextlib
import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from idp.cli.demo_ca import DemoCA
from tests.parts.slapd import free_port

PATIENCE_SECONDS = 20.0
LARGE_BYTES = 16 * 1024 * 1024
"""More than the kernel keeps for a client that does not read."""
NOW = datetime.now(UTC)

_SERVE = """
import json, sys, time
from pathlib import Path
from idp.cli.server import Served, Server
from idp.core.errors import ConfigError, Problem
from idp.settings.model import Listen

def make():
    version = Path(sys.argv[2]).read_text()
    if version == "broken":
        raise ConfigError([Problem("idp.toml", "key", "it is broken", "Mend it")])
    def app(environ, start_response):
        certificate = environ.get("warifu.peer_certificate")
        said = {
            "listener": environ["warifu.listener"],
            "scheme": environ["wsgi.url_scheme"],
            "peer": environ["REMOTE_ADDR"],
            "certificate": certificate.hex() if certificate else None,
            "chain": [item.hex() for item in environ.get("warifu.peer_chain", ())],
            "read": len(environ["wsgi.input"].read()),
            "version": version,
        }
        if environ["PATH_INFO"] == "/hang":
            time.sleep(8)
        if environ["PATH_INFO"] == "/large":
            start_response("200 OK", [("Content-Length", "16777216")])
            return [b"x" * 16777216]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(said).encode()]
    return Served(Listen.model_validate_json(sys.argv[1]), app)

Server(make(), make).serve()
"""


@dataclass
class Running:
    """A server of this test's own."""

    process: subprocess.Popen[bytes]
    ports: dict[str, int]
    unix: Path
    ca: DemoCA
    version: Path

    def client_context(self, certificate: Path | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca.certificate_file)
        if certificate:
            context.load_cert_chain(certificate)
        return context

    def ask(
        self, listener: str, *, certificate: Path | None = None, body: bytes = b"", path: str = "/"
    ) -> dict[str, object]:
        connection: http.client.HTTPConnection
        if listener == "plain":
            connection = http.client.HTTPConnection("127.0.0.1", self.ports["plain"], timeout=PATIENCE_SECONDS)
        else:
            context = self.client_context(certificate)
            connection = http.client.HTTPSConnection(
                "localhost", self.ports[listener], timeout=PATIENCE_SECONDS, context=context
            )
        try:
            connection.request("POST" if body else "GET", path, body=body or None)
            answer = connection.getresponse()
            said: dict[str, object] = json.loads(answer.read())
            return said
        finally:
            connection.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("listeners")
    ca = DemoCA(folder / "tls")
    ca.prepare(NOW)
    version = folder / "version"
    version.write_text("one")
    ports = {name: free_port() for name in ("main", "certificate", "plain")}
    listen = {name: f"127.0.0.1:{port}" for name, port in ports.items()} | {
        "socket": str(folder / "sock"),
        "proxies": ["127.0.0.1/32"],
        "tls_certificate": str(ca.server_certificate_file),
        "tls_key": str(ca.server_key_file),
        "workers": 2,
        "threads": 2,
    }
    process = subprocess.Popen([sys.executable, "-c", _SERVE, json.dumps(listen), str(version)])
    server = Running(process, ports, folder / "sock", ca, version)
    try:
        _await(lambda: _is_open(ports["plain"]))
        yield server
    finally:
        process.terminate()
        code = process.wait(PATIENCE_SECONDS)
    assert code == 0


def _client_hello() -> bytes:
    """Give the first words of a client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


_HELLO = _client_hello()


def _await(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("listener", ["main", "certificate", "plain"])
def test_the_application_is_told_by_which_listener_a_request_came(running: Running, listener: str) -> None:
    said = running.ask(listener)

    assert (said["listener"], said["scheme"], said["peer"]) == (listener, "https", "127.0.0.1")
    assert said["certificate"] is None


def test_a_unix_socket_is_the_proxys(running: Running) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(running.unix))
        client.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))

    assert json.loads(answer.partition(b"\r\n\r\n")[2])["listener"] == "plain"


@pytest.mark.parametrize("listener", ["main", "certificate", "plain"])
def test_a_large_body_arrives_whole(running: Running, listener: str) -> None:
    assert running.ask(listener, body=b"x" * 300_000)["read"] == 300_000


def test_connections_to_the_main_address_are_resumed_by_any_worker(running: Running) -> None:
    context = running.client_context()
    session = None
    resumed = []
    for _ in range(9):
        with socket.create_connection(("127.0.0.1", running.ports["main"])) as tcp:
            tcp.settimeout(PATIENCE_SECONDS)
            with context.wrap_socket(tcp, server_hostname="localhost", session=session) as client:
                client.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
                while client.recv(4096):
                    pass
                resumed.append(client.session_reused)
                session = client.session

    assert resumed == [False] + [True] * 8


def test_the_certificate_address_resumes_nothing(running: Running, tmp_path: Path) -> None:
    context = running.client_context(_own_certificate(running.ca, tmp_path))
    session = None
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", running.ports["certificate"])) as tcp:
            tcp.settimeout(PATIENCE_SECONDS)
            with context.wrap_socket(tcp, server_hostname="localhost", session=session) as client:
                client.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
                while client.recv(4096):
                    pass
                assert not client.session_reused
                session = client.session


def _own_certificate(ca: DemoCA, folder: Path, now: datetime = NOW) -> Path:
    file = folder / "person.pem"
    ca.issue_person(file, "taro", "taro@example.ac.jp", now)
    return file


def _foreign(running: Running, folder: Path) -> Path:
    stranger = DemoCA(folder / "stranger")
    stranger.prepare(NOW)
    return _own_certificate(stranger, folder)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda running, folder: _own_certificate(running.ca, folder), id="ours"),
        pytest.param(_foreign, id="foreign"),
        pytest.param(
            lambda running, folder: _own_certificate(running.ca, folder, NOW - timedelta(days=800)), id="expired"
        ),
    ],
)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_any_certificate_reaches_the_application(
    running: Running, tmp_path: Path, make: Callable[[Running, Path], Path], version: ssl.TLSVersion
) -> None:
    file = make(running, tmp_path)
    context = running.client_context(file)
    context.minimum_version = context.maximum_version = version
    connection = http.client.HTTPSConnection("localhost", running.ports["certificate"], context=context)
    connection.request("GET", "/")
    said = json.loads(connection.getresponse().read())
    connection.close()

    der = x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER)
    assert bytes.fromhex(said["certificate"]) == der


def test_the_main_address_asks_for_no_certificate(running: Running, tmp_path: Path) -> None:
    said = running.ask("main", certificate=_own_certificate(running.ca, tmp_path))

    assert said["certificate"] is None


@pytest.mark.parametrize("listener", ["main", "certificate"])
@pytest.mark.parametrize(
    "words", [b"\x16", b"", _HELLO], ids=["stalled-handshake", "silent", "stalled-after-client-hello"]
)
def test_clients_that_say_nothing_do_not_stop_others(running: Running, listener: str, words: bytes) -> None:
    stalled = [socket.create_connection(("127.0.0.1", running.ports[listener])) for _ in range(40)]
    for client in stalled:
        client.sendall(words)
    try:
        began = time.monotonic()
        running.ask(listener)
        took = time.monotonic() - began
    finally:
        for client in stalled:
            client.close()

    assert took < 2


def test_a_body_that_comes_slowly_holds_up_nobody(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.ports["plain"])) as slow:
        slow.settimeout(PATIENCE_SECONDS)
        slow.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabc")
        with ThreadPoolExecutor(8) as pool:
            began = time.monotonic()
            list(pool.map(running.ask, ["plain"] * 16))
            took = time.monotonic() - began
        slow.sendall(b"def")
        answer = b"".join(iter(lambda: slow.recv(4096), b""))

    assert took < 2.5  # a turn that is kept is lost after 3 s
    assert b'"read": 6' in answer


def test_a_request_that_hangs_stops_others_for_a_moment_only(running: Running) -> None:
    with ThreadPoolExecutor(10) as pool:
        hanging = [pool.submit(running.ask, "plain", path="/hang") for _ in range(2)]
        began = time.monotonic()
        list(pool.map(running.ask, ["plain"] * 8))
        took = time.monotonic() - began
        answers = [each.result() for each in hanging]

    assert took < 7
    assert len(answers) == 2


@pytest.mark.parametrize("listener", ["main", "certificate", "plain"])
def test_an_answer_is_kept_for_who_reads_it_slowly_and_holds_up_nobody(running: Running, listener: str) -> None:
    with _connected(running, listener) as slow:
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(running.ask, [listener] * 8))
        answer = b"".join(iter(lambda: slow.recv(65536), b""))

    assert len(answer.partition(b"\r\n\r\n")[2]) == LARGE_BYTES


def test_a_stalled_handshake_is_given_up(running: Running) -> None:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", running.ports["main"])) as client:
        client.settimeout(PATIENCE_SECONDS)
        client.sendall(b"\x16\x03\x01")
        assert client.recv(1024) in (b"", b"\x15\x03\x03\x00\x02\x02\x32")

    assert time.monotonic() - began < 6


@pytest.mark.parametrize("listener", ["main", "certificate"])
def test_what_is_not_tls_is_turned_away(running: Running, listener: str) -> None:
    with socket.create_connection(("127.0.0.1", running.ports[listener])) as client:
        client.settimeout(PATIENCE_SECONDS)
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        try:
            answer = client.recv(4096)
        except ConnectionResetError:
            answer = b""

    assert b"200" not in answer
    assert running.ask(listener)["listener"] == listener


def test_an_old_protocol_is_refused(running: Running) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(running.ca.certificate_file)
    context.set_ciphers("AES128-SHA")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", running.ports["main"])) as tcp:
        tcp.settimeout(PATIENCE_SECONDS)
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            context.wrap_socket(tcp, server_hostname="localhost")


def test_a_request_line_without_end_is_refused(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.ports["plain"])) as client:
        client.settimeout(PATIENCE_SECONDS)
        client.sendall(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            answer = client.recv(4096)
        except ConnectionResetError:
            answer = b""

    assert b"200 OK" not in answer


def test_many_at_once_are_each_answered(running: Running) -> None:
    names = ["main", "certificate", "plain"] * 8
    with ThreadPoolExecutor(8) as pool:
        assert [said["listener"] for said in pool.map(running.ask, names)] == names


def test_f13_a_broken_configuration_leaves_the_old_one_running(running: Running) -> None:
    running.version.write_text("broken")
    running.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert running.ask("plain")["version"] == "one"

    running.version.write_text("two")
    running.process.send_signal(signal.SIGHUP)

    _await(lambda: running.ask("plain")["version"] == "two")


@contextlib.contextmanager
def _connected(running: Running, listener: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", running.ports[listener])) as tcp:
        tcp.settimeout(PATIENCE_SECONDS)
        if listener == "plain":
            yield tcp
            return
        with running.client_context().wrap_socket(tcp, server_hostname="localhost") as client:
            yield client
