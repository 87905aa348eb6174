"""The buttons between the second factors bear the names that scripts rely on (contract, "Pages"; seed-15)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from idp.plugin import Ask, Code, Outcome, Tools, Visit
from tests.login.conftest import SP
from tests.login.steps import MFA, step_page
from tests.parts.site import Idp


def test_the_certificate_page_offers_the_app_and_the_apps_page_the_certificate(idp: Idp) -> None:
    browser = idp.browser()

    certificate = step_page(idp, browser, "certificate")
    assert certificate.buttons == ["_eventId_certificate", "_eventId_totp"]
    totp = browser.submit(certificate, "totp")
    assert totp.buttons == ["_eventId_proceed", "_eventId_certificate"]
    again = browser.submit(totp, "certificate")
    assert (again.name, again.buttons) == ("certificate", certificate.buttons)
    assert browser.judged(browser.submit(browser.submit(again, "totp"), tokencode=idp.code()), SP).authn_context == MFA


def test_on_its_own_page_the_certificate_button_reaches_the_method(idp: Idp) -> None:
    seen: list[tuple[str, Mapping[str, str]]] = []
    enabled = idp.site.engine._methods["clientcert"]

    class Recording:
        def begin(self, visit: Visit, tools: Tools) -> Outcome:
            return enabled.method.begin(visit, tools)

        def resume(self, visit: Visit, tools: Tools) -> Outcome:
            seen.append((visit.event, visit.form))
            return Ask("certificate", problem=Code.NO_CERTIFICATE)

    idp.site.engine._methods["clientcert"] = replace(enabled, method=Recording())
    browser = idp.browser()

    page = browser.submit(step_page(idp, browser, "certificate"), "certificate")

    assert (page.name, page.code) == ("certificate", "A301")
    assert [event for event, _ in seen] == ["certificate"]


@pytest.mark.parametrize("event", ["clientcert", "password", "unknown", "constructor"])
def test_no_other_name_leads_anywhere(idp: Idp, event: str) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, "totp")

    after = browser.submit(page, event)

    assert after.name in {"totp", "certificate"}
    assert after.saml_response is None


def test_two_buttons_at_once_are_the_main_one(idp: Idp) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, "totp")

    after = browser.post(page.action, {**page.hidden, "_eventId_certificate": "", "_eventId_return": ""})

    assert (after.name, after.code) == ("totp", "A202")
