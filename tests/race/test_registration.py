"""Whoever registers at the same moment at whichever worker: one secret is left, and it is one that was confirmed."""

import json
import re
import threading
import time
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.app import load
from idp.core.secret import Secret
from plugins.totp.codes import STEP_SECONDS, code_at
from plugins.totp.credential import TOTP
from tests.parts.driver import CAMPUS, OUTSIDE, Account, Browser, Reply
from tests.race.conftest import SP, Race

AT_ONCE = 12


def _at_the_key(browser: Browser, account: Account) -> tuple[Reply, Secret]:
    """Go as far as the page with the key."""
    page = browser.follow(browser.request("GET", "/idp/account/register"))
    page = browser.submit(page, j_username=account.username, j_password=account.password)
    found = re.search(rb'data-key="([A-Z2-7]{32})"', page.body)
    assert found, (page.status, page.page, page.code)
    return page, Secret(b32decode(found[1]))


def _code(key: Secret) -> str:
    return code_at(key, int(time.time()) // STEP_SECONDS)


def _secrets(race: Race, username: str) -> list[Secret]:
    site = load(race.site.conf)
    try:
        tools = site.tools("totp")
        subject = tools.people.find(username)
        assert subject is not None
        return [each.secrets["secret"] for each in tools.credentials.list(subject, TOTP)]
    finally:
        site.close()


def _decisions(race: Race, username: str) -> list[str]:
    lines = (race.site.conf / "log" / "audit.json").read_text().splitlines()
    events = [each for each in map(json.loads, lines) if each.get("username") == username and each.get("binding")]
    return [each["decision"] for each in events if each["decision"] != "started"]


@pytest.mark.parametrize("registered", [False, True], ids=["T-34-nothing-registered", "T-34-an-app-registered"])
def test_t34_registrations_at_once_leave_exactly_one_secret(race: Race, *, registered: bool) -> None:
    account = race.person() if registered else race.newcomer()
    browsers = [race.browser(CAMPUS) for _ in range(AT_ONCE)]
    pages = [_at_the_key(browser, account) for browser in browsers]
    together = threading.Barrier(AT_ONCE)

    def register(browser: Browser, page: Reply, key: Secret) -> Reply:
        together.wait()
        return browser.submit(page, "register", tokencode=_code(key))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        replies = list(pool.map(lambda each: register(each[0], *each[1]), zip(browsers, pages, strict=True)))

    (kept,) = _secrets(race, account.username)
    confirmed = [key for reply, (_, key) in zip(replies, pages, strict=True) if reply.page == "account"]
    assert kept in confirmed
    told = [reply for reply in replies if reply.page != "account"]
    assert {(reply.status, reply.code) for reply in told} <= {(409, "E104")}
    decisions = _decisions(race, account.username)
    assert decisions.count("refused") == len(told)
    assert len(decisions) == AT_ONCE
    assert decisions.count("registered") == (0 if registered else 1)
    for key in (key for _, key in pages if key != kept):
        browser = race.browser(OUTSIDE)
        page = browser.submit(browser.visit(SP)[0], j_username=account.username, j_password=account.password)
        assert browser.submit(page, tokencode=_code(key)).saml_response is None


def test_t02_one_form_sent_by_many_at_once_registers_once(race: Race) -> None:
    account, browser = race.newcomer(), race.browser(CAMPUS)
    page, key = _at_the_key(browser, account)
    twins = [race.browser(CAMPUS) for _ in range(AT_ONCE)]
    together = threading.Barrier(AT_ONCE)

    def register(twin: Browser) -> Reply:
        twin.cookies = dict(browser.cookies)
        together.wait()
        return twin.submit(page, "register", tokencode=_code(key))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        replies = list(pool.map(register, twins))

    assert {reply.page for reply in replies} == {"account"}
    assert _secrets(race, account.username) == [key]
    assert _decisions(race, account.username) == ["registered"]
