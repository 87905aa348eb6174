"""Where an answer may go."""

import pytest

from idp.core.codes import Code
from idp.core.errors import ProtocolError, StatusError
from idp.saml.supported import require_supported
from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.service_provider import ARTIFACT, PAOS, POST, REDIRECT, Acs, TestSP
from tests.saml_in.conftest import NOW

HOST = "https://sp.example.org"


def wire(sp: TestSP, **options) -> str:
    return redirect_query(authn_request(sp, issue_instant=NOW, **options))


def code_of(receive, *arguments) -> Code:
    with pytest.raises(ProtocolError) as refused:
        receive(*arguments)
    return refused.value.code


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://evil.example.net/acs", id="A-30-evil-host"),
        pytest.param("http://sp.example.org/Shibboleth.sso/SAML2/POST", id="A-30-http"),
        pytest.param(f"{HOST}/shibboleth.sso/SAML2/POST", id="A-30-other-case"),
        pytest.param("https://SP.example.org/Shibboleth.sso/SAML2/POST", id="A-30-other-case-of-the-host"),
        pytest.param(f"{HOST}/Shibboleth.sso/SAML2/POST/", id="A-30-trailing-slash"),
        pytest.param(f"{HOST}:443/Shibboleth.sso/SAML2/POST", id="A-30-default-port"),
        pytest.param(f"{HOST}/x/../Shibboleth.sso/SAML2/POST", id="A-30-dots"),
        pytest.param("https://other.example.org/Shibboleth.sso/SAML2/POST", id="A-30-other-service-provider"),
        pytest.param("", id="A-30-empty"),
        pytest.param(f"{HOST}/Shibboleth.sso/SAML2/POST?x", id="A-31-query"),
        pytest.param(f"{HOST}/Shibboleth.sso/SAML2/POST#", id="A-31-fragment"),
        pytest.param("https://sp.example.org@evil.example.net/", id="A-31-userinfo"),
        pytest.param("https://sp.example.org\\evil.example.net/", id="A-31-backslash"),
        pytest.param(f"{HOST}/Shibboleth.sso/SAML2/POST ", id="A-31-space"),
        pytest.param(f"{HOST}/*", id="A-31-wildcard"),
    ],
)
def test_a_url_that_is_not_in_the_metadata_is_refused(sp, receive_redirect, url):
    xml = authn_request(sp, issue_instant=NOW).replace(
        b'AssertionConsumerServiceURL="%s"' % sp.acs.encode(), b'AssertionConsumerServiceURL="%s"' % url.encode()
    )
    metadata = (sp.metadata(), TestSP("other").metadata())
    assert code_of(receive_redirect, redirect_query(xml), *metadata) is Code.ENDPOINT_UNKNOWN


def test_a31_a_url_with_a_query_is_matched_exactly(sp, receive_redirect):
    metadata = sp.metadata(acs=[Acs(f"{HOST}/acs?a=1&b=2")])
    found = receive_redirect(wire(sp, acs_url=f"{HOST}/acs?a=1&b=2"), metadata)
    assert found.assertion_consumer_service_url == f"{HOST}/acs?a=1&b=2"
    assert code_of(receive_redirect, wire(sp, acs_url=f"{HOST}/acs"), metadata) is Code.ENDPOINT_UNKNOWN


@pytest.fixture
def three() -> list[Acs]:
    return [Acs(f"{HOST}/a", 0), Acs(f"{HOST}/b", 1, is_default="true"), Acs(f"{HOST}/artifact", 2, ARTIFACT)]


@pytest.mark.parametrize(
    ("index", "path"), [pytest.param("0", "/a", id="A-32-0"), pytest.param("1", "/b", id="A-32-1")]
)
def test_an_index_names_its_endpoint(sp, receive_redirect, three, index, path):
    request = receive_redirect(wire(sp, acs_index=index), sp.metadata(acs=three))
    assert request.assertion_consumer_service_url == HOST + path


