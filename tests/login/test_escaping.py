"""What others wrote is text on our pages; the guard reads each page as markup (security.md S-20, S-21)."""

import pytest

from tests.login.conftest import SP
from tests.login.steps import REDIRECT_SSO, single_factor
from tests.parts.service_provider import TestSP
from tests.parts.site import Idp
from tests.parts.wire_guard import Tags

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
XML_SCRIPT = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;"


@pytest.mark.parametrize(
    "username",
    [
        pytest.param(SCRIPT, id="S-21-script"),
        pytest.param("' autofocus onfocus=alert(1) x='", id="S-21-handler"),
        pytest.param("{{ 7 * 7 }}{% raw %}", id="S-21-template"),
        pytest.param("\u202ealice", id="S-21-reversed"),
        pytest.param("a" * 5000, id="S-21-long"),
    ],
)
def test_a_user_name_is_text(idp: Idp, username: str) -> None:
    browser = idp.browser()

    page = browser.submit(browser.visit(SP), j_username=username, j_password="wrong")

    assert (page.status, page.code) == (200, "A101")
    names = [attributes.get("value") for tag, attributes in Tags(page.html).found if attributes.get("id") == "username"]
    assert names == [username[:256]]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "java&#9;script:x"])
def test_s21_names_and_links_of_metadata_are_text_and_web_links(idp: Idp, link: str) -> None:
    sp = TestSP("hostile")
    idp.register(
        sp,
        display_names={"en": XML_SCRIPT, "ja": XML_SCRIPT},
        privacy_urls={"en": link, "ja": link},
        information_urls={"en": link, "ja": link},
    )
    browser = idp.browser()
    page = browser.visit(sp)
    answer = single_factor(idp.browser(), sp)

    for each in (page, answer):
        assert "alert(1)" in each.html
        assert "script:" not in each.html


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"/idp/{SCRIPT}", id="S-21-path"),
        pytest.param(f"{REDIRECT_SSO}?execution={SCRIPT}", id="S-21-handle"),
        pytest.param(f"{REDIRECT_SSO}?SAMLRequest={SCRIPT}", id="S-21-message"),
        pytest.param(f"/idp/error?lang={SCRIPT}", id="S-21-language"),
        pytest.param(
            f"/idp/error?ERRORURL_CODE={SCRIPT}&ERRORURL_RP={SCRIPT}&ERRORURL_TS=1&ERRORURL_TID={SCRIPT}",
            id="S-21-errorURL",
        ),
    ],
)
def test_s21_nothing_of_an_address_is_repeated(idp: Idp, path: str) -> None:
    page = idp.browser().get(path)

    assert page.name == "error"
    assert "alert(1)" not in page.html


def test_s21_an_entity_id_is_not_repeated(idp: Idp) -> None:
    page = idp.browser().visit(TestSP("x"), issuer=XML_SCRIPT)

    assert (page.code, "alert(1)" in page.html) == ("P106", False)


def test_s20_the_answer_decodes_to_what_was_signed(idp: Idp) -> None:
    browser = idp.browser()
    answer = single_factor(browser, relay_state=SCRIPT)

    assert answer.hidden["RelayState"] == SCRIPT
    assert browser.judged(answer, SP).status == "Success"
