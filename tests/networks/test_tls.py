"""The address of the connection itself, on the TLS listener, IPv4 and IPv6 on one socket (security.md N-01, N-03)."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.certificates import make_authority
from tests.parts.driver import CAMPUS, Browser, Reply, Wire
from tests.parts.served import serving
from tests.parts.service_provider import TestSP
from tests.parts.site import ASK_ALWAYS, make_conf
from tests.parts.slapd import RunningSlapd, free_port

pytestmark = pytest.mark.slow

SP = TestSP("sp")
INSIDE, ELSEWHERE = "127.0.0.9", "127.0.0.8"


class TLSWire(Wire):
    """A connection to the TLS listener from an address of this machine."""

    def __init__(self, port: int, ca: Path, source: str) -> None:
        super().__init__(port)
        self._context = ssl.create_default_context(cafile=ca)
        self._context.check_hostname = False
        self._source = source

    def _once(self, request: bytes) -> Reply:
        if self._socket is None:
            to = "::1" if ":" in self._source else "127.0.0.1"
            plain = socket.create_connection((to, self._port), timeout=60, source_address=(self._source, 0))
            self._socket = self._context.wrap_socket(plain)
        return super()._once(request)


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory, slapd: RunningSlapd) -> Iterator[tuple[int, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    authority, main = make_authority(folder / "tls"), free_port()
    leaf = authority.issue("idp")
    listen = (
        f'plain = "127.0.0.1:{free_port()}"\nproxies = ["127.0.0.0/8", "::1/128"]\nmain = "[::]:{main}"\nworkers = 1\n'
        f'tls_certificate = "{leaf.certificate}"\ntls_key = "{leaf.key}"\n'
    )
    ranges = (f"{INSIDE}/32", "::1/128", "192.0.2.0/24")
    conf = make_conf(folder / "conf", slapd, listen_toml=listen, campus_ranges=ranges, plugins_toml=ASK_ALWAYS)
    with serving(folder, slapd, SP, conf=conf):
        yield main, authority.ca


@pytest.mark.parametrize(
    ("source", "forwarded", "page"),
    [
        pytest.param(INSIDE, "198.51.100.7", "post", id="N-03-mapped-by-the-system"),
        pytest.param("::1", "198.51.100.7", "post", id="N-03-v6"),
        pytest.param(ELSEWHERE, CAMPUS, "certificate", id="N-01-spoofed"),
        pytest.param(ELSEWHERE, f"{INSIDE}\r\nX-Real-IP: {INSIDE}", "certificate", id="N-01-spoofed-twice"),
    ],
)
def test_on_tls_the_connections_own_address_counts(
    reach: tuple[int, Path], source: str, forwarded: str, page: str
) -> None:
    port, ca = reach
    browser = Browser(TLSWire(port, ca, source), forwarded)
    first, _ = browser.visit(SP)

    assert browser.submit(first, j_username="alice", j_password="alice's Password 1").page == page
