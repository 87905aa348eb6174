"""The same over HTTP, from real workers: what a client may say, which path it takes, and edits in every worker."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.driver import CAMPUS, OUTSIDE, Browser, Reply, Wire
from tests.parts.served import Served, is_stopped, serving
from tests.parts.service_provider import TestSP
from tests.parts.site import ASK_ALWAYS
from tests.parts.slapd import RunningSlapd

pytestmark = pytest.mark.slow

SP = TestSP("sp")
OTHER_SP = TestSP("other")
SSO = "/idp/profile/SAML2/Redirect/SSO"
NETWORKS = '[networks.campus]\nranges = ["192.0.2.0/24", "2001:db8:c::/48"]\nexcept = ["192.0.2.128/25"]\n'
WHOLE = "192.0.2.0/24\n2001:db8:c::/48\nexcept 192.0.2.128/25\nend\n"
WITHIN_SECONDS = 5
GENEROUS = '[limits.password]\nperson = ["10000/1d"]\naddress = ["10000/1d"]\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, slapd: RunningSlapd) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("networks")
    (folder / "conf").mkdir()
    (folder / "conf" / "campus.txt").write_text(WHOLE)
    listed = ((NETWORKS, '[networks.campus]\nfile = "campus.txt"\n'),)
    options = {"plugins_toml": f"{ASK_ALWAYS}\n{GENEROUS}", "replace": listed}
    with serving(folder, slapd, SP, OTHER_SP, workers=2, **options) as served:
        yield served


@pytest.fixture(autouse=True)
def whole_file(site: Served) -> None:
    """Put the file back as it was."""
    file = site.conf / "campus.txt"
    if file.is_dir() or not file.exists() or file.read_text() != WHOLE:
        _replace(file, WHOLE)
        _await(lambda: all(_on_each_worker(site, "campus")))


def _replace(file: Path, text: str) -> None:
    beside = file.with_suffix(".new")
    beside.write_text(text)
    beside.replace(file)


def _browser(site: Served, forwarded: str = CAMPUS) -> Browser:
    return Browser(Wire(site.port), forwarded)


def _password(browser: Browser, sp: TestSP = SP) -> Reply:
    page, _ = browser.visit(sp)
    return browser.submit(page, j_username="alice", j_password="alice's Password 1")


def _network(browser: Browser) -> str:
    """One factor is enough on campus alone."""
    page = _password(browser)
    assert page.page in {"post", "certificate"}, (page.status, page.page, page.code)
    return "campus" if page.page == "post" else "outside"


def _await(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not is_so():
        assert time.monotonic() < deadline


@contextmanager
def _only(site: Served, pid: int) -> Iterator[None]:
    """Have one worker answer; the others stand still."""
    others = [each for each in site.workers if each != pid]
    for each in others:
        os.kill(each, signal.SIGSTOP)
        # The signal is sent, not yet obeyed: until then it may still take the next connection.
        _await(lambda each=each: is_stopped(each))
    try:
        yield
    finally:
        for each in others:
            os.kill(each, signal.SIGCONT)


def _on_each_worker(site: Served, expected: str) -> list[bool]:
    found = []
    for pid in site.workers:
        with _only(site, pid):
            found.append(_network(_browser(site)) == expected)
    return found


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        pytest.param(CAMPUS, "campus", id="N-01-what-the-proxy-says"),
        pytest.param(f"{CAMPUS}, {OUTSIDE}", "outside", id="N-01-what-the-client-wrote-before"),
        pytest.param(f"{CAMPUS}\r\nX-Forwarded-For: {OUTSIDE}", "outside", id="N-01-what-the-client-wrote-above"),
        pytest.param(f"{OUTSIDE}\r\nX-Real-IP: {CAMPUS}", "outside", id="N-01-another-header"),
        pytest.param(f"{OUTSIDE}\r\nForwarded: for={CAMPUS}", "outside", id="N-01-the-standards-header"),
        pytest.param(f"{OUTSIDE}\r\nX_Forwarded_For: {CAMPUS}", "outside", id="N-01-underscores"),
        pytest.param("", "outside", id="N-02-empty"),
        pytest.param("unknown", "outside", id="N-02-unknown"),
        pytest.param("::ffff:10.0.0.1", "outside", id="N-02-mapped"),
        pytest.param("2001:db8:c::1%eth0", "outside", id="N-02-zone"),
        pytest.param(f"{CAMPUS}:4711", "outside", id="N-02-port"),
        pytest.param("192.000.002.010", "outside", id="N-02-octal"),
        pytest.param(", ".join([CAMPUS] * 800), "outside", id="N-02-10-kB"),
        pytest.param("2001:db8:c::1", "campus", id="N-03-v6"),
        pytest.param(f"::ffff:{CAMPUS}", "campus", id="N-03-mapped"),
        pytest.param("192.0.2.200", "outside", id="N-03-the-exception"),
    ],
)
def test_the_address_is_what_the_named_proxy_says_and_nothing_else(site: Served, forwarded: str, network: str) -> None:
    assert _network(_browser(site, forwarded)) == network


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"/{SSO}", id="N-05-two-slashes"),
        pytest.param(SSO.replace("/SSO", "//SSO"), id="N-05-two-slashes-within"),
        pytest.param(f"{SSO}/", id="N-05-slash-after"),
        pytest.param(f"{SSO}/%2e%2e/SSO", id="N-05-dots"),
        pytest.param(f"{SSO}/../SSO", id="N-05-plain-dots"),
        pytest.param(f"{SSO}/.", id="N-05-dot"),
        pytest.param(f"{SSO};x", id="N-05-parameter"),
        pytest.param(f"{SSO};x=/idp/health", id="N-05-parameter-of-a-path"),
        pytest.param(f"/idp/health/..{SSO}", id="N-05-from-another-page"),
        pytest.param(SSO.lower(), id="N-05-case"),
        pytest.param(SSO.replace("SSO", "%53SO"), id="N-05-encoded"),
        pytest.param(SSO.replace("/SSO", "%2fSSO"), id="N-05-encoded-slash"),
        pytest.param(SSO.replace("SSO", "%2553SO"), id="N-05-encoded-twice"),
        pytest.param(f"{SSO}%00", id="N-05-nul"),
        pytest.param(f"http://idp.example.ac.jp{SSO}", id="N-05-absolute"),
    ],
)
def test_another_way_to_write_the_path_is_no_way_round_the_rules(site: Served, path: str) -> None:
    """With the session of a login on campus: outside there is no answer by any path."""
    browser = _browser(site)
    assert _password(browser).page == "post"
    browser.address = OUTSIDE
    query = redirect_query(authn_request(OTHER_SP), relay_state="state")

    page = browser.request("GET", f"{path}?{query}")
    if page.status in {301, 302, 303, 307, 308}:
        page = browser.request("GET", page.header("location"))

    assert page.saml_response is None
    assert page.status in {400, 404} or page.page == "certificate"


def test_n06_a_session_of_campus_is_stepped_up_outside_and_back(site: Served) -> None:
    browser = _browser(site)
    assert _password(browser).page == "post"
    browser.address = OUTSIDE
    assert browser.visit(OTHER_SP)[0].page == "certificate"
    browser.address = CAMPUS
    assert browser.visit(OTHER_SP)[0].page == "post"


def test_n04_whoever_leaves_the_campus_between_password_and_answer_is_outside(site: Served) -> None:
    browser = _browser(site)
    page, _ = browser.visit(SP)
    browser.address = OUTSIDE

    page = browser.submit(page, j_username="alice", j_password="alice's Password 1")

    assert page.page == "certificate"


@pytest.mark.parametrize(
    "text", [pytest.param("203.0.113.0/24\nend\n", id="edited"), pytest.param("192.0.2.0/24\n", id="N-07-half")]
)
def test_a_network_file_counts_in_every_worker_within_five_seconds(site: Served, text: str) -> None:
    _replace(site.conf / "campus.txt", text)

    _await(lambda: all(_on_each_worker(site, "outside")))


def test_n07_a_network_file_that_vanishes_puts_everybody_outside_within_five_seconds(site: Served) -> None:
    (site.conf / "campus.txt").unlink()

    _await(lambda: all(_on_each_worker(site, "outside")))
    assert "campus.txt: it cannot be read (No such file or directory)" in (site.conf.parent / "server.log").read_text()


def test_the_table_itself_counts_in_every_worker_within_five_seconds(site: Served) -> None:
    file = site.conf / "idp.toml"
    before = file.read_text()
    _replace(file, before.replace('file = "campus.txt"', 'ranges = ["203.0.113.0/24"]'))
    try:
        _await(lambda: all(_on_each_worker(site, "outside")))
    finally:
        _replace(file, before)
        _await(lambda: all(_on_each_worker(site, "campus")))
