"""The other service providers of a session are told (SAML Profiles 4.4.3; security.md L-05, L-07)."""

import base64

import pytest
from lxml import etree

from idp.core.codes import Code
from tests.login.steps import LOGOUT, logs
from tests.logout.conftest import (
    ANSWERS,
    OTHER,
    OTHER_SLO,
    POSTED,
    POSTED_SLO,
    REDIRECT_PATH,
    SILENT,
    SLO,
    SP,
    Person,
    location_of,
)
from tests.parts.authn_requests import post_body, redirect_query, sign_enveloped
from tests.parts.judge import NS
from tests.parts.logout_messages import PARTIAL, SUCCESS, Sent, logout_response, read_redirect
from tests.parts.service_provider import TestSP
from tests.parts.site import BASE_URL, Idp, Page

RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"


def sent_by(page: Page, idp: Idp) -> Sent:
    return read_redirect(location_of(page), idp.certificate_pem)


def reply(person: Person, sp: TestSP, asked: "etree._Element", *status: str, signer: TestSP | None = None) -> Page:
    """Come back from `sp` with its answer to our request."""
    xml = logout_response(
        sp,
        now=person.idp.clock(),
        destination=BASE_URL + REDIRECT_PATH,
        in_response_to=asked.get("ID", ""),
        status=status or (SUCCESS,),
    )
    query = redirect_query(xml, sign_with=(signer or sp).key, field="SAMLResponse")
    return person.browser.get(f"{REDIRECT_PATH}?{query}")


def outcomes(page: Page) -> list[str]:
    return [part.partition('"')[0] for part in page.html.split('data-outcome="')[1:]]


def test_the_others_are_told_before_who_asked_is_answered(idp: Idp, person: Person) -> None:
    """SDP-IDP23, IDP24, IDP29; IIP-IDP17."""
    person.visit(OTHER)

    page = person.ask(id="_asked")
    assert (page.status, page.name, outcomes(page)) == (200, "logout", ["waiting"])
    assert "Mail" in page.html
    assert not person.is_logged_in, "the session is over before anybody else is told"

    told = sent_by(person.browser.submit(page), idp)
    assert (told.location, told.root.tag.partition("}")[2]) == (OTHER_SLO, "LogoutRequest")
    end = reply(person, OTHER, told.root)

    answer = sent_by(end, idp)
    assert (answer.location, answer.root.get("InResponseTo")) == (ANSWERS, "_asked")
    assert (answer.status, answer.relay_state) == (("Success",), "where I was")
    assert "LOGOUT_TOLD" in logs(idp)


def test_our_request_names_the_person_as_the_service_provider_knows_them(idp: Idp, person: Person) -> None:
    """SDP-IDP26, IDP27; what Keycloak and Shibboleth leave out: NotOnOrAfter (IDP17-t)."""
    person.visit(OTHER)

    root = sent_by(person.browser.submit(person.ask()), idp).root

    known, name = person.told[OTHER.name], root.find("saml:NameID", NS)
    assert known.name_id is not None
    assert (name.text, name.get("Format")) == (known.name_id.value, known.name_id.format)
    assert name.get("SPNameQualifier") == known.name_id.sp_name_qualifier
    assert root.findtext("samlp:SessionIndex", None, NS) == known.session_index
    assert root.get("NotOnOrAfter") == "2026-11-24T00:05:02.000Z"


def test_of_several_logins_at_a_service_provider_the_newest_is_named(idp: Idp, person: Person) -> None:
    person.visit(OTHER)
    idp.clock.advance(seconds=5)
    person.visit(OTHER)

    page = person.ask()
    root = sent_by(person.browser.submit(page), idp).root

    assert outcomes(page) == ["waiting"]
    assert root.findtext("samlp:SessionIndex", None, NS) == person.told[OTHER.name].session_index


@pytest.mark.parametrize(
    "status",
    [pytest.param((RESPONDER,), id="L-07-refuses"), pytest.param((SUCCESS, PARTIAL), id="L-07-partial")],
)
def test_one_that_fails_makes_the_logout_partial(idp: Idp, person: Person, status: tuple[str, ...]) -> None:
    person.visit(OTHER)
    told = sent_by(person.browser.submit(person.ask()), idp)

    end = reply(person, OTHER, told.root, *status)

    assert sent_by(end, idp).status == ("Success", "PartialLogout")
    assert not person.is_logged_in


def test_l07_one_that_never_answers_holds_nobody_up(idp: Idp, person: Person) -> None:
    """Back from where the browser was stuck, the logout goes on without it."""
    person.visit(OTHER)
    page = person.ask()
    person.browser.submit(page)

    end = person.browser.get(page.action)

    assert sent_by(end, idp).status == ("Success", "PartialLogout")
    assert not person.is_logged_in


