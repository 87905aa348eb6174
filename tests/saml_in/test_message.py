"""What a message must say of itself before it is acted on."""

from datetime import timedelta

import pytest

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.saml.conditions import Expectations
from idp.saml.model import Comparison
from tests.parts.authn_requests import authn_request, post_body, redirect_query, sign_enveloped
from tests.parts.service_provider import TestSP
from tests.saml_in.conftest import EXPECTATIONS, NOW, POST_URL, REDIRECT_URL

SAMLP = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'


def test_a_request_by_redirect_and_by_post_is_read(sp, receive_redirect, receive_post):
    xml = authn_request(
        sp,
        id="_a1",
        issue_instant=NOW,
        force_authn="1",
        is_passive=True,
        name_id_format="urn:f",
        sp_name_qualifier="urn:q",
        allow_create=True,
        authn_context_class_refs=("\n urn:a ", "urn:b"),
        comparison="minimum",
        subject_name_id="someone",
    )
    for request in (receive_redirect(redirect_query(xml, relay_state="r")), receive_post(post_body(xml))):
        assert (request.id, request.issue_instant, request.signed) == ("_a1", NOW, False)
        assert (request.force_authn, request.is_passive) == (True, True)
        assert request.service_provider.entity_id == sp.entity_id
        assert request.assertion_consumer_service_url == sp.acs
        assert request.name_id_policy is not None
        assert request.name_id_policy.format == "urn:f"
        assert request.name_id_policy.sp_name_qualifier == "urn:q"
        assert request.name_id_policy.allow_create
        assert request.requested_authn_context is not None
        assert request.requested_authn_context.class_refs == ("urn:a", "urn:b")
        assert request.requested_authn_context.comparison is Comparison.MINIMUM
        assert request.subject_name_id == "someone"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({"issuer": ""}, Code.REQUEST_MALFORMED, id="A-09-no-issuer"),
        pytest.param({"issuer": " "}, Code.REQUEST_MALFORMED, id="A-09-blank-issuer"),
        pytest.param({"id": ""}, Code.REQUEST_MALFORMED, id="A-09-empty-id"),
        pytest.param({"id": "1a"}, Code.REQUEST_MALFORMED, id="A-09-id-begins-with-a-digit"),
        pytest.param({"id": "a:b"}, Code.REQUEST_MALFORMED, id="A-09-id-with-a-colon"),
        pytest.param({"id": "a" * 257}, Code.REQUEST_MALFORMED, id="A-09-id-of-257"),
        pytest.param({"version": "1.1"}, Code.VERSION_MISMATCH, id="A-09-version-1.1"),
        pytest.param({"version": "2.1"}, Code.VERSION_MISMATCH, id="A-09-version-2.1"),
        pytest.param({"version": ""}, Code.VERSION_MISMATCH, id="A-09-version-empty"),
        pytest.param({"force_authn": "TRUE"}, Code.REQUEST_MALFORMED, id="A-09-force-authn-no-boolean"),
        pytest.param({"is_passive": "yes"}, Code.REQUEST_MALFORMED, id="A-09-is-passive-no-boolean"),
        pytest.param({"body": "<x/>"}, Code.REQUEST_MALFORMED, id="A-09-foreign-child"),
        pytest.param(
            {"authn_context_class_refs": ("a",), "comparison": "best"}, Code.REQUEST_MALFORMED, id="A-09-comparison"
        ),
        pytest.param({"body": "<samlp:RequestedAuthnContext/>"}, Code.REQUEST_MALFORMED, id="A-09-no-class"),
        pytest.param({"body": "<saml:Issuer>b</saml:Issuer>"}, Code.REQUEST_MALFORMED, id="A-09-two-issuers"),
        pytest.param({"issuer_format": "urn:other"}, Code.REQUEST_MALFORMED, id="A-09-issuer-format"),
    ],
)
def test_a_malformed_message_is_refused(sp, receive_redirect, options, code):
    with pytest.raises(ProtocolError) as refused:
        receive_redirect(redirect_query(authn_request(sp, **{"issue_instant": NOW, **options})))
    assert refused.value.code is code
    assert refused.value.http_status == 400


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(b"", id="A-09-empty"),
        pytest.param(b"not xml", id="A-09-text"),
        pytest.param(b"<AuthnRequest/>", id="A-09-no-namespace"),
        pytest.param(f"<samlp:LogoutRequest {SAMLP}/>".encode(), id="A-09-logout-request"),
        pytest.param(f"<samlp:Response {SAMLP}/>".encode(), id="A-09-response"),
        pytest.param(f"<samlp:AuthnRequest {SAMLP}/>".encode(), id="A-09-nothing-in-it"),
        pytest.param(
            b'<p:Request xmlns:p="urn:oasis:names:tc:SAML:1.0:protocol" MajorVersion="1" MinorVersion="1"/>',
            id="A-09-saml-1.1",
        ),
        pytest.param(
            b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>', id="A-09-soap"
        ),
    ],
)
def test_another_document_is_refused(receive_redirect, receive_post, xml):
    for refuse in (lambda: receive_redirect(redirect_query(xml)), lambda: receive_post(post_body(xml))):
        with pytest.raises(ProtocolError):
            refuse()


