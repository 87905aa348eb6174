"""A real browser with a certificate, without one, and with one that is no good; the app is always one button away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.browser.chromium import Person, chromium, sit_down
from tests.browser.holder import certificate_holder
from tests.browser.test_sequence import APP, TITLES
from tests.browser.university import BASE_URL, CERTIFICATES, University
from tests.parts.client_certificates import DAY, Shown, make_client_ca
from tests.parts.driver import Account

pytestmark = pytest.mark.slow

X509 = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
MFA = "https://refeds.org/profile/mfa"
SCRIPT = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]
Make = Callable[[University, Account], Shown | None]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("script", SCRIPT)
def test_seed_14_a_certificate_in_the_browser_logs_in(
    playwright: Playwright, univ: University, tmp_path: Path, language: str, *, script: bool
) -> None:
    account = univ.account()
    shown = univ.client_ca.issue(account.username)
    with certificate_holder(playwright, univ, tmp_path, shown, language=language, script=script) as someone:
        someone.begin(univ.library)
        someone.enter_password(account)
        assert (someone.at, someone.heading) == ("certificate", TITLES[language][1])
        someone.page.locator("button[name=_eventId_certificate]").click()

        answer = someone.arrive(univ.library)
        assert (answer.status, answer.authn_context) == ("Success", X509)
        assert answer.friendly["uid"] == (account.username,)

        someone.begin(univ.courses, **{"class": MFA})
        assert someone.arrive(univ.courses).authn_context == MFA


def _foreign(univ: University, account: Account) -> Shown:
    return make_client_ca("foreign", univ.client_ca.now).issue(account.username)


def _expired(univ: University, account: Account) -> Shown:
    now = univ.client_ca.now
    return univ.client_ca.issue(account.username, starts=now - 3 * DAY, ends=now - DAY)


WRONG = [
    pytest.param(lambda univ, account: None, "A301", id="R-16-none"),
    pytest.param(_foreign, "A303", id="foreign"),
    # Chromium does not offer an expired one; what comes of those that do, tests/clientcert/test_proxies.py shows.
    pytest.param(_expired, "A301", id="expired"),
    pytest.param(lambda univ, account: univ.revoked, "A305", id="revoked"),
    pytest.param(lambda univ, account: univ.client_ca.issue("person00"), "A309", id="of-another"),
]


@pytest.mark.parametrize("script", SCRIPT)
@pytest.mark.parametrize(("make", "code"), WRONG)
def test_one_that_is_no_good_ends_on_our_page_and_the_app_serves(
    playwright: Playwright, univ: University, tmp_path: Path, make: Make, code: str, *, script: bool
) -> None:
    account, language = univ.account(), "en" if script else "ja"
    with certificate_holder(
        playwright, univ, tmp_path, make(univ, account), language=language, script=script
    ) as someone:
        someone.begin(univ.library)
        someone.enter_password(account)
        someone.press("certificate")

        assert (someone.at, someone.problem) == ("certificate", code)
        assert someone.page.url.startswith(f"{BASE_URL}/idp/certificate/return?")
        assert APP[language] in someone.buttons
        someone.press("totp")
        someone.enter_code(account)
        assert someone.arrive(univ.library).friendly["uid"] == (account.username,)


def test_r05_a_ticket_opened_in_a_second_browser_advances_neither(
    playwright: Playwright, univ: University, tmp_path: Path
) -> None:
    account = univ.account()
    shown = univ.client_ca.issue(account.username)
    with _without_certificate_address(playwright, univ) as first:
        first.begin(univ.library)
        first.enter_password(account)
        step = first.page.url
        with first.page.expect_response(lambda answer: answer.status == 303) as answered:
            first.page.locator("button[name=_eventId_certificate]").click()
        ticket = answered.value.headers["location"]

        with certificate_holder(playwright, univ, tmp_path, shown) as second:
            second.page.goto(ticket)
            assert (second.at, second.problem) == ("error", "S102")
            second.open("/idp/profile/Logout")
            assert account.username not in second.main.inner_text()

        first.page.goto(step)
        assert first.at == "certificate"


@contextmanager
def _without_certificate_address(playwright: Playwright, univ: University) -> Iterator[Person]:
    """Give somebody whose browser does not find the certificate address, so that their ticket stays unused."""
    outside = {host: port for host, port in univ.ports["outside"].items() if host != CERTIFICATES}
    with chromium(playwright, replace(univ, ports={"outside": outside}), "outside") as browser:
        yield sit_down(browser, univ)