@pytest.mark.parametrize(
    ("index", "code"),
    [
        pytest.param("99", Code.ENDPOINT_UNKNOWN, id="A-32-99"),
        pytest.param("-1", Code.ENDPOINT_UNKNOWN, id="A-32-negative"),
        pytest.param("65536", Code.ENDPOINT_UNKNOWN, id="A-32-65536"),
        pytest.param("1 ", Code.ENDPOINT_UNKNOWN, id="A-32-space"),
        pytest.param("+1", Code.ENDPOINT_UNKNOWN, id="A-32-plus"),
        pytest.param("1.0", Code.ENDPOINT_UNKNOWN, id="A-32-fraction"),
        pytest.param("", Code.ENDPOINT_UNKNOWN, id="A-32-empty"),
        pytest.param("１", Code.ENDPOINT_UNKNOWN, id="A-32-full-width"),
        pytest.param("9" * 5000, Code.ENDPOINT_UNKNOWN, id="A-32-long"),
        pytest.param("2", Code.BINDING_UNSUPPORTED, id="A-32-not-by-post"),
    ],
)
def test_an_index_that_names_no_post_endpoint_is_refused(sp, receive_redirect, three, index, code):
    assert code_of(receive_redirect, wire(sp, acs_index=index), sp.metadata(acs=three)) is code


def test_a33_url_and_index_together_are_refused(sp, receive_redirect):
    assert code_of(receive_redirect, wire(sp, acs_url=sp.acs, acs_index=0)) is Code.REQUEST_MALFORMED


@pytest.mark.parametrize(
    ("endpoints", "path"),
    [
        pytest.param([("/a", POST, None), ("/b", POST, "true")], "/b", id="A-34-marked"),
        pytest.param([("/a", POST, None), ("/b", POST, "1")], "/b", id="A-34-marked-by-1"),
        pytest.param([("/a", POST, "false"), ("/b", POST, None)], "/b", id="A-34-first-not-marked-false"),
        pytest.param([("/a", POST, "false"), ("/b", POST, "0")], "/a", id="A-34-all-marked-false"),
        pytest.param([("/a", POST, None), ("/b", POST, None)], "/a", id="A-34-none-marked"),
        pytest.param([("/x", ARTIFACT, "true"), ("/a", POST, None)], "/a", id="A-34-marked-one-is-not-by-post"),
    ],
)
def test_the_default_endpoint_is_the_metadatas(sp, receive_redirect, endpoints, path):
    acs = [Acs(HOST + where, number, binding, mark) for number, (where, binding, mark) in enumerate(endpoints)]
    request = receive_redirect(wire(sp, acs_url=None), sp.metadata(acs=acs))
    assert request.assertion_consumer_service_url == HOST + path


@pytest.mark.parametrize(
    "binding",
    [
        pytest.param(ARTIFACT, id="A-35-artifact"),
        pytest.param(PAOS, id="A-35-paos"),
        pytest.param("urn:oasis:names:tc:SAML:2.0:bindings:SOAP", id="A-35-soap"),
        pytest.param(REDIRECT, id="A-35-redirect"),
        pytest.param("", id="A-35-empty"),
    ],
)
def test_an_answer_by_another_binding_is_an_error_to_the_service_provider(sp, receive_redirect, binding):
    request = receive_redirect(wire(sp, protocol_binding=binding))
    assert request.assertion_consumer_service_url == sp.acs
    with pytest.raises(StatusError) as told:
        require_supported(request, ())
    assert (told.value.top, told.value.sub) == ("Responder", "UnsupportedBinding")


def test_a35_an_endpoint_of_another_binding_is_never_answered(sp, receive_redirect, three):
    metadata = sp.metadata(acs=three)
    request = wire(sp, acs_url=f"{HOST}/artifact", protocol_binding=ARTIFACT)
    assert code_of(receive_redirect, request, metadata) is Code.BINDING_UNSUPPORTED


def test_a35_the_post_binding_may_be_named(sp, receive_redirect):
    require_supported(receive_redirect(wire(sp, protocol_binding=POST)), ())


TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"}, id="IDP10-format"),
        pytest.param({"name_id_format": TRANSIENT, "sp_name_qualifier": "https://other"}, id="IDP10-qualifier"),
        pytest.param({"sp_name_qualifier": "https://other"}, id="IDP10-qualifier-alone"),
    ],
)
def test_a_name_id_policy_that_cannot_be_met_is_told(sp, receive_redirect, options):
    with pytest.raises(StatusError) as told:
        require_supported(receive_redirect(wire(sp, **options)), {TRANSIENT})
    assert (told.value.top, told.value.sub) == ("Requester", "InvalidNameIDPolicy")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"name_id_format": TRANSIENT},
        {"name_id_format": TRANSIENT, "sp_name_qualifier": "https://sp.example.org/shibboleth"},
        {"name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"},
        {"allow_create": True},
    ],
)
def test_a_name_id_policy_that_can_be_met_passes(sp, receive_redirect, options):
    require_supported(receive_redirect(wire(sp, **options)), {TRANSIENT})
