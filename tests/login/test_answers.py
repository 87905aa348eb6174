"""What an answer says, to whom, and what it never says (security.md A-38, I-04, I-09, I-16, I-17)."""

import base64
from pathlib import Path

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import MFA, PASSWORD, PPT, logs, single_factor, step_page
from tests.parts.judge import verified_by_signxml
from tests.parts.service_provider import ARTIFACT, TestSP
from tests.parts.site import RELEASE, Idp, Page, make_conf
from tests.parts.slapd import RunningSlapd

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
OF_ALICE = (b"alice", "佐藤".encode(), b"198.51.100", b"192.0.2.10", b"staff")


@pytest.mark.parametrize("has_session", [True, False], ids=["session", "no-session"])
@pytest.mark.parametrize("name_id", [pytest.param("bob", id="A-38-another"), pytest.param("alice", id="A-38-the-same")])
def test_a_request_for_one_certain_person_gets_no_assertion(idp: Idp, name_id: str, has_session: bool) -> None:
    browser = idp.browser()
    if has_session:
        single_factor(browser)

    judged = browser.judged(browser.visit(SP, subject_name_id=name_id), SP)

    assert (judged.status, judged.sub_status, judged.assertion) == ("Requester", "UnknownPrincipal", None)


def test_i04_answers_of_two_service_providers_do_not_mix(idp: Idp) -> None:
    browser = idp.browser()
    first = browser.visit(SP, id="_one", relay_state="one")
    second = browser.visit(OTHER_SP, id="_two", relay_state="two")

    answer = browser.log_in(second, "alice", PASSWORD)
    assert answer.hidden["RelayState"] == "two"
    judged = browser.judged(answer, OTHER_SP)
    assert (judged.in_response_to, judged.the_assertion.audiences) == ("_two", (OTHER_SP.entity_id,))
    answer = browser.log_in(first, "alice", PASSWORD)
    assert answer.hidden["RelayState"] == "one"
    judged = browser.judged(answer, SP)
    assert (judged.in_response_to, judged.the_assertion.audiences) == ("_one", (SP.entity_id,))
    assert (judged.destination, judged.the_assertion.recipient) == (SP.acs, SP.acs)


def test_i04_each_answer_has_ids_and_a_name_of_its_own(idp: Idp) -> None:
    browser = idp.browser()
    single_factor(browser)

    answers = [browser.judged(browser.visit(sp), sp) for sp in (SP, OTHER_SP, SP)]

    for value in (
        lambda each: each.id,
        lambda each: each.the_assertion.id,
        lambda each: each.name_id.value,
        lambda each: each.session_index,
    ):
        assert len({value(each) for each in answers}) == 3


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        pytest.param("", set(), id="I-09-no-rule"),
        pytest.param(
            RELEASE.replace("any_service_provider = true", 'entity_categories = ["http://refeds.org/category/x"]'),
            set(),
            id="I-09-a-rule-for-a-category",
        ),
        pytest.param(
            f'[[release]]\nname = "one"\nservice_providers = ["{OTHER_SP.entity_id}"]\nattributes = ["mail"]\n',
            set(),
            id="I-09-a-rule-for-another",
        ),
        pytest.param(
            f'[[release]]\nname = "one"\nservice_providers = ["{SP.entity_id}"]\nattributes = ["mail"]\n',
            {"mail"},
            id="I-09-one-attribute",
        ),
    ],
)
def test_nothing_is_released_without_a_rule(
    tmp_path: Path, slapd: RunningSlapd, release: str, expected: set[str]
) -> None:
    site = Idp.load(make_conf(tmp_path / "conf", slapd, release_toml=release))
    try:
        site.register(SP)
        browser = site.browser()
        assert set(browser.judged(single_factor(browser), SP).friendly) == expected
    finally:
        site.close()


def _passive(idp: Idp) -> Page:
    return idp.browser().visit(SP, is_passive=True)


def _gone_back(idp: Idp) -> Page:
    browser = idp.browser()
    page = browser.visit(SP, authn_context_class_refs=(MFA,))
    return browser.submit(browser.submit(page, j_username="bob", j_password="bob's Password 2"), "return")


def _after_login(idp: Idp, **options: object) -> Page:
    browser = idp.browser()
    single_factor(browser)
    return browser.visit(SP, **options)


ERRORS = {
    "passive": _passive,
    "gone-back": _gone_back,
    "context": lambda idp: _after_login(idp, authn_context_class_refs=("urn:unknown",)),
    "binding": lambda idp: _after_login(idp, protocol_binding=ARTIFACT),
    "subject": lambda idp: _after_login(idp, subject_name_id="alice"),
    "name-id-policy": lambda idp: _after_login(idp, name_id_format=PERSISTENT),
    "qualifier": lambda idp: _after_login(idp, sp_name_qualifier=OTHER_SP.entity_id),
}


@pytest.mark.parametrize("name", [pytest.param(name, id=f"I-16-{name}") for name in ERRORS])
def test_an_error_says_two_status_codes_and_nothing_of_the_person(idp: Idp, name: str) -> None:
    page = ERRORS[name](idp)

    root = verified_by_signxml(page.saml_response, idp.certificate_pem)
    assert [child.tag.partition("}")[2] for child in root] == ["Issuer", "Signature", "Status"]
    judged = idp.browser().judged(page, SP)
    assert judged.status in {"Requester", "Responder"}
    assert judged.sub_status
    assert judged.assertion is None
    assert not any(word in page.saml_response for word in OF_ALICE)


def test_i16_a_service_provider_without_a_key_gets_an_error_and_no_clear_text(idp: Idp) -> None:
    sp = TestSP("keyless")
    idp.register(sp, keys=[])
    browser = idp.browser()

    answer = single_factor(browser, sp)

    judged = browser.judged(answer, sp)
    assert (judged.status, judged.assertion) == ("Responder", None)
    assert b"alice" not in answer.saml_response


def test_i17_the_assertion_is_in_one_page_and_nowhere_else(tmp_path: Path, slapd: RunningSlapd) -> None:
    to_file = '# process_log = "log/process.log"     # if not said: the standard error'
    debug = ((to_file, 'process_log = "log/process.log"'), ('# level = "INFO"', 'level = "DEBUG"'))
    site = Idp.load(make_conf(tmp_path / "conf", slapd, replace=debug))
    try:
        site.register(SP)
        browser = site.browser()
        answer = single_factor(browser)
        encoded = base64.b64encode(answer.saml_response).decode()

        assert answer.response.headers["Cache-Control"] == "no-store"
        assert answer.response.headers["Referrer-Policy"] == "no-referrer"
        assert "Location" not in answer.response.headers
        assert "SAMLResponse" not in answer.response.request.url
        written = logs(site)
        assert browser.judged(answer, SP).the_assertion.id in written
        assert encoded[100:160] not in written
        assert PASSWORD not in written
    finally:
        site.close()


@pytest.mark.parametrize("name", ["password", "certificate", "totp"])
def test_i16_going_back_is_an_error_at_every_step(idp: Idp, name: str) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, name)

    judged = browser.judged(browser.submit(page, "return"), SP)

    assert (judged.status, judged.sub_status) == ("Responder", "AuthnFailed")
    assert browser.visit(OTHER_SP, authn_context_class_refs=(PPT,)).name == "password"
