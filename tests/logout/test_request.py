"""A service provider asks for a logout (SAML Profiles 4.4.4; security.md L-01 to L-04, L-06, L-08)."""

import base64
from datetime import timedelta

import pytest
from lxml import etree

from idp.core.codes import Code
from tests.login.steps import SESSION, cookie, is_session_live, keep_cookie, logs
from tests.logout.conftest import (
    ANSWERS,
    OTHER,
    PASSWORD,
    POST_PATH,
    POSTED,
    REDIRECT_PATH,
    SILENT,
    SLO,
    SP,
    Person,
    location_of,
)
from tests.parts.authn_requests import post_body, redirect_query, sign_enveloped
from tests.parts.judge import NS
from tests.parts.logout_messages import ASYNCHRONOUS, read_redirect, statuses_of
from tests.parts.service_provider import Slo
from tests.parts.site import ENTITY_ID, NOW, Idp


def test_a_request_ends_the_session_and_is_answered_at_the_response_location(idp: Idp, person: Person) -> None:
    """SDP-IDP21, IDP25, IDP28, IDP30, IDP31; IIP-IDP17, IDP18, IDP20."""
    page = person.ask(id="_asked")

    sent = read_redirect(location_of(page), idp.certificate_pem)
    assert (page.response.status_code, sent.location, sent.relay_state) == (302, ANSWERS, "where I was")
    assert (sent.root.get("InResponseTo"), sent.status) == ("_asked", ("Success",))
    assert sent.root.findtext("saml:Issuer", None, NS) == ENTITY_ID
    assert cookie(person.browser, SESSION) is None
    assert not person.is_logged_in
    assert "LOGOUT_REQUEST" in logs(idp)


def test_a_request_by_post_is_answered_by_post_where_the_metadata_says_so(idp: Idp) -> None:
    person = Person(idp.browser(), {}).visit(POSTED)

    page = person.post(POSTED, id="_asked")

    assert (page.action, page.hidden["RelayState"]) == ("https://posted.example.org/slo", "x")
    root = etree.fromstring(base64.b64decode(page.hidden["SAMLResponse"]))
    assert (root.get("InResponseTo"), root.get("Destination")) == ("_asked", page.action)
    assert statuses_of(root) == ("Success",)
    assert root.find("ds:Signature", NS) is not None
    assert not person.is_logged_in


def test_a_request_without_our_cookie_ends_the_session_it_names(idp: Idp, person: Person) -> None:
    page = person.ask(browser=idp.browser())

    assert read_redirect(location_of(page), idp.certificate_pem).status == ("Success",)
    assert not person.is_logged_in


def test_what_was_told_before_a_new_proof_ends_the_session_that_came_of_it(idp: Idp, person: Person) -> None:
    former = cookie(person.browser, SESSION)
    person.browser.log_in(person.browser.visit(SILENT, force_authn=True), "alice", PASSWORD)
    assert cookie(person.browser, SESSION) != former

    page = person.ask()

    assert read_redirect(location_of(page), idp.certificate_pem).status == ("Success", "PartialLogout")
    assert not person.is_logged_in


def test_a_session_that_is_over_already_is_success_and_a_second_request_too(idp: Idp, person: Person) -> None:
    person.ask()

    again = person.ask()

    assert read_redirect(location_of(again), idp.certificate_pem).status == ("Success",)


def test_l01_a_request_without_a_signature_ends_nothing(idp: Idp, person: Person) -> None:
    """SDP-IDP26."""
    page = person.browser.get(f"{REDIRECT_PATH}?{redirect_query(person.message())}")
    posted = idp.browser().post(POST_PATH, post_body(person.message(path=POST_PATH)))

    assert [(each.status, each.code) for each in (page, posted)] == [(400, Code.SIGNATURE_MISSING)] * 2
    assert person.is_logged_in


def test_l01_a_request_signed_by_another_service_provider_ends_nothing(person: Person) -> None:
    page = person.ask(signer=OTHER)

    assert (page.status, page.code) == (400, Code.SIGNATURE_INVALID)
    assert person.is_logged_in


def test_l01_a_request_that_was_changed_after_it_was_signed_ends_nothing(idp: Idp, person: Person) -> None:
    query = redirect_query(person.message(), relay_state="a", sign_with=SP.key)
    signed = sign_enveloped(person.message(path=POST_PATH), SP.key).replace(b"SessionIndex>_", b"SessionIndex> _")

    changed = person.browser.get(f"{REDIRECT_PATH}?{query.replace('RelayState=a', 'RelayState=b')}")
    posted = idp.browser().post(POST_PATH, post_body(signed))

    assert [each.code for each in (changed, posted)] == [Code.SIGNATURE_INVALID] * 2
    assert person.is_logged_in


