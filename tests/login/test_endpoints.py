"""An answer goes to an endpoint of the metadata and nowhere else (security.md A-30, A-33 to A-35)."""

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import single_factor
from tests.parts.service_provider import ARTIFACT, PAOS, POST, REDIRECT, Acs, TestSP
from tests.parts.site import Idp

SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://evil.example.com/acs", id="A-30-evil-host"),
        pytest.param(SP.acs.replace("https:", "http:"), id="A-30-http"),
        pytest.param(SP.acs.replace("POST", "post"), id="A-30-other-case"),
        pytest.param(SP.acs + "/", id="A-30-trailing-slash"),
        pytest.param(SP.acs.replace(".org/", ".org:443/"), id="A-30-default-port"),
        pytest.param(SP.acs.replace("SAML2", "SAML2/../SAML2"), id="A-30-dot-dot"),
        pytest.param(OTHER_SP.acs, id="A-30-other-sps"),
        pytest.param(SP.acs + "?x", id="A-31-query"),
        pytest.param(SP.acs + "#", id="A-31-fragment"),
        pytest.param(SP.acs.replace("//", "//evil@"), id="A-31-userinfo"),
    ],
)
def test_another_url_is_a_page_here_that_leads_nowhere(idp: Idp, url: str) -> None:
    browser = idp.browser()
    single_factor(browser)

    page = browser.visit(SP, acs_url=url)

    assert (page.status, page.name, page.code) == (400, "error", "P109")
    assert (page.action, url in page.html) == ("", False)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({"acs_url": SP.acs, "acs_index": 0}, "P101", id="A-33-url-and-index"),
        pytest.param({"acs_index": 99}, "P109", id="A-32-99"),
        pytest.param({"acs_index": -1}, "P109", id="A-32-negative"),
        pytest.param({"acs_index": "65536"}, "P109", id="A-32-65536"),
    ],
)
def test_an_ambiguous_or_unknown_index_is_refused(idp: Idp, options: dict[str, object], code: str) -> None:
    page = idp.browser().visit(SP, **options)

    assert (page.status, page.code, page.saml_response) == (400, code, None)


@pytest.mark.parametrize(
    ("endpoints", "chosen"),
    [
        pytest.param([("first", None), ("second", "true")], "second", id="A-34-marked"),
        pytest.param([("first", "false"), ("second", None)], "second", id="A-34-not-marked-as-none"),
        pytest.param([("first", None), ("second", None)], "first", id="A-34-first"),
    ],
)
def test_without_a_wish_the_default_endpoint_gets_the_answer(
    idp: Idp, endpoints: list[tuple[str, str | None]], chosen: str
) -> None:
    sp = TestSP("defaults", acs=f"https://defaults.example.org/{chosen}")
    locations = [f"https://defaults.example.org/{name}" for name, _ in endpoints]
    idp.register(
        sp,
        acs=[
            Acs(url, number, POST, mark)
            for number, (url, (_, mark)) in enumerate(zip(locations, endpoints, strict=True))
        ],
    )
    browser = idp.browser()

    answer = single_factor(browser, sp, acs_url=None)

    assert answer.action == sp.acs
    assert browser.judged(answer, sp).the_assertion.recipient == sp.acs


@pytest.mark.parametrize("has_session", [True, False], ids=["session", "no-session"])
@pytest.mark.parametrize(
    "binding",
    [
        pytest.param(ARTIFACT, id="A-35-artifact"),
        pytest.param(PAOS, id="A-35-paos"),
        pytest.param(SOAP, id="A-35-soap"),
        pytest.param(REDIRECT, id="A-35-redirect"),
        pytest.param("urn:unknown", id="A-35-unknown"),
    ],
)
def test_an_answer_by_another_binding_is_refused_to_the_service_provider(
    idp: Idp, binding: str, has_session: bool
) -> None:
    browser = idp.browser()
    if has_session:
        single_factor(browser)

    answer = browser.visit(SP, protocol_binding=binding)

    judged = browser.judged(answer, SP)
    assert (judged.status, judged.sub_status, judged.assertion) == ("Responder", "UnsupportedBinding", None)


def test_a35_an_endpoint_of_another_binding_gets_nothing(idp: Idp) -> None:
    sp = TestSP("artifact")
    idp.register(sp, acs=[Acs(sp.acs, 0), Acs("https://artifact.example.org/artifact", 1, ARTIFACT)])

    page = idp.browser().visit(sp, acs_index=1)

    assert (page.status, page.code) == (400, "P111")
