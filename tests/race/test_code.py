"""One code is good once, whoever sends it at the same moment to whichever worker (security.md T-02)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

import pytest

from plugins.totp.codes import STEP_SECONDS, code_at
from tests.parts.driver import OUTSIDE, Account, Browser, Reply, Wire
from tests.parts.served import Served, serving
from tests.race.conftest import SP, Race

AT_ONCE = 50


def _at_the_code(browser: Browser, account: Account) -> Reply:
    page, _ = browser.visit(SP)
    page = browser.submit(page, j_username=account.username, j_password=account.password)
    if page.page == "certificate":
        page = browser.submit(page, "totp")
    assert page.page == "totp", (page.status, page.code)
    return page


def _code(account: Account) -> str:
    assert account.seed is not None
    return code_at(account.seed, int(time.time()) // STEP_SECONDS)


def _post_together(attempts: list[tuple[Browser, Reply]], code: str) -> list[Reply]:
    """Send the same code by every browser at one moment, each on a connection that is open already."""
    together = threading.Barrier(len(attempts))

    def post(browser: Browser, page: Reply) -> Reply:
        browser.wire.ask(b"GET /idp/static/warifu.css HTTP/1.1\r\nHost: idp.example.ac.jp\r\n\r\n")
        together.wait()
        return browser.post(page, tokencode=code)

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(lambda attempt: post(*attempt), attempts))


def _sockets(site: Served) -> list[int]:
    """Give how many sockets each worker holds."""
    return [
        sum(str(file.readlink()).startswith("socket:") for file in Path(f"/proc/{pid}/fd").iterdir())
        for pid in site.workers
    ]


def _sessions(replies: list[Reply]) -> set[str]:
    values = [value for reply in replies for name, value in reply.headers if name == "set-cookie"]
    return {value for value in values if value.startswith("__Host-warifu_session=")}


def test_t02_of_fifty_posts_of_one_form_one_gets_the_answer(race: Race) -> None:
    account = race.person()
    first = race.browser(OUTSIDE)
    page = _at_the_code(first, account)
    copies = []
    for _ in range(AT_ONCE):
        twin = copy(first)
        twin.wire, twin.cookies = Wire(race.site.port), dict(first.cookies)
        copies.append((twin, page))

    replies = _post_together(copies, _code(account))

    assert sum(reply.saml_response is not None for reply in replies) == 1
    assert len(_sessions(replies)) == 1
    assert len(race.site.accepted(account.username)) == 1
    assert {reply.status for reply in replies} <= {200, 303, 400}


def test_t02_of_fifty_logins_of_one_person_with_one_code_one_succeeds(race: Race) -> None:
    account = race.person()
    browsers = [race.browser(OUTSIDE) for _ in range(AT_ONCE)]
    idle = _sockets(race.site)
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda browser: _at_the_code(browser, account), browsers))
    assert sum(now > before for now, before in zip(_sockets(race.site), idle, strict=True)) > 1, "one worker had all"

    replies = _post_together(list(zip(browsers, pages, strict=True)), _code(account))

    assert sum(reply.saml_response is not None for reply in replies) == 1
    assert len(_sessions(replies)) == 1
    assert len(race.site.accepted(account.username)) == 1
    assert {reply.code for reply in replies if reply.saml_response is None} == {"A201"}


@pytest.mark.slow
def test_t02_with_the_shipped_budgets_one_of_fifty_succeeds_too(race: Race, tmp_path: Path) -> None:
    account = race.person()
    with serving(tmp_path, race.slapd, SP, workers=3, apps=[account]) as site:
        browsers = [Browser(Wire(site.port), OUTSIDE) for _ in range(AT_ONCE)]
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda browser: _at_the_code(browser, account), browsers))

        replies = _post_together(list(zip(browsers, pages, strict=True)), _code(account))

        assert sum(reply.saml_response is not None for reply in replies) == 1
        assert len(site.accepted(account.username)) == 1