def test_l01_a_request_is_good_once(idp: Idp, person: Person) -> None:
    query = redirect_query(person.message(), sign_with=SP.key)
    person.browser.get(f"{REDIRECT_PATH}?{query}")
    person.visit(SP)

    again = person.browser.get(f"{REDIRECT_PATH}?{query}")

    assert (again.status, again.code) == (400, Code.REQUEST_REPLAYED)
    assert person.is_logged_in


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"name_id": "<saml:NameID>_another</saml:NameID>"}, id="L-02-another-name"),
        pytest.param({"session_indexes": ("_" + "0" * 64,)}, id="L-02-another-index"),
        pytest.param({"session_indexes": ("x",)}, id="L-02-no-index-of-ours"),
        pytest.param({"form": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"}, id="L-02-another-format"),
        pytest.param({"qualifier": "https://another.example.org"}, id="L-02-another-qualifier"),
    ],
)
def test_what_names_no_session_of_this_service_provider_ends_none(
    idp: Idp, person: Person, change: dict[str, object]
) -> None:
    name = person.told[SP.name].name_id
    assert name is not None
    if "form" in change:
        change = {"name_id": f'<saml:NameID Format="{change["form"]}">{name.value}</saml:NameID>'}
    if "qualifier" in change:
        change = {"name_id": f'<saml:NameID SPNameQualifier="{change["qualifier"]}">{name.value}</saml:NameID>'}

    page = person.ask(**change)

    sent = read_redirect(location_of(page), idp.certificate_pem)
    assert sent.status == ("Requester", "UnknownPrincipal")
    assert person.is_logged_in


def test_l02_a_service_provider_cannot_end_by_what_another_was_told(idp: Idp, person: Person) -> None:
    person.told[OTHER.name] = person.told[SP.name]

    page = person.ask(OTHER)

    assert read_redirect(location_of(page), idp.certificate_pem).status == ("Requester", "UnknownPrincipal")
    assert person.is_logged_in


def test_l02_a_name_without_its_qualifiers_is_the_same_name(idp: Idp, person: Person) -> None:
    name = person.told[SP.name].name_id
    assert name is not None

    page = person.ask(name_id=f'<saml:NameID Format="{name.format}">{name.value}</saml:NameID>')

    assert read_redirect(location_of(page), idp.certificate_pem).status == ("Success",)


def test_l02_without_an_index_only_this_browsers_session_is_meant(idp: Idp, person: Person) -> None:
    elsewhere = person.ask(browser=idp.browser(), session_indexes=())
    assert read_redirect(location_of(elsewhere), idp.certificate_pem).status == ("Requester", "UnknownPrincipal")
    assert person.is_logged_in

    here = person.ask(session_indexes=())
    assert read_redirect(location_of(here), idp.certificate_pem).status == ("Success",)
    assert not person.is_logged_in


def test_l02_another_session_of_the_same_person_goes_on(idp: Idp, person: Person) -> None:
    second = Person(idp.browser(), {}).visit(SP)

    person.ask()

    assert second.is_logged_in
    assert not person.is_logged_in


def test_l02_a_comment_in_a_name_does_not_make_another_name_of_it(idp: Idp, person: Person) -> None:
    name = person.told[SP.name].name_id
    assert name is not None
    split = f'<saml:NameID Format="{name.format}">{name.value}<!-- x -->y</saml:NameID>'

    page = person.ask(name_id=split)

    assert read_redirect(location_of(page), idp.certificate_pem).status == ("Requester", "UnknownPrincipal")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"not_on_or_after": NOW - timedelta(minutes=4)}, Code.REQUEST_STALE, id="L-03-over"),
        pytest.param({"not_on_or_after": "2020"}, Code.REQUEST_STALE, id="L-03-no-moment"),
        pytest.param({"issue_instant": NOW - timedelta(minutes=7)}, Code.REQUEST_STALE, id="L-03-old"),
        pytest.param({"issue_instant": NOW + timedelta(minutes=7)}, Code.REQUEST_STALE, id="L-03-ahead"),
        pytest.param({"version": "1.1"}, Code.VERSION_MISMATCH, id="version"),
        pytest.param({"destination": None}, Code.WRONG_DESTINATION, id="L-04-no-destination"),
        pytest.param({"destination": "https://sp.example.org/"}, Code.WRONG_DESTINATION, id="L-04-another"),
        pytest.param({"id": "1"}, Code.REQUEST_MALFORMED, id="no-id"),
        pytest.param({"name_id": ""}, Code.REQUEST_MALFORMED, id="no-name"),
        pytest.param({"body": "<samlp:Status/>"}, Code.REQUEST_MALFORMED, id="schema"),
        pytest.param({"name_id": "<saml:EncryptedID/>"}, Code.REQUEST_MALFORMED, id="L-06-encrypted"),
    ],
)
def test_a_request_that_breaks_a_rule_ends_nothing(person: Person, change: dict[str, object], code: Code) -> None:
    page = person.ask(**change)

    assert (page.status, page.code) == (400, code)
    assert person.is_logged_in


