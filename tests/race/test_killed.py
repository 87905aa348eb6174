"""A worker that is killed in the middle of a login takes neither the login nor a code with it (security.md F-05)."""

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.parts.driver import OUTSIDE, Account, Browser, Codes, Reply
from tests.race.conftest import SP, Race

PEOPLE = 60
KILLED = 5
CLIENTS = 8
PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 100.0


@dataclass
class _Diary:
    """What was sent and what came back: codes by person, answers by person."""

    codes: dict[str, set[str]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    begun_anew: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def _log_in(race: Race, account: Account, codes: Codes, diary: _Diary) -> None:
    """Log in as a person does whose page did not load: load again, and with the next code when this one was used."""
    browser = race.browser(OUTSIDE)
    page = _insist(lambda: browser.visit(SP)[0])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while page.saml_response is None:
        assert time.monotonic() < deadline, f"{account.username} never arrived: {page.status} {page.page} {page.code}"
        page = _go_on(browser, page, account, codes, diary)
    diary.answers[account.username] += 1


def _go_on(browser: Browser, page: Reply, account: Account, codes: Codes, diary: _Diary) -> Reply:
    if page.page == "password":
        return _insist(lambda: browser.submit(page, j_username=account.username, j_password=account.password))
    if page.page == "certificate":
        return _insist(lambda: browser.submit(page, "totp"))
    if page.page == "totp":
        with diary.lock:
            code = codes.next(account)
        if not code:
            time.sleep(0.5)  # for the next time step, as the page advises
            return page
        diary.codes.setdefault(account.username, set()).add(code)
        return _insist(lambda: browser.submit(page, tokencode=code))
    # The answer was made and lost on its way: the request is answered, and the service provider asks again.
    diary.begun_anew += 1
    return _insist(lambda: browser.visit(SP)[0])


def _insist(ask: object) -> Reply:
    """Ask until there is an answer; the same again is what a browser does on a broken connection."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return ask()  # type: ignore[operator,no-any-return]
        except OSError:
            assert time.monotonic() < deadline, "no worker answers"
            time.sleep(0.02)


@pytest.mark.slow
def test_f05_logins_go_on_when_workers_are_killed_and_no_code_is_accepted_twice(race: Race) -> None:
    accounts = [race.person() for _ in range(PEOPLE)]
    codes, diary, stop = Codes(), _Diary(), threading.Event()
    killed: list[int] = []

    def kill_now_and_then() -> None:
        while not stop.wait(PAUSE_SECONDS) and len(killed) < KILLED:
            workers = race.site.workers
            if len(workers) > 1:
                with suppress(ProcessLookupError):
                    os.kill(workers[0], signal.SIGKILL)
                    killed.append(workers[0])

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda account: _log_in(race, account, codes, diary), accounts))
    finally:
        stop.set()
        killer.join()

    assert len(killed) >= 2, "nothing was tried"
    assert all(diary.answers[account.username] == 1 for account in accounts)
    for account in accounts:
        with_code = [event for event in race.site.accepted(account.username) if not event["reused"]]
        assert 1 <= len(with_code) <= len(diary.codes[account.username])