@pytest.mark.parametrize(
    "away",
    [
        pytest.param(timedelta(minutes=-5, seconds=-59), id="A-10-5-59-ago"),
        pytest.param(timedelta(minutes=5, seconds=59), id="A-10-5-59-ahead"),
        pytest.param(timedelta(0), id="A-10-now"),
    ],
)
def test_a_fresh_request_is_accepted(sp, receive_redirect, away):
    assert receive_redirect(redirect_query(authn_request(sp, issue_instant=NOW + away)))


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(NOW - timedelta(minutes=6, seconds=1), id="A-10-6-01-ago"),
        pytest.param(NOW + timedelta(minutes=6, seconds=1), id="A-10-6-01-ahead"),
        pytest.param("2001-01-01T00:00:00Z", id="A-10-2001"),
        pytest.param("2099-01-01T00:00:00Z", id="A-10-2099"),
        pytest.param("2026-11-24T09:00:00", id="A-10-no-zone"),
        pytest.param("2026-11-23T24:00:00Z", id="A-10-24-o-clock"),
        pytest.param("2026-11-24 09:00:00Z", id="A-10-a-space"),
        pytest.param("٢026-11-24T09:00:00Z", id="A-10-other-digits"),
        pytest.param("2026-02-30T09:00:00Z", id="A-10-no-such-day"),
        pytest.param("0001-01-01T00:00:00+14:00", id="A-10-before-the-first-day"),
        pytest.param("9999-12-31T23:59:59-14:00", id="A-10-after-the-last-day"),
        pytest.param("2026-11-24T09:00:00." + "1" * 40_000 + "Z", id="A-10-long"),
        pytest.param("", id="A-10-empty"),
    ],
)
def test_a_stale_request_is_refused(sp, receive_redirect, moment):
    with pytest.raises(ProtocolError) as refused:
        receive_redirect(redirect_query(authn_request(sp, issue_instant=moment)))
    assert refused.value.code is Code.REQUEST_STALE
    assert refused.value.reason == "stale"


def test_a10_a_megabyte_of_time_is_refused_by_size(sp, receive_redirect):
    with pytest.raises(ProtocolError):
        receive_redirect(redirect_query(authn_request(sp, issue_instant="2026-11-24T" + "0" * (1 << 20))))


def test_a10_zones_and_fractions_are_read(sp, receive_redirect):
    for text in ("2026-11-24T18:00:00+09:00", "2026-11-24T09:00:00.123456789Z", "2026-11-24T03:30:00.5-05:30"):
        assert receive_redirect(redirect_query(authn_request(sp, issue_instant=text)))


def test_g01_the_skew_is_configured_and_may_differ_for_one_service_provider(sp, receive_redirect):
    wire = redirect_query(authn_request(sp, issue_instant=NOW - timedelta(minutes=7)))
    generous = Expectations(destinations=EXPECTATIONS.destinations, clock_skews={sp.entity_id: timedelta(minutes=5)})
    with pytest.raises(ProtocolError):
        receive_redirect(wire)
    assert receive_redirect(wire, expectations=generous)


