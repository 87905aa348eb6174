"""RelayState comes back as it was sent and can do nothing on our page (security.md A-14, S-20)."""

from pathlib import Path

import pytest

from tests.login.conftest import SP
from tests.login.steps import POST_SSO, REDIRECT_SSO, single_factor
from tests.parts.authn_requests import authn_request, deflate, post_body
from tests.parts.service_provider import Acs, TestSP
from tests.parts.site import Idp, make_conf
from tests.parts.slapd import RunningSlapd


@pytest.mark.parametrize(
    "relay_state",
    [
        pytest.param("a" * 80, id="A-14-80"),
        pytest.param("a" * 81, id="A-14-81"),
        pytest.param("あ" * 341, id="A-14-1023-octets"),
        pytest.param("", id="A-14-empty"),
        pytest.param(" \t leading and trailing ", id="A-14-spaces"),
        pytest.param('"><script>alert(1)</script>', id="A-14-S-20-script"),
        pytest.param("'onmouseover='x", id="A-14-S-20-handler"),
        pytest.param("&amp;&#38;&lt;%22%2B+", id="A-14-S-20-entities"),
        pytest.param("one\r\ntwo", id="A-14-CRLF"),
        pytest.param("é🔑\u202e", id="A-14-unicode"),
        pytest.param(None, id="A-14-none"),
    ],
)
@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_it_comes_back_as_it_was_sent(idp: Idp, relay_state: str | None, binding: str) -> None:
    browser = idp.browser()
    if binding == "redirect":
        answer = single_factor(browser, relay_state=relay_state)
    else:
        body = post_body(authn_request(SP, issue_instant=idp.clock()), relay_state=relay_state)
        answer = browser.log_in(browser.post(POST_SSO, body), "alice", "alice's Password 1")

    assert browser.judged(answer, SP).status == "Success"
    assert answer.hidden.get("RelayState") == relay_state
    assert "<script>alert" not in answer.html
    assert sorted(answer.hidden) == ["SAMLResponse", *(["RelayState"] if relay_state is not None else [])][::-1]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("a" * 1025, id="A-14-1025"),
        pytest.param("a" * 200_000, id="A-14-200-kB"),
        pytest.param("a%00b", id="A-14-NUL"),
        pytest.param("%ff%fe", id="A-14-not-UTF-8"),
    ],
)
def test_what_cannot_be_sent_back_is_refused(idp: Idp, raw: str) -> None:
    xml = deflate(authn_request(SP, issue_instant=idp.clock())).replace("+", "%2B")
    page = idp.browser().get(f"{REDIRECT_SSO}?SAMLRequest={xml}&RelayState={raw}")

    assert (page.status, page.code) == (400, "P101")


@pytest.mark.parametrize(
    ("length", "status"), [pytest.param(80, 200, id="A-14-80"), pytest.param(81, 400, id="A-14-81")]
)
def test_a_strict_site_keeps_to_the_standard(tmp_path: Path, slapd: RunningSlapd, length: int, status: int) -> None:
    strict = (("# strict_relay_state = false", "strict_relay_state = true"),)
    site = Idp.load(make_conf(tmp_path / "conf", slapd, replace=strict))
    try:
        site.register(SP)
        assert site.browser().visit(SP, relay_state="a" * length).status == status
    finally:
        site.close()


def test_s20_an_endpoint_with_markup_in_it_is_escaped_and_exact(idp: Idp) -> None:
    location = "https://quote.example.org/acs?a=1&amp;b='()*"
    sp = TestSP("quote", acs=location)
    idp.register(sp, acs=[Acs(location)])
    browser = idp.browser()

    answer = single_factor(browser, sp)

    assert answer.action == location
    assert f'action="{location}"' not in answer.html
    assert browser.judged(answer, sp).destination == location
