"""A person sees whether two factors work (seed-11, seed-12)."""

import pytest

from idp.saml.model import Comparison
from tests.mfatest.parties import MFA, PASSWORD, Stage, fact, result
from tests.pages.document import markup_problems, parse


def test_seed_11_the_first_page_says_what_it_tests_and_where_to_start(stage: Stage) -> None:
    response = stage.browser.get("/mfa-test/?lang=ja", base_url="https://localhost:8445")
    document = parse(response.get_data(as_text=True))

    assert response.status_code == 200
    assert document.xpath("//main/@data-page") == ["mfa-test"]
    assert document.xpath("//main/@class") == ["wide"]
    assert document.xpath("string(//h1)") == "接続確認"
    assert document.xpath("//a[@class='button']/@href") == ["https://localhost:8445/mfa-test/?start=1&lang=ja"]
    assert markup_problems(response.get_data(as_text=True)) == []


def test_it_asks_for_two_factors_exactly_and_signs(stage: Stage) -> None:
    authn_request = stage.start()

    assert authn_request.signed
    assert authn_request.requested_authn_context is not None
    assert authn_request.requested_authn_context.comparison is Comparison.EXACT
    assert authn_request.requested_authn_context.class_refs == (MFA,)
    assert not authn_request.force_authn
    assert not authn_request.is_passive
    assert authn_request.assertion_consumer_service_url == "https://localhost:8445/mfa-test/acs"


def test_two_factors_are_shown_with_person_network_and_attributes(stage: Stage) -> None:
    document = stage.answer(stage.idp.success(stage.start()))

    assert result(document) == "ok"
    assert document.xpath("string(//h1)") == "Two factors worked."
    assert fact(document, "person") == "taro@example.ac.jp"
    assert fact(document, "authn-context") == MFA
    assert fact(document, "network") == "outside the campus"
    assert document.xpath("//*[@data-fact='network']/@data-value") == ["outside"]
    shown = {row.get("data-attribute"): row.text_content().strip() for row in document.xpath("//dd[@data-attribute]")}
    assert shown == {
        "urn:oid:0.9.2342.19200300.100.1.1": "taro",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": "taro@example.ac.jp",
        "urn:oid:0.9.2342.19200300.100.1.3": "<b>t@example.ac.jp",
    }


def test_the_language_of_the_start_comes_back_with_the_answer(stage: Stage) -> None:
    authn_request = stage.start("start=1&lang=ja")
    document = stage.answer(stage.idp.success(authn_request), authn_request.relay_state or "")

    assert document.get("lang") == "ja"
    assert document.xpath("string(//h1)") == "2 つの確認ができました。"
    assert fact(document, "network") == "学外"
    assert "パスワードと" in fact(document, "proved")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_r15_the_result_shows_the_server_time_of_the_site(stage: Stage, language: str) -> None:
    document = stage.answer(stage.idp.success(stage.start()), language)

    assert fact(document, "server-time").endswith("JST")


def test_a_weaker_login_is_told_as_such(stage: Stage) -> None:
    document = stage.answer(stage.idp.success(stage.start(), authn_context=PASSWORD))

    assert result(document) == "refused"
    assert fact(document, "proved") == "password only"
    assert fact(document, "authn-context") == PASSWORD


@pytest.mark.parametrize(
    ("top", "sub", "words"),
    [
        ("Responder", "NoAuthnContext", "Register the one-time password app"),
        ("Responder", "AuthnFailed", "The login did not finish"),
        ("Responder", "NoPassive", "without any page"),
        ("Responder", "RequestDenied", "A rule does not allow"),
        ("Requester", "InvalidNameIDPolicy", "Your name could not be given"),
        ("Requester", None, "did not accept what this page asked"),
        ("Responder", None, "not the fault of your device"),
    ],
)
def test_a_refusal_is_told_in_plain_words_with_its_status(stage: Stage, top: str, sub: str | None, words: str) -> None:
    document = stage.answer(stage.idp.error(stage.start(), top, sub))

    assert result(document) == "refused"
    assert words in document.xpath("string(//*[@role='alert'])")
    status = [str(each.rpartition(":")[2]) for each in document.xpath("//*[@data-fact='status']/text()")]
    assert status == [top, *([sub] if sub else [])]


def test_two_tabs_both_get_their_result(stage: Stage) -> None:
    first, second = stage.start(), stage.start()

    assert result(stage.answer(stage.idp.success(first))) == "ok"
    assert result(stage.answer(stage.idp.success(second))) == "ok"


def test_it_starts_before_the_identity_provider_does(stage: Stage) -> None:
    stage.idp.is_up = False

    waiting = stage.browser.get("/mfa-test/?start&lang=en", base_url="https://localhost:8445")
    health = stage.browser.get("/mfa-test/health", base_url="https://localhost:8445")
    stage.idp.is_up = True
    document = stage.answer(stage.idp.success(stage.start()))

    assert (waiting.status_code, health.status_code) == (503, 200)
    assert "not ready yet" in waiting.get_data(as_text=True)
    assert result(document) == "ok"
