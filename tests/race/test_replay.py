"""A request is answered once, whichever worker sees it again (security.md A-11)."""

import os
import secrets
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy

from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.driver import CAMPUS, Account, Browser, Reply, Wire
from tests.parts.served import is_healthy
from tests.parts.service_provider import TestSP
from tests.race.conftest import OTHER_SP, SP, Race

AT_ONCE = 30
AGAIN = 12
"""More than enough, on connections of their own, to come by all three workers."""


def _path(sp: TestSP, request_id: str) -> str:
    query = redirect_query(authn_request(sp, id=request_id), relay_state=f"state-{request_id}")
    return f"/idp/profile/SAML2/Redirect/SSO?{query}"


def _logged_in(race: Race) -> tuple[Browser, Account]:
    browser, account = race.browser(CAMPUS), race.person()
    browser.log_in(SP, account)
    return browser, account


def _twin(race: Race, browser: Browser) -> Browser:
    twin = copy(browser)
    twin.wire, twin.cookies = Wire(race.site.port), dict(browser.cookies)
    return twin


def _again(race: Race, browser: Browser, path: str) -> list[Reply]:
    return [_twin(race, browser).request("GET", path) for _ in range(AGAIN)]


def test_a11_an_answered_request_is_a_replay_on_every_worker(race: Race) -> None:
    browser, _ = _logged_in(race)
    path = _path(SP, "_" + secrets.token_hex(16))
    assert browser.request("GET", path).saml_response is not None

    assert {(reply.status, reply.page) for reply in _again(race, browser, path)} == {(400, "error")}


def test_a11_an_unfinished_request_goes_on_in_its_own_browser_and_in_no_other(race: Race) -> None:
    browser = race.browser(CAMPUS)
    path = _path(SP, "_" + secrets.token_hex(16))
    assert browser.request("GET", path).page == "password"

    assert {(reply.status, reply.page) for reply in _again(race, browser, path)} == {(200, "password")}
    assert {reply.status for reply in _again(race, race.browser(CAMPUS), path)} == {400}


def test_a11_the_same_id_of_another_service_provider_is_another_request(race: Race) -> None:
    browser, _ = _logged_in(race)
    request_id = "_" + secrets.token_hex(16)

    replies = [browser.request("GET", _path(sp, request_id)) for sp in (SP, OTHER_SP)]

    assert all(reply.saml_response is not None for reply in replies)


def test_a11_of_many_arrivals_of_one_request_at_once_one_is_answered(race: Race) -> None:
    browser, account = _logged_in(race)
    path = _path(SP, "_" + secrets.token_hex(16))
    twins = [_twin(race, browser) for _ in range(AT_ONCE)]
    together = threading.Barrier(AT_ONCE)

    def arrive(twin: Browser) -> Reply:
        twin.wire.ask(b"GET /idp/static/warifu.css HTTP/1.1\r\nHost: idp.example.ac.jp\r\n\r\n")
        together.wait()
        return twin.request("GET", path)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        replies = list(pool.map(arrive, twins))

    assert sum(reply.saml_response is not None for reply in replies) == 1
    assert {reply.status for reply in replies if reply.saml_response is None} == {400}
    assert len(race.site.accepted(account.username)) == 2


def test_a11_a_replay_stays_one_when_every_worker_was_killed(race: Race) -> None:
    browser, _ = _logged_in(race)
    path = _path(SP, "_" + secrets.token_hex(16))
    assert browser.request("GET", path).saml_response is not None

    before = set(race.site.workers)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(set(race.site.workers) - before) < len(before) or not is_healthy(race.site.port):
        assert time.monotonic() < deadline, "the workers did not come back"
        with suppress(OSError):
            time.sleep(0.05)

    assert {reply.status for reply in _again(race, browser, path)} == {400}
