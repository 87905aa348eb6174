"""init, check, serve: a site behind a proxy, on a unix socket and with TLS of its own; SIGHUP never ends what runs."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.demos import CLI, await_that, descendants, is_running
from tests.cli.sites import change
from tests.parts.certificates import Authority, make_authority
from tests.parts.site import BASE_URL, make_conf
from tests.parts.slapd import RunningSlapd, free_port

pytestmark = pytest.mark.slow

HOST = BASE_URL.removeprefix("https://")
LOGOUT = "/idp/profile/Logout"
PROCESSES = 4
"""The server, two workers, the refresher."""


@dataclass
class Site:
    """A running `warifu serve`."""

    conf: Path
    plain: int
    main: int
    authority: Authority
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.conf.parent / "serve.log").read_text()

    def ask(self, path: str = LOGOUT, *, by: str = "plain") -> http.client.HTTPResponse:
        """Ask for a page by one of the listeners; the body is read already."""
        connection = self._connection(by)
        connection.request(
            "GET", path, headers={"Host": HOST, "X-Forwarded-For": "192.0.2.10", "Accept-Language": "en"}
        )
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def shows(self, text: str) -> bool:
        try:
            return text in self.ask().text  # type: ignore[attr-defined]
        except OSError:
            return False

    def _connection(self, by: str) -> http.client.HTTPConnection:
        if by == "socket":
            connection = http.client.HTTPConnection("localhost", timeout=10)
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(self.conf / "run.sock"))
            return connection
        if by == "main":
            context = ssl.create_default_context(cafile=self.authority.ca)
            return http.client.HTTPSConnection("localhost", self.main, timeout=10, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.plain, timeout=10)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, slapd: RunningSlapd) -> Iterator[Site]:
    tmp_path = tmp_path_factory.mktemp("serve")
    plain, main, authority = free_port(), free_port(), make_authority(tmp_path / "tls")
    leaf = authority.issue("idp", ends=datetime.now(UTC) + timedelta(days=60))
    listen = (
        f'plain = "127.0.0.1:{plain}"\nproxies = ["127.0.0.1/32"]\nmain = "127.0.0.1:{main}"\nsocket = "run.sock"\n'
        f'tls_certificate = "{leaf.certificate}"\ntls_key = "{leaf.key}"\nworkers = 2'
    )
    conf = make_conf(tmp_path / "conf", slapd, listen_toml=listen, methods=("password", "totp"))
    assert _check(conf).stdout.endswith("nothing is wrong\n")
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen([str(CLI), "serve", "--conf", str(conf)], stdout=log, stderr=log)
    site = Site(conf, plain, main, authority, process)
    try:
        await_that(lambda: site.shows("Example University"), process)
        yield site
    finally:
        process.terminate()
        code = process.wait(60)
    assert code == 0, site.log


def test_each_listener_serves_the_site(site: Site) -> None:
    for by in ("plain", "socket", "main"):
        assert site.ask(by=by).status == 200


def test_the_socket_is_not_for_everybody(site: Site) -> None:
    assert (site.conf / "run.sock").stat().st_mode & 0o007 == 0


BROKEN = [
    pytest.param("[session]", "[session", id="F-13-syntax"),
    pytest.param("[session]", "[session]\nidle = 5", id="F-13-unknown-key"),
    pytest.param('key = "keys/signing.key"', 'key = "keys/gone.key"', id="F-13-missing-key"),
    pytest.param('seal = ["keys/seal.key"]', 'seal = ["keys/cookie.key"]', id="F-13-wrong-key"),
    pytest.param('networks = ["campus"]', 'networks = ["nowhere"]', id="F-13-no-such-network"),
]


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_a_broken_configuration_leaves_the_old_one_running(site: Site, old: str, new: str) -> None:
    """And is told of, by the server and by `warifu check`; once it is mended, it is taken."""
    whole = (site.conf / "idp.toml").read_text()
    told = site.log.count("the old one stays")
    workers = descendants(site.process.pid)
    change(site.conf, old, new)
    change(site.conf, "Example University", "Another University")

    site.process.send_signal(signal.SIGHUP)
    await_that(lambda: site.log.count("the old one stays") > told, site.process)

    assert site.shows("Example University")
    assert _check(site.conf).returncode == 1
    for text in ("Mended University", "Example University"):
        (site.conf / "idp.toml").write_text(whole.replace("Example University", text))
        site.process.send_signal(signal.SIGHUP)
        await_that(lambda text=text: site.shows(text), site.process)
    await_that(lambda: not any(map(is_running, workers - _stay(site))), site.process)


def test_a_new_certificate_is_taken_without_a_restart(site: Site) -> None:
    new = site.authority.issue("new", ("localhost", "renewed.example.org"))
    text = (site.conf / "idp.toml").read_text()
    for key, file in (("tls_certificate", new.certificate), ("tls_key", new.key)):
        before = text.partition(f'\n{key} = "')[2].partition('"')[0]
        text = text.replace(f'{key} = "{before}"', f'{key} = "{file}"')
    (site.conf / "idp.toml").write_text(text)

    site.process.send_signal(signal.SIGHUP)

    def is_new() -> bool:
        context = ssl.create_default_context(cafile=site.authority.ca)
        raw = socket.create_connection(("127.0.0.1", site.main))
        with context.wrap_socket(raw, server_hostname="localhost") as connection:
            names = connection.getpeercert()
        return ("DNS", "renewed.example.org") in (names or {}).get("subjectAltName", ())

    await_that(is_new, site.process)


@pytest.mark.alone
def test_a_killed_worker_and_a_killed_refresher_are_replaced(site: Site) -> None:
    await_that(lambda: len(descendants(site.process.pid)) == PROCESSES, site.process)
    await_that(lambda: bool(_refreshers(site)), site.process)  # a child has its name only once it has begun
    before, stay = descendants(site.process.pid), _stay(site)
    refresher = _refreshers(site)[0]
    worker = min(before - stay)

    os.kill(worker, signal.SIGKILL)
    os.kill(refresher, signal.SIGKILL)

    await_that(lambda: len(descendants(site.process.pid) - {worker, refresher}) == PROCESSES, site.process)
    assert site.shows("Example University")


def test_without_its_server_a_site_ends(tmp_path: Path, slapd: RunningSlapd) -> None:
    """A port that is taken cannot be served; the supervisor does not go on without."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f'plain = "127.0.0.1:{taken.getsockname()[1]}"\nproxies = ["127.0.0.1/32"]'
        conf = make_conf(tmp_path / "conf", slapd, listen_toml=listen, methods=("password", "totp"))
        done = subprocess.run(
            [str(CLI), "serve", "--conf", str(conf)], capture_output=True, text=True, timeout=60, check=False
        )

    assert done.returncode == 1
    assert "http ended" in done.stderr


def _refreshers(site: Site) -> list[int]:
    return [pid for pid in _stay(site) if "run-refresher" in Path(f"/proc/{pid}/cmdline").read_text()]


def _stay(site: Site) -> set[int]:
    """Give the processes that a reload does not replace: what the supervisor itself has started."""
    found: set[int] = set()
    for task in Path(f"/proc/{site.process.pid}/task").glob("*/children"):
        found |= set(map(int, task.read_text().split()))
    return found


def _check(conf: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(CLI), "check", "--conf", str(conf)], capture_output=True, text=True, check=False)