@pytest.mark.parametrize(
    ("destination", "accepted"),
    [
        pytest.param(REDIRECT_URL, True, id="A-12-ours"),
        pytest.param(None, True, id="A-12-absent-unsigned"),
        pytest.param("https://other.example.org/idp/profile/SAML2/Redirect/SSO", False, id="A-12-other-host"),
        pytest.param(POST_URL, False, id="A-12-other-binding"),
        pytest.param("", False, id="A-12-empty"),
        pytest.param(REDIRECT_URL + "/", False, id="A-12-trailing-slash"),
    ],
)
def test_the_destination_must_be_ours(sp, receive_redirect, destination, accepted):
    wire = redirect_query(authn_request(sp, issue_instant=NOW, destination=destination))
    if accepted:
        assert receive_redirect(wire)
        return
    with pytest.raises(ProtocolError) as refused:
        receive_redirect(wire)
    assert refused.value.code is Code.WRONG_DESTINATION


def test_a12_a_signed_message_without_destination_is_refused(sp, receive_redirect, receive_post):
    xml = authn_request(sp, issue_instant=NOW)
    for refuse in (
        lambda: receive_redirect(redirect_query(xml, sign_with=sp.key)),
        lambda: receive_post(post_body(sign_enveloped(xml, sp.key))),
    ):
        with pytest.raises(ProtocolError) as refused:
            refuse()
        assert refused.value.code is Code.WRONG_DESTINATION


@pytest.mark.parametrize(
    ("issuer", "accepted"),
    [
        pytest.param("https://unknown.example.org", False, id="A-13-unknown"),
        pytest.param("\n  https://sp.example.org/shibboleth\t", True, id="A-13-white-space-around"),
        pytest.param("https://sp.example<!-- c -->.org/shibboleth", True, id="A-13-comment-inside"),
        pytest.param("https://sp.example.org/shibboleth<!-- c -->.evil.org", False, id="A-13-comment-hides-the-end"),
        pytest.param("https://sp.example.org/" + "a" * 234, False, id="A-13-257-characters"),
        pytest.param("https://sp.ex\u0430mple.org/shibboleth", False, id="A-13-homograph"),
        pytest.param("https://SP.example.org/shibboleth", False, id="A-13-other-case"),
        pytest.param("\u00a0https://sp.example.org/shibboleth", False, id="A-13-no-break-space"),
    ],
)
def test_the_issuer_must_be_known_exactly(sp, receive_redirect, issuer, accepted):
    wire = redirect_query(authn_request(sp, issue_instant=NOW, issuer=issuer))
    if accepted:
        assert receive_redirect(wire).service_provider.entity_id == sp.entity_id
        return
    with pytest.raises(ProtocolError) as refused:
        receive_redirect(wire)
    assert refused.value.code is Code.UNKNOWN_SERVICE


def test_iip_sso07_optional_content_is_passed_over(sp, receive_redirect):
    xml = authn_request(
        sp,
        issue_instant=NOW,
        attributes='ProviderName="例&lt;示" Consent="urn:c" AttributeConsumingServiceIndex="1" a="b"',
        extensions='<x xmlns="urn:x" y="1"><z>&#9;𠮷</z></x>',
        body='<saml:Conditions NotBefore="2026-11-24T09:00:00Z"/><samlp:Scoping ProxyCount="0"/>',
    )
    request = receive_redirect(redirect_query(xml))
    assert request.subject_name_id is None


def test_a_declaration_reference_is_a_class_that_nobody_proves(sp, receive_redirect):
    body = (
        "<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>urn:d</saml:AuthnContextDeclRef>"
        "</samlp:RequestedAuthnContext>"
    )
    context = receive_redirect(redirect_query(authn_request(sp, issue_instant=NOW, body=body))).requested_authn_context
    assert context is not None
    assert "urn:d" not in context.class_refs
    assert len(context.class_refs) == 1


def test_two_service_providers_may_use_the_same_id(sp, receive_redirect):
    other = TestSP("other")
    for item in (sp, other):
        xml = authn_request(item, id="_same", issue_instant=NOW)
        request = receive_redirect(redirect_query(xml), sp.metadata(), other.metadata())
        assert request.service_provider.entity_id == item.entity_id
