"""The refresher sends what waits, and a mail server that says nothing holds up none of its other work (F-15)."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp.core.clock import system_clock
from idp.core.notice import NoticeKind
from tests.cli.demos import await_that
from tests.parts.service_provider import TestSP
from tests.parts.site import Clock, Idp, make_conf
from tests.parts.slapd import RunningSlapd
from tests.parts.smtp import PostOffice

pytestmark = pytest.mark.slow

SP = TestSP("dropped")


@contextmanager
def refresher(conf: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "idp.cli", "--conf", str(conf), "run-refresher"])
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


@contextmanager
def idp_at(conf: Path) -> Iterator[Idp]:
    """Give the site as its workers are, by the clock of the machine."""
    idp = Idp.load(conf, Clock(system_clock()))
    try:
        yield idp
    finally:
        idp.close()


def tell_bob(idp: Idp) -> None:
    bob = idp.site.directory.find("bob")
    assert bob is not None
    idp.site.notices.tell(NoticeKind.REGISTERED, bob, "en", idp.clock(), "campus")


def test_a_letter_posted_by_a_worker_is_sent(tmp_path: Path, slapd: RunningSlapd) -> None:
    with PostOffice() as office:
        conf = make_conf(tmp_path / "conf", slapd, mail_toml=office.toml())
        with refresher(conf) as process, idp_at(conf) as idp:
            tell_bob(idp)
            await_that(lambda: len(office.received) == 1, process)


def test_f15_killed_refreshers_lose_nothing(tmp_path: Path, slapd: RunningSlapd) -> None:
    office = PostOffice()
    conf = make_conf(tmp_path / "conf", slapd, mail_toml=office.toml())
    with idp_at(conf) as idp:
        tell_bob(idp)
        with refresher(conf) as process:
            await_that(lambda: b'code="D501"' in idp.site.metrics.render(), process)
        with office, refresher(conf) as process:
            await_that(lambda: len(office.received) == 1, process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_f15_a_mail_server_that_says_nothing_holds_up_nothing_else(
    tmp_path: Path, slapd: RunningSlapd, number: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        office = PostOffice(port=silent.getsockname()[1])
        conf = make_conf(tmp_path / "conf", slapd, mail_toml=office.toml(extra="timeout_seconds = 60.0"))
        with refresher(conf) as process, idp_at(conf) as idp:
            tell_bob(idp)
            silent.settimeout(30)
            connection, _ = silent.accept()
            with connection:
                (conf / "metadata" / "dropped.xml").write_bytes(SP.metadata())
                await_that(lambda: idp.site.federation.find(SP.entity_id) is not None, process)
                process.send_signal(number)
                assert process.wait(10) == 0