def test_l03_a_clock_a_little_slow_is_forgiven(idp: Idp, person: Person) -> None:
    page = person.ask(not_on_or_after=NOW - timedelta(minutes=2))

    assert read_redirect(location_of(page), idp.certificate_pem).status == ("Success",)


@pytest.mark.parametrize(
    "algorithm",
    ["http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/TR/1999/REC-xpath-19991116"],
)
def test_l06_what_is_encrypted_is_refused_without_being_looked_into(person: Person, algorithm: str) -> None:
    evil = (
        '<saml:EncryptedID><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:CipherData>'
        '<xenc:CipherReference URI="http://127.0.0.1:1/"><xenc:Transforms>'
        f'<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="{algorithm}"/>'
        "</xenc:Transforms></xenc:CipherReference></xenc:CipherData></xenc:EncryptedData></saml:EncryptedID>"
    )

    page = person.ask(name_id=evil)

    assert (page.status, page.code) == (400, Code.REQUEST_MALFORMED)
    assert person.is_logged_in


def test_l04_a_relay_state_leads_nowhere(idp: Idp, person: Person) -> None:
    query = redirect_query(person.message(), relay_state="https://evil.example.com/", sign_with=SP.key)

    page = person.browser.get(f"{REDIRECT_PATH}?{query}")

    assert location_of(page).startswith(f"{ANSWERS}?SAMLResponse=")


def test_l04_who_cannot_be_answered_ends_nothing(idp: Idp) -> None:
    person = Person(idp.browser(), {}).visit(SILENT)

    page = person.ask(SILENT)

    assert (page.status, page.code) == (400, Code.ENDPOINT_UNKNOWN)
    assert person.is_logged_in


def test_l04_an_address_that_is_not_https_is_not_used(idp: Idp, person: Person) -> None:
    idp.register(SP, slo=[Slo("javascript:alert(1)"), Slo(SLO, response_location="http://evil.example.com/")])
    anew = Idp.load(idp.conf, idp.clock)  # a worker looks at the index again only after a while
    try:
        page = person.ask(browser=anew.browser())
    finally:
        anew.close()

    assert page.code == Code.ENDPOINT_UNKNOWN


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda query: f"{query}&SAMLRequest=x", id="two-requests"),
        pytest.param(lambda query: f"{query}&SAMLResponse=x", id="a-response-too"),
        pytest.param(lambda query: f"{query}&Signature=x", id="two-signatures"),
        pytest.param(lambda query: query.replace("SAMLRequest", "samlrequest"), id="another-spelling"),
        pytest.param(lambda query: query.partition("&SigAlg")[0], id="no-signature"),
        pytest.param(lambda query: query.replace("rsa-sha256", "rsa-sha1"), id="sha-1"),
        pytest.param(lambda query: query.replace("rsa-sha256", "hmac-sha256"), id="hmac"),
    ],
)
def test_l01_a_query_with_a_field_twice_or_another_algorithm_ends_nothing(person: Person, change) -> None:  # type: ignore[no-untyped-def]
    query = redirect_query(person.message(), sign_with=SP.key)

    page = person.browser.get(f"{REDIRECT_PATH}?{change(query)}")

    assert page.status == 400
    assert person.is_logged_in


def test_l08_the_old_cookie_opens_nothing_on_any_worker(idp: Idp, person: Person) -> None:
    session = str(cookie(person.browser, SESSION))
    person.ask(browser=idp.browser())

    second = Idp.load(idp.conf, idp.clock)
    try:
        for site in (idp, second):
            assert not is_session_live(site, session)
            thief = site.browser()
            keep_cookie(thief, SESSION, session)
            assert thief.visit(OTHER).name == "password"
    finally:
        second.close()


def test_an_asynchronous_request_is_not_answered_and_the_person_told(person: Person) -> None:
    """IIP-IDP17: aslo:Asynchronous, as mod_shib sends it."""
    page = person.ask(extensions=ASYNCHRONOUS)

    assert (page.status, page.name, page.saml_response) == (200, "logout", None)
    assert "You are logged out" in page.html
    assert not person.is_logged_in
