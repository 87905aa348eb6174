"""A service provider asks without a browser (SAML Bindings 3.2, SAML Profiles 4.4.3.1)."""

import pytest
from lxml import etree

from tests.logout.conftest import OTHER, SOAP_PATH, SP, Person
from tests.parts.authn_requests import sign_enveloped
from tests.parts.judge import NS
from tests.parts.logout_messages import statuses_of
from tests.parts.site import Idp, Page

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def envelope(message: bytes, header: str = "") -> bytes:
    return (
        f'<S:Envelope xmlns:S="{SOAP}" xmlns:samlp="{NS["samlp"]}">{header}<S:Body>'.encode()
        + message
        + b"</S:Body></S:Envelope>"
    )


def call(idp: Idp, body: bytes, content_type: str = "text/xml; charset=utf-8") -> Page:
    browser = idp.browser()
    browser.may_break = True  # a fault is HTTP 500 (SOAP 1.1, 6.2)
    return browser.request("POST", SOAP_PATH, data=body, content_type=content_type)


def signed(person: Person, **changes: object) -> bytes:
    return sign_enveloped(person.message(path=SOAP_PATH, **changes), SP.key)


def answer_in(page: Page) -> "etree._Element":
    root = etree.fromstring(page.response.get_data())
    found = root.find(f"{{{SOAP}}}Body/samlp:LogoutResponse", NS)
    assert found is not None, page.html
    return found


def test_a_request_by_soap_ends_the_session_and_is_answered_signed(idp: Idp, person: Person) -> None:
    page = call(idp, envelope(signed(person, id="_asked")))

    answer = answer_in(page)
    assert (page.status, page.response.mimetype) == (200, "text/xml")
    assert (answer.get("InResponseTo"), statuses_of(answer)) == ("_asked", ("Success",))
    assert answer.find("ds:Signature", NS) is not None
    assert not person.is_logged_in


def test_l07_by_soap_nobody_else_can_be_told_and_that_is_said(idp: Idp, person: Person) -> None:
    person.visit(OTHER)

    answer = answer_in(call(idp, envelope(signed(person))))

    assert statuses_of(answer) == ("Success", "PartialLogout")
    assert not person.is_logged_in


def test_l02_by_soap_an_unknown_name_is_told_so(idp: Idp, person: Person) -> None:
    answer = answer_in(call(idp, envelope(signed(person, name_id="<saml:NameID>x</saml:NameID>"))))

    assert statuses_of(answer) == ("Requester", "UnknownPrincipal")
    assert person.is_logged_in


def test_l01_by_soap_as_elsewhere_a_request_is_signed_and_good_once(idp: Idp, person: Person) -> None:
    bare = call(idp, envelope(person.message(path=SOAP_PATH)))
    assert (bare.status, "Fault" in bare.html, person.is_logged_in) == (500, True, True)
    body = envelope(signed(person))
    call(idp, body)
    person.visit(SP)

    assert call(idp, body).status == 500
    assert person.is_logged_in


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda message: message, id="no-envelope"),
        pytest.param(lambda message: envelope(message + message), id="two-messages"),
        pytest.param(lambda message: envelope(b""), id="none"),
        pytest.param(
            lambda message: envelope(message, '<S:Header><x S:mustUnderstand="1"/></S:Header>'), id="a-header"
        ),
        pytest.param(lambda message: b"<!DOCTYPE x>" + envelope(message), id="A-04-document-type"),
        pytest.param(lambda message: envelope(b"<x/>" * 3000), id="A-03-elements"),
        pytest.param(lambda message: envelope(message, " " * 70_000), id="A-02-octets"),
    ],
)
def test_an_envelope_that_is_none_is_a_fault(idp: Idp, person: Person, spoil) -> None:  # type: ignore[no-untyped-def]
    page = call(idp, spoil(signed(person)))

    assert (page.status, page.response.mimetype) == (500, "text/xml")
    assert "Fault" in page.html
    assert person.is_logged_in


def test_a_form_is_no_envelope(idp: Idp, person: Person) -> None:
    page = call(idp, envelope(signed(person)), "application/x-www-form-urlencoded")

    assert page.status == 500
    assert person.is_logged_in
