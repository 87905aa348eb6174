"""Headers of every address there is; the guard asserts them (security.md S-02, S-09, S-10, S-15, S-16)."""

import pytest

from tests.login.conftest import SP
from tests.login.steps import LOGOUT, PASSWORD, POST_SSO, REDIRECT_SSO, single_factor, step_page
from tests.parts.site import BASE_URL, Browser, Idp, Page

SOAP_FAULT = 500
"""What a SOAP caller is told an error by (SOAP 1.1, 6.2)."""
INVENTORY = {
    ("/idp/profile/SAML2/Redirect/SSO", "GET"): 400,
    ("/idp/profile/SAML2/Redirect/SSO", "POST"): 400,
    ("/idp/profile/SAML2/POST/SSO", "GET"): 400,
    ("/idp/profile/SAML2/POST/SSO", "POST"): 400,
    ("/idp/certificate", "GET"): 404,
    ("/idp/certificate/return", "GET"): 400,
    ("/idp/profile/Logout", "GET"): 200,
    ("/idp/profile/Logout", "POST"): 403,
    ("/idp/profile/PropagateLogout", "GET"): 410,
    ("/idp/profile/PropagateLogout", "POST"): 410,
    ("/idp/profile/SAML2/POST/SLO", "POST"): 400,
    ("/idp/profile/SAML2/Redirect/SLO", "GET"): 400,
    ("/idp/profile/SAML2/SOAP/SLO", "POST"): SOAP_FAULT,
    ("/idp/account/", "GET"): 200,
    ("/idp/account/", "POST"): 403,
    ("/idp/account/register", "GET"): 200,
    ("/idp/account/register", "POST"): 403,
    ("/idp/account/reset", "GET"): 200,
    ("/idp/account/reset", "POST"): 403,
    ("/idp/account/browsers", "POST"): 403,
    ("/idp/account/sessions", "POST"): 403,
    ("/idp/account/trouble", "GET"): 404,
    ("/idp/account/not-me", "GET"): 410,
    ("/idp/account/not-me", "POST"): 410,
    ("/idp/helpdesk/", "GET"): 404,
    ("/idp/helpdesk/", "POST"): 404,
    ("/idp/helpdesk/act", "GET"): 404,
    ("/idp/helpdesk/act", "POST"): 404,
    ("/idp/helpdesk/enter", "GET"): 404,
    ("/idp/helpdesk/enter", "POST"): 403,
    ("/idp/helpdesk/person", "GET"): 404,
    ("/idp/error", "GET"): 200,
    ("/idp/shibboleth", "GET"): 200,
    ("/idp/health", "GET"): 200,
    ("/idp/static/site.css", "GET"): 200,
    ("/idp/static/<path:name>", "GET"): 404,
}
"""Every route, and what a stranger who brings nothing gets of it: a page, and no more."""


def _routes(idp: Idp) -> set[tuple[str, str]]:
    return {
        (rule.rule, method)
        for rule in idp.application.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }


def test_s15_every_route_is_known_here(idp: Idp) -> None:
    assert _routes(idp) == set(INVENTORY)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [pytest.param(*route, status, id=f"S-15-{route[1]}-{route[0]}") for route, status in INVENTORY.items()],
)
def test_a_stranger_gets_the_headers_and_nothing_else(idp: Idp, path: str, method: str, status: int) -> None:
    browser = idp.browser()
    browser.may_break = status == SOAP_FAULT
    page = browser.post(path, {}) if method == "POST" else browser.get(path)

    assert page.status == status
    assert "SAMLResponse" not in page.html


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/idp",
        "/idp/",
        "/idp/profile",
        "/idp/profile/Logout/",
        "//idp/profile/Logout",
        "/idp/static/../web",
        "/idp/static/%2e%2e/x",
    ],
)
def test_s15_other_paths_are_not_found_with_the_same_headers(idp: Idp, path: str) -> None:
    page = idp.browser().get(path, follow=False)

    assert (page.status, page.name) == (404, "error")


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("path", [LOGOUT, REDIRECT_SSO, POST_SSO, "/idp/shibboleth", "/idp/health"])
def test_s15_other_methods_are_refused(idp: Idp, path: str, method: str) -> None:
    page = idp.browser().request(method, path)

    assert page.status == 405
    assert "GET" in page.response.headers["Allow"]


@pytest.mark.parametrize(
    "host", ["evil.example.com", "idp.example.ac.jp.evil.com", "idp.example.ac.jp:8443", "", "a b", "[::1"]
)
def test_s16_another_host_is_refused_and_not_repeated(idp: Idp, host: str) -> None:
    browser = idp.browser()
    for path, method in INVENTORY:
        if path == "/idp/health":
            continue
        page = browser.request(method, path, headers={"Host": host})
        assert page.status == 400
        assert "evil" not in page.html
        assert "evil" not in str(page.response.headers)


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-URL", "X-HTTP-Method-Override"]
)
def test_s16_urls_are_of_the_configuration(idp: Idp, header: str) -> None:
    browser = idp.browser()
    browser.headers = {header: "evil.example.com"}

    answer = single_factor(browser)

    assert browser.judged(answer, SP).issuer.startswith(BASE_URL)
    assert "evil" not in answer.html


def _pages(idp: Idp, browser: Browser) -> list[Page]:
    pages = [step_page(idp, browser, name) for name in ("password", "certificate", "totp")]
    pages.append(browser.submit(pages[-1], tokencode=""))
    pages.append(browser.submit(pages[-1], tokencode=idp.code()))
    pages.append(browser.get(LOGOUT))
    pages.append(browser.get("/idp/profile/SAML2/Redirect/SSO?SAMLRequest=x"))
    return pages


def test_s02_s09_s10_no_page_may_be_kept_framed_or_scripted(idp: Idp) -> None:
    for page in _pages(idp, idp.browser()):
        headers = page.response.headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert ("form-action" in headers["Content-Security-Policy"]) is (page.name != "post")


def test_s10_the_answer_has_a_button_for_browsers_without_script(idp: Idp) -> None:
    answer = single_factor(idp.browser())

    assert '<button type="submit"' in answer.html
    assert '<script src="/idp/static/post.js" defer></script>' in answer.html


def test_s02_nothing_typed_comes_back_but_the_name(idp: Idp) -> None:
    browser = idp.browser()
    page = browser.submit(browser.visit(SP), j_username="alice", j_password="Wrong-Canary-1")
    assert ("Wrong-Canary-1" in page.html, 'value="alice"' in page.html) == (False, True)
    page = browser.submit(page, j_username="alice", j_password=PASSWORD)
    page = step_page(idp, browser, "totp") if page.name == "totp" else step_page(idp, idp.browser(), "totp")
    assert "918273" not in browser.submit(page, tokencode="918273").html


def test_s15_static_files_alone_may_be_kept(idp: Idp) -> None:
    page = idp.browser().get("/idp/static/warifu.css")

    assert page.response.headers["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in page.response.headers
