"""What anybody may read: our own metadata, whether we are up, where an errorURL leads."""

import pytest
from lxml import etree

from tests.login.steps import LOGOUT
from tests.parts.site import BASE_URL, ENTITY_ID, Idp

MD = {"md": "urn:oasis:names:tc:SAML:2.0:metadata"}


def test_our_metadata_is_at_our_entity_id(idp: Idp) -> None:
    page = idp.browser().get(ENTITY_ID)

    assert (page.status, page.response.mimetype) == (200, "application/samlmetadata+xml")
    root = etree.fromstring(page.response.get_data())
    assert root.get("entityID") == ENTITY_ID
    assert {each.get("Location") for each in root.findall("md:IDPSSODescriptor/md:SingleSignOnService", MD)} == {
        f"{BASE_URL}/idp/profile/SAML2/Redirect/SSO",
        f"{BASE_URL}/idp/profile/SAML2/POST/SSO",
    }
    assert "Set-Cookie" not in page.response.headers


def test_m10_every_address_of_our_metadata_is_served(idp: Idp) -> None:
    root = etree.fromstring(idp.browser().get(ENTITY_ID).response.get_data())
    locations = [each.get("Location") for each in root.iterfind(".//*[@Location]")]
    locations += [each.get("errorURL") for each in root.iterfind(".//*[@errorURL]")]

    for url in locations:
        assert url.startswith(BASE_URL)
        assert idp.browser().get(url.split("?")[0]).status in {200, 400, 405}


def test_an_error_url_explains_itself_in_both_languages(idp: Idp) -> None:
    browser = idp.browser()
    english = browser.get("/idp/error?ERRORURL_CODE=AUTHENTICATION_FAILURE")
    assert (english.status, english.code) == (200, "S105")

    japanese = browser.get("/idp/error?lang=ja")

    assert 'lang="ja"' in japanese.html
    assert "lang=en" in japanese.html


@pytest.mark.parametrize("path", ["/idp/profile/SAML2/Redirect/SSO?SAMLRequest=x", "/idp/nowhere"])
def test_a_page_that_cannot_be_asked_for_again_has_no_links_that_ask_for_it(idp: Idp, path: str) -> None:
    assert "?lang=" not in idp.browser().get(path).html


def test_a_language_once_chosen_is_kept(idp: Idp) -> None:
    browser = idp.browser(language="en")
    browser.get(f"{LOGOUT}?lang=ja")

    assert '<html lang="ja">' in browser.get("/idp/nowhere").html


def test_health_says_that_we_are_up_under_any_name(idp: Idp) -> None:
    browser = idp.browser()

    assert browser.get("/idp/health").html == "ok\n"
    assert browser.request("GET", "/idp/health", headers={"Host": "10.0.0.1:8080"}).status == 200
    assert browser.request("HEAD", "/idp/health").status == 200
