"""What happens when the directory does not do its part (security.md F-01 to F-03)."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic

import pytest

import idp.directory.breaker
from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.turn import taking_turn
from idp.directory.site import DirectorySite
from idp.plugin.tools import BindState
from tests.directory.conftest import TOTP, Open
from tests.parts.ds389 import RunningDS389
from tests.parts.shim import Mode, Shim, wait_until
from tests.parts.slapd import RunningSlapd, person

PASSWORD = person("alice").password


@pytest.fixture
def shim(slapd: RunningSlapd) -> Iterator[Shim]:
    """A shim before the shared directory."""
    running = Shim(("127.0.0.1", slapd.server.port))
    yield running
    running.close()


@pytest.fixture
def shimmed(shim: Shim, slapd: RunningSlapd, open_site: Open) -> DirectorySite:
    """A directory that is reached through the shim alone."""
    return open_site(slapd, uris=(shim.uri,), timeout_seconds=0.5)


@pytest.mark.parametrize("mode", [pytest.param(Mode.HANG, id="F-03-hang"), pytest.param(Mode.DRIP, id="F-03-drip")])
@pytest.mark.parametrize("warm", [True, False])
def test_a_slow_directory_costs_a_caller_its_timeout_and_no_more(
    shim: Shim, shimmed: DirectorySite, open_site: Open, slapd: RunningSlapd, mode: Mode, warm: bool
) -> None:
    alice = open_site(slapd).people.find("alice")
    if warm:
        shimmed.people.bind(shimmed.people.find("alice"), PASSWORD)
    shim.mode = mode

    for ask in (lambda: shimmed.people.find("alice"), lambda: shimmed.people.bind(alice, PASSWORD)):
        began = monotonic()
        with pytest.raises(DependencyError) as caught:
            ask()
        assert monotonic() - began < 1.0
        assert caught.value.code is Code.DIRECTORY_DOWN


def test_f03_more_callers_than_may_wait_are_told_at_once(open_site: Open, slapd: RunningSlapd, shim: Shim) -> None:
    people = open_site(slapd, uris=(shim.uri,), connections=2, timeout_seconds=2.0).people
    people.find("alice")
    shim.mode = Mode.HANG

    def ask(_: int) -> float:
        began = monotonic()
        with pytest.raises(DependencyError):
            people.find("alice")
        return monotonic() - began

    with ThreadPoolExecutor(8) as threads:
        taken = sorted(threads.map(ask, range(8)))

    assert taken[5] < 1.0
    assert taken[7] >= 1.5


def test_f03_who_waits_for_the_directory_does_not_hold_up_the_worker(
    open_site: Open, slapd: RunningSlapd, shim: Shim
) -> None:
    people = open_site(slapd, uris=(shim.uri,), timeout_seconds=2.0).people
    people.find("alice")
    shim.mode = Mode.HANG
    said = len(shim.sent)

    def ask() -> float:
        with taking_turn(), pytest.raises(DependencyError):
            people.find("alice")
        return monotonic()

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(ask)
        wait_until(lambda: len(shim.sent) > said)
        with taking_turn():
            had_turn_at = monotonic()

        assert waiting.result() - had_turn_at > 1.0


def test_f01_three_failures_and_nobody_waits_any_more(
    shim: Shim, shimmed: DirectorySite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idp.directory.breaker, "RETRY_SECONDS", 0.4)
    shimmed.people.find("alice")
    shim.mode = Mode.HANG
    for _ in range(3):
        with pytest.raises(DependencyError):
            shimmed.people.find("alice")
    seen = shim.connections

    began = monotonic()
    with pytest.raises(DependencyError):
        shimmed.people.find("alice")
    assert monotonic() - began < 0.1
    assert shim.connections == seen

    shim.mode = Mode.PASS
    wait_until(lambda: _answers(shimmed), 3)
    assert shimmed.people.find("alice") is not None


def _answers(site: DirectorySite) -> bool:
    try:
        return site.people.find("alice") is not None
    except DependencyError:
        return False


@pytest.mark.parametrize("how", ["refuse", "hang", "close"])
def test_f01_another_server_takes_over(open_site: Open, slapd: RunningSlapd, shim: Shim, how: str) -> None:
    site = open_site(slapd, uris=(shim.uri, slapd.uri), timeout_seconds=0.5)
    alice = site.people.find("alice")
    assert site.people.bind(alice, PASSWORD).state is BindState.ACCEPTED
    if how == "refuse":
        shim.refuse()
    else:
        shim.mode = Mode.HANG if how == "hang" else Mode.CLOSE

    assert site.people.find("alice") == alice
    assert site.people.bind(alice, PASSWORD).state is BindState.ACCEPTED

    began = monotonic()
    assert site.people.find("alice") == alice
    assert monotonic() - began < 0.3


def test_f01_a_restarted_server_is_used_again_without_an_error(open_site: Open, own_slapd: RunningSlapd) -> None:
    site = open_site(own_slapd)
    alice = site.people.find("alice")
    assert alice is not None
    site.credentials.add(alice, TOTP, {"last_step": b"1"}, {"secret": PASSWORD}, {})
    (credential,) = site.credentials.list(alice, TOTP)
    site.people.bind(alice, PASSWORD)
    own_slapd.server.kill()
    own_slapd.server.start()

    assert site.credentials.swap(alice, credential, TOTP, {"last_step": b"2"})
    assert site.people.find("alice") == alice
    assert site.people.bind(alice, PASSWORD).state is BindState.ACCEPTED


def test_f01_a_killed_server_is_nobodys_fault(open_site: Open, own_slapd: RunningSlapd) -> None:
    site = open_site(own_slapd)
    alice = site.people.find("alice")
    own_slapd.server.kill()

    for ask in (lambda: site.people.find("alice"), lambda: site.people.bind(alice, PASSWORD)):
        with pytest.raises(DependencyError) as caught:
            ask()
        assert caught.value.code is Code.DIRECTORY_DOWN


def make_read_only(running: RunningSlapd | RunningDS389) -> None:
    """Have a server refuse every change."""
    if isinstance(running, RunningDS389):
        running.server.refuse_changes()
    else:
        running.server.apply(
            "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcReadOnly\nolcReadOnly: TRUE\n"
        )


def test_f02_a_read_only_directory_records_nothing(open_site: Open, own_slapd: RunningSlapd) -> None:
    site = open_site(own_slapd)
    alice = site.people.find("alice")
    assert alice is not None
    site.credentials.add(alice, TOTP, {"last_step": b"1"}, {"secret": PASSWORD}, {})
    (credential,) = site.credentials.list(alice, TOTP)
    make_read_only(own_slapd)

    assert site.people.bind(alice, PASSWORD).state is BindState.ACCEPTED
    for write in (
        lambda: site.credentials.swap(alice, credential, TOTP, {"last_step": b"2"}),
        lambda: site.credentials.add(alice, TOTP, {"last_step": b"2"}, {"secret": PASSWORD}, {}),
        lambda: site.credentials.remove(alice, TOTP),
    ):
        with pytest.raises(DependencyError) as caught:
            write()
        assert caught.value.code is Code.DIRECTORY_READ_ONLY
    assert site.credentials.list(alice, TOTP) == (credential,)


def test_f02_without_the_writer_codes_stop_and_passwords_go_on(
    open_site: Open, slapd: RunningSlapd, shim: Shim
) -> None:
    site = open_site(slapd, writer=shim.uri)
    alice = site.people.find("alice")
    assert alice is not None
    shim.refuse()

    assert site.people.bind(alice, PASSWORD).state is BindState.ACCEPTED
    with pytest.raises(DependencyError):
        site.credentials.list(alice, TOTP)


def test_a_wrong_service_password_is_named_and_is_nobodys_fault(open_site: Open, slapd: RunningSlapd) -> None:
    people = open_site(slapd, bind_password_file=slapd.enrol_password_file).people

    with pytest.raises(DependencyError, match=r"cn=warifu.*may not log in"):
        people.find("alice")


def test_a_forked_process_opens_connections_of_its_own(open_site: Open, slapd: RunningSlapd, shim: Shim) -> None:
    site = open_site(slapd, uris=(shim.uri,))
    alice = site.people.find("alice")
    site.people.bind(alice, PASSWORD)
    before = shim.connections
    child = os.fork()
    if not child:
        same = site.people.find("alice") == alice and site.people.bind(alice, PASSWORD).state is BindState.ACCEPTED
        os._exit(0 if same else 1)

    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert shim.connections == before + 2
    assert site.people.find("alice") == alice
    assert shim.connections == before + 2


def test_many_threads_get_their_own_answers(open_site: Open, slapd: RunningSlapd) -> None:
    people = open_site(slapd, connections=4).people
    names = [f"person{number:02}" for number in range(10)] * 20
    ready = Event()

    def ask(name: str) -> bool:
        ready.wait()
        subject = people.find(name)
        right = people.bind(subject, person(name).password).state is BindState.ACCEPTED
        return right and subject is not None and subject.username == name

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(ask, name) for name in names]
        ready.set()
        assert all(item.result() for item in asked)
