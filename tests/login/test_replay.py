"""A request is fresh, ours and new: what is not stays here as a page (security.md A-10 to A-13)."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import POST_SSO, REDIRECT_SSO, single_factor, sso_url
from tests.parts.authn_requests import authn_request, post_body, sign_enveloped
from tests.parts.service_provider import TestSP
from tests.parts.site import BASE_URL, CAMPUS, NOW, Idp, make_conf
from tests.parts.slapd import RunningSlapd


def _stamp(**offset: float) -> str:
    return (NOW + timedelta(**offset)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("issued", "code"),
    [
        pytest.param(_stamp(minutes=-6, seconds=1), None, id="A-10-5:59-ago"),
        pytest.param(_stamp(minutes=6, seconds=-1), None, id="A-10-5:59-ahead"),
        pytest.param(_stamp(minutes=-6, seconds=-1), "P103", id="A-10-6:01-ago"),
        pytest.param(_stamp(minutes=6, seconds=1), "P103", id="A-10-6:01-ahead"),
        pytest.param("2001-01-01T00:00:00Z", "P103", id="A-10-2001"),
        pytest.param("2099-01-01T00:00:00Z", "P103", id="A-10-2099"),
        pytest.param("2026-11-24T00:00:00", "P103", id="A-10-no-zone"),
        pytest.param("", "P103", id="A-10-empty"),
        pytest.param("2" * 100_000, "P103", id="A-10-100-kB"),
    ],
)
def test_a_stale_request_stays_here_as_a_page(idp: Idp, issued: str, code: str | None) -> None:
    page = idp.browser().visit(SP, issue_instant=issued)

    assert page.saml_response is None
    assert (page.name, page.code) == (("password", None) if code is None else ("error", code))
    assert page.status == (200 if code is None else 400)


def test_a11_the_same_url_resumes_what_this_browser_has_not_finished(idp: Idp) -> None:
    browser, url = idp.browser(), sso_url(idp)
    first = browser.get(url)
    again = browser.get(url)

    assert (first.name, again.name) == ("password", "password")
    answer = browser.submit(again, j_username="alice", j_password="alice's Password 1")
    assert browser.judged(answer, SP).status == "Success"


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a11_an_answered_request_is_answered_once(idp: Idp, binding: str) -> None:
    browser = idp.browser()
    single_factor(browser)
    xml, url = authn_request(SP, issue_instant=idp.clock()), sso_url(idp)

    def send() -> object:
        return browser.get(url) if binding == "redirect" else browser.post(POST_SSO, post_body(xml))

    assert send().saml_response is not None
    again = send()

    assert (again.status, again.code, again.saml_response) == (400, "P104", None)


def test_a11_another_browser_cannot_take_over_a_request(idp: Idp) -> None:
    url = sso_url(idp)
    idp.browser().get(url)

    page = idp.browser().get(url)

    assert (page.status, page.code) == (400, "P104")


def test_a11_two_workers_know_the_same_requests_and_a_new_one_too(idp: Idp) -> None:
    one = idp.browser()
    answered, begun = sso_url(idp), sso_url(idp)
    one.log_in(one.get(answered), "alice", "alice's Password 1")
    idp.browser().get(begun)

    second = Idp.load(idp.conf, idp.clock)
    try:
        for url in (answered, begun):
            assert second.browser().get(url).code == "P104"
    finally:
        second.close()
    restarted = Idp.load(idp.conf, idp.clock)
    try:
        assert restarted.browser().get(answered).code == "P104"
    finally:
        restarted.close()


def test_a11_two_service_providers_may_use_the_same_id(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser, id="_same")

    answer = browser.visit(OTHER_SP, id="_same")

    assert browser.judged(answer, OTHER_SP).in_response_to == "_same"


def test_a11_a_request_by_post_resumes_as_well(idp: Idp) -> None:
    browser = idp.browser()
    body = post_body(authn_request(SP, issue_instant=idp.clock()), relay_state="r")
    browser.post(POST_SSO, body)

    again = browser.post(POST_SSO, body)

    assert again.name == "password"
    answer = browser.submit(again, j_username="alice", j_password="alice's Password 1")
    assert (browser.judged(answer, SP).status, answer.hidden["RelayState"]) == ("Success", "r")
    assert idp.browser().post(POST_SSO, body).saml_response is None


def test_a11_an_answered_request_is_known_for_as_long_as_it_is_fresh(tmp_path: Path, slapd: RunningSlapd) -> None:
    lenient = '# [[service_provider]]\n# entity_id = "https://sp.example.org/shibboleth"\n'
    skew = f'[[service_provider]]\nentity_id = "{SP.entity_id}"\nclock_skew_seconds = 600\n'
    site = Idp.load(make_conf(tmp_path / "conf", slapd, replace=((lenient, skew),)))
    try:
        site.register(SP)
        browser = site.browser(CAMPUS)
        url = sso_url(site, issue_instant=site.clock() + timedelta(minutes=12, seconds=59))
        browser.log_in(browser.get(url), "alice", "alice's Password 1")
        site.clock.advance(minutes=25)

        assert browser.get(url).code == "P104"
    finally:
        site.close()


@pytest.mark.parametrize(
    ("destination", "code"),
    [
        pytest.param(f"{BASE_URL}{REDIRECT_SSO}", None, id="A-12-ours"),
        pytest.param(None, None, id="A-12-absent-unsigned"),
        pytest.param(f"{BASE_URL}{POST_SSO}", "P105", id="A-12-other-binding"),
        pytest.param(f"https://other.example.org{REDIRECT_SSO}", "P105", id="A-12-other-host"),
        pytest.param("", "P105", id="A-12-empty"),
    ],
)
def test_the_destination_is_the_url_that_was_called(idp: Idp, destination: str | None, code: str | None) -> None:
    page = idp.browser().visit(SP, destination=destination)

    assert page.code == code
    assert page.status == (200 if code is None else 400)


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a12_a_signed_request_names_its_destination(idp: Idp, binding: str) -> None:
    browser = idp.browser()
    if binding == "redirect":
        page = browser.visit(SP, sign=True)
    else:
        page = browser.post(POST_SSO, post_body(sign_enveloped(authn_request(SP, issue_instant=idp.clock()), SP.key)))

    assert (page.status, page.code) == (400, "P105")


@pytest.mark.parametrize(
    ("issuer", "is_known"),
    [
        pytest.param("https://unknown.example.org/shibboleth", False, id="A-13-unknown"),
        pytest.param(f"\n  {SP.entity_id}\t", True, id="A-13-whitespace-around"),
        pytest.param(SP.entity_id.replace("sp.", "sp.<!-- c -->"), True, id="A-13-comment-inside"),
        pytest.param("https://sp.example.org/" + "a" * 250, False, id="A-13-too-long"),
        pytest.param(SP.entity_id.replace("e", "\u0435"), False, id="A-13-homograph"),
        pytest.param(SP.entity_id.upper(), False, id="A-13-upper-case"),
    ],
)
def test_an_unknown_issuer_is_a_page_here_and_leads_nowhere(idp: Idp, issuer: str, is_known: bool) -> None:
    page = idp.browser().visit(TestSP("sp"), issuer=issuer)

    assert (page.status, page.code) == ((200, None) if is_known else (400, "P106"))
    if not is_known:
        assert SP.acs not in page.html