def test_l07_one_that_offers_no_logout_is_not_passed_over_in_silence(idp: Idp, person: Person) -> None:
    person.visit(SILENT)

    assert sent_by(person.ask(), idp).status == ("Success", "PartialLogout")


def test_l07_who_asks_is_told_to_close_the_browser_where_one_failed(idp: Idp, person: Person) -> None:
    person.visit(OTHER, SILENT, POSTED)
    browser = person.browser
    first = browser.submit(browser.get(LOGOUT))
    assert outcomes(first) == ["waiting", "waiting", "untold", "waiting"]
    assert not person.is_logged_in, "ended here first"

    library = sent_by(browser.submit(first), idp)
    assert library.location == SLO
    second = reply(person, SP, library.root)
    mail = sent_by(browser.submit(second), idp)
    third = reply(person, OTHER, mail.root, RESPONDER)
    files = browser.submit(third)
    assert files.action == POSTED_SLO
    request = etree.fromstring(base64.b64decode(files.hidden["SAMLRequest"]))
    assert request.find("ds:Signature", NS) is not None
    posted = logout_response(
        POSTED, now=idp.clock(), destination=f"{BASE_URL}/idp/profile/SAML2/POST/SLO", in_response_to=request.get("ID")
    )
    done = idp.browser().post(
        "/idp/profile/SAML2/POST/SLO", post_body(sign_enveloped(posted, POSTED.key), field="SAMLResponse")
    )

    assert (done.name, done.buttons, outcomes(done)) == ("logout", [], ["ended", "failed", "untold", "ended"])
    assert "close every browser window" in done.html


def test_every_service_provider_ended_is_said_and_nothing_more(idp: Idp, person: Person) -> None:
    told = sent_by(person.browser.submit(person.browser.submit(person.browser.get(LOGOUT))), idp)

    done = reply(person, SP, told.root)

    assert (done.name, outcomes(done)) == ("logout", ["ended"])
    assert "Where you are not logged out" not in done.html


def test_the_page_is_written_in_japanese_too(idp: Idp, person: Person) -> None:
    person.browser.language = "ja"
    page = person.browser.submit(person.browser.get(LOGOUT))

    assert "これからログアウトします" in page.html


def test_an_answer_that_another_service_provider_signed_counts_for_nothing(idp: Idp, person: Person) -> None:
    person.visit(OTHER)
    page = person.ask()
    told = sent_by(person.browser.submit(page), idp)

    forged = reply(person, OTHER, told.root, signer=POSTED)
    foreign = reply(person, POSTED, told.root)

    assert [forged.code, foreign.code] == [Code.SIGNATURE_INVALID] * 2
    assert sent_by(person.browser.get(page.action), idp).status == ("Success", "PartialLogout")


def test_an_answer_without_a_signature_or_to_nothing_is_refused(idp: Idp, person: Person) -> None:
    person.visit(OTHER)
    told = sent_by(person.browser.submit(person.ask()), idp)
    common = {"now": idp.clock(), "destination": BASE_URL + REDIRECT_PATH}
    bare = logout_response(OTHER, in_response_to=told.root.get("ID"), **common)  # type: ignore[arg-type]
    lost = logout_response(OTHER, in_response_to=f"_{'0' * 64}-0", **common)  # type: ignore[arg-type]

    unsigned = person.browser.get(f"{REDIRECT_PATH}?{redirect_query(bare, field='SAMLResponse')}")
    answered = person.browser.get(f"{REDIRECT_PATH}?{redirect_query(lost, sign_with=OTHER.key, field='SAMLResponse')}")

    assert (unsigned.code, answered.code, answered.status) == (Code.SIGNATURE_MISSING, Code.CONVERSATION_EXPIRED, 410)


def test_a_second_answer_changes_nothing(idp: Idp, person: Person) -> None:
    person.visit(OTHER)
    told = sent_by(person.browser.submit(person.ask()), idp)
    reply(person, OTHER, told.root, RESPONDER)

    assert sent_by(reply(person, OTHER, told.root), idp).status == ("Success", "PartialLogout")


def test_l05_a_step_of_a_logout_needs_the_form_of_its_page(idp: Idp, person: Person) -> None:
    person.visit(OTHER)
    page = person.ask()

    without = person.browser.post(page.action, {})
    elsewhere = idp.browser().post(page.action, page.hidden)

    assert [each.code for each in (without, elsewhere)] == [Code.FORM_FORGED] * 2
    assert outcomes(person.browser.get(page.action)) == ["waiting"]
