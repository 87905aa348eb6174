"""Whatever comes in, only ProtocolError leaves (A-40)."""

import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.core.errors import ProtocolError
from idp.saml.decode import decode_post, decode_redirect
from idp.saml.model import AuthnRequest
from idp.saml.verify_request import verify_authn_request
from tests.parts.authn_requests import authn_request, post_body, redirect_query, sign_enveloped
from tests.parts.service_provider import TestSP
from tests.saml_in.conftest import EXPECTATIONS, NOW, POST_URL, finder

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SP = TestSP()
FIND = finder(SP.metadata())
PLAIN = authn_request(
    SP,
    id="_a",
    issue_instant=NOW,
    destination=POST_URL,
    name_id_format="urn:f",
    authn_context_class_refs=("urn:a",),
    subject_name_id="x",
)
SIGNED = sign_enveloped(PLAIN, SP.key, certificate_pem=SP.certificate_pem)

NAMES = st.sampled_from(
    [
        "samlp:AuthnRequest",
        "saml:Issuer",
        "ds:Signature",
        "samlp:Extensions",
        "saml:Subject",
        "saml:NameID",
        "samlp:NameIDPolicy",
        "samlp:RequestedAuthnContext",
        "saml:AuthnContextClassRef",
        "samlp:Scoping",
        "ds:SignedInfo",
        "x",
    ]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["ID", "Version", "IssueInstant", "Destination", "Format", "ForceAuthn", "Comparison", "x"]),
    st.sampled_from(["", "2.0", "_a", "true", "2026-11-24T09:00:00Z", POST_URL, "exact", "&#0;", "é"]),
    max_size=5,
)
TEXT = st.sampled_from(["", SP.entity_id, "<!-- c -->", "<![CDATA[x]]>", "&e;", "<?p?>", " "])


@st.composite
def xml(draw, depth: int = 4) -> str:
    name = draw(NAMES)
    attributes = "".join(f' {key}="{value}"' for key, value in draw(ATTRIBUTES).items())
    children = [] if depth == 0 else draw(st.lists(xml(depth=depth - 1), max_size=4))
    return f"<{name}{attributes}>{draw(TEXT)}{''.join(children)}</{name}>"


def take(octets: bytes, *, redirect: bool) -> AuthnRequest | None:
    with contextlib.suppress(ProtocolError):
        unverified = decode_redirect(octets) if redirect else decode_post(octets)
        return verify_authn_request(unverified, find=FIND, expectations=EXPECTATIONS, now=NOW)
    return None


@QUICK
@given(st.binary(max_size=300))
def test_a40_any_octets_on_the_wire(octets):
    for redirect in (True, False):
        take(octets, redirect=redirect)
        take(b"SAMLRequest=" + octets, redirect=redirect)


@QUICK
@given(st.binary(max_size=300))
def test_a40_any_octets_for_xml(octets):
    take(post_body(octets), redirect=False)
    take(redirect_query(octets).encode(), redirect=True)


@QUICK
@given(xml())
def test_a40_any_elements(text):
    declared = text.replace(
        ">",
        ' xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
        ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
        1,
    )
    take(post_body(declared.encode()), redirect=False)


@QUICK
@given(st.data())
def test_a40_a_good_message_with_octets_changed(data):
    octets = bytearray(SIGNED if data.draw(st.booleans()) else PLAIN)
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    take(post_body(bytes(octets)), redirect=False)


@QUICK
@given(st.integers(0, len(SIGNED) - 1), st.integers(0, len(SIGNED) - 1), st.integers(0, 200))
def test_a40_whatever_is_moved_inside_a_signed_message_it_says_the_same_or_is_refused(start, target, length):
    piece, rest = SIGNED[start : start + length], SIGNED[:start] + SIGNED[start + length :]
    request = take(post_body(rest[:target] + piece + rest[target:]), redirect=False)
    if request is not None and request.signed:
        assert (request.id, request.assertion_consumer_service_url) == ("_a", SP.acs)
        assert request.subject_name_id == "x"
