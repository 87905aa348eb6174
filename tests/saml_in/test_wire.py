"""From the wire to octets: limits, field names, RelayState."""

import base64
import resource
import time
import zlib
from urllib.parse import quote, quote_from_bytes

import pytest

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.saml.conditions import Expectations, is_long_relay_state
from idp.saml.decode import decode_post, decode_redirect
from tests.parts.authn_requests import authn_request, deflate, post_body, redirect_query
from tests.saml_in.conftest import EXPECTATIONS, NOW


def _deflated(octets: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(octets) + compressor.flush()


def _query(deflated: bytes) -> bytes:
    return b"SAMLRequest=" + quote(base64.b64encode(deflated).decode(), safe="").encode()


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(b"A" * (32 << 20), id="A-01-32-MiB"),
        pytest.param(b"<r>" + b"<a/>" * 1_000_000 + b"</r>", id="A-01-a-million-elements"),
        pytest.param(b"A" * (128 * 1024 + 1), id="A-01-one-octet-too-many"),
    ],
)
def test_a_deflate_bomb_costs_little_and_is_refused(xml):
    query = _query(_deflated(xml))
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ProtocolError) as refused:
        decode_redirect(query)
    assert refused.value.code is Code.REQUEST_TOO_LARGE
    assert refused.value.http_status == 413
    assert time.process_time() - start < 0.1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 4 * 1024


def test_a01_the_largest_message_that_is_read_is_read():
    assert len(decode_redirect(_query(_deflated(b"A" * 128 * 1024))).xml) == 128 * 1024


@pytest.mark.parametrize(
    ("decode", "wire"),
    [
        pytest.param(decode_redirect, b"SAMLRequest=" + b"A" * 65537, id="A-02-redirect-message"),
        pytest.param(decode_post, b"SAMLRequest=" + b"A" * 65537, id="A-02-post-message"),
        pytest.param(decode_post, b"SAMLRequest=AAAA&x=" + b"A" * (256 * 1024), id="A-02-post-body"),
        pytest.param(decode_redirect, b"SAMLRequest=AAAA&x=" + b"A" * (256 * 1024), id="A-02-query-string"),
    ],
)
def test_an_oversized_message_is_refused_with_413(decode, wire):
    with pytest.raises(ProtocolError) as refused:
        decode(wire)
    assert refused.value.http_status == 413
    assert refused.value.code is Code.REQUEST_TOO_LARGE


def test_a03_a_form_of_1001_fields_is_refused(sp):
    body = post_body(authn_request(sp)) + b"".join(b"&f%d=x" % number for number in range(1000))
    with pytest.raises(ProtocolError):
        decode_post(body)


def test_a03_a_post_message_is_never_inflated(sp, receive_post):
    wire = b"SAMLRequest=" + quote(deflate(authn_request(sp, issue_instant=NOW)), safe="").encode()
    with pytest.raises(ProtocolError):
        receive_post(wire)


@pytest.mark.parametrize(
    "deflated",
    [
        pytest.param(_deflated(b"<a/>") + b"x", id="A-02-octets-after-the-end"),
        pytest.param(_deflated(b"<a/>")[:-1], id="A-02-no-end"),
        pytest.param(zlib.compress(b"<a/>"), id="A-02-zlib-header"),
        pytest.param(b"\xff\xff", id="A-02-garbage"),
        pytest.param(b"", id="A-02-empty"),
    ],
)
def test_deflate_that_is_not_plainly_one_stream_is_refused(deflated):
    with pytest.raises(ProtocolError) as refused:
        decode_redirect(_query(deflated))
    assert refused.value.code is Code.REQUEST_MALFORMED


@pytest.mark.parametrize(
    "relay_state",
    [
        pytest.param("x" * 80, id="A-14-80"),
        pytest.param("x" * 81, id="A-14-81"),
        pytest.param("あ" * 341, id="A-14-1023-octets"),
        pytest.param("x" * 1024, id="A-14-1024"),
        pytest.param('"><script>alert(1)</script>', id="A-14-script"),
        pytest.param("a\r\nSet-Cookie: b", id="A-14-crlf"),
        pytest.param("a b+c%20d&e=f;g", id="A-14-delimiters"),
        pytest.param("", id="A-14-empty"),
    ],
)
def test_a_relay_state_goes_through_unchanged(sp, receive_redirect, receive_post, relay_state):
    xml = authn_request(sp, issue_instant=NOW)
    assert receive_redirect(redirect_query(xml, relay_state=relay_state)).relay_state == relay_state
    assert receive_post(post_body(xml, relay_state=relay_state)).relay_state == relay_state


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"x" * 1025, id="A-14-1025"),
        pytest.param(b"x" * (1 << 20), id="A-14-1-MB"),
        pytest.param(b"a\x00b", id="A-14-nul"),
        pytest.param(b"\xff\xfe", id="A-14-not-utf-8"),
        pytest.param(b"\xed\xa0\x80", id="A-14-surrogate"),
    ],
)
def test_a_relay_state_that_cannot_be_kept_is_refused(sp, octets):
    wire = redirect_query(authn_request(sp)).encode() + b"&RelayState=" + quote_from_bytes(octets).encode()
    with pytest.raises(ProtocolError):
        decode_redirect(wire)


def test_a14_a_relay_state_over_80_octets_is_flagged_and_refused_by_a_strict_site(sp, receive_redirect):
    strict = Expectations(destinations=EXPECTATIONS.destinations, strict_relay_state=True)
    xml = authn_request(sp, issue_instant=NOW)
    assert not is_long_relay_state("x" * 80)
    assert is_long_relay_state("あ" * 27)
    assert receive_redirect(redirect_query(xml, relay_state="x" * 80), expectations=strict)
    with pytest.raises(ProtocolError):
        receive_redirect(redirect_query(xml, relay_state="x" * 81), expectations=strict)


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param("&SAMLRequest=AAAA", id="A-27-twice"),
        pytest.param("&RelayState=a&RelayState=b", id="A-27-relay-state-twice"),
        pytest.param("&SigAlg=a&SigAlg=b&Signature=c", id="A-27-sigalg-twice"),
        pytest.param("&SAMLRequest[]=AAAA", id="A-27-brackets"),
        pytest.param("&SAMLRequest%5B%5D=AAAA", id="A-27-encoded-brackets"),
        pytest.param("&%53AMLRequest=AAAA", id="A-27-encoded-name"),
        pytest.param("&SAMLRequest%00=AAAA", id="A-27-nul"),
        pytest.param("&+SAMLRequest=AAAA", id="A-27-space"),
        pytest.param("&samlrequest=AAAA", id="A-27-lower-case"),
        pytest.param("&SAMLResponse=AAAA", id="A-28-response-beside"),
        pytest.param("&SAMLEncoding=urn:other", id="A-26-other-encoding"),
    ],
)
def test_an_ambiguous_query_is_refused(sp, extra):
    with pytest.raises(ProtocolError):
        decode_redirect((redirect_query(authn_request(sp)) + extra).encode())


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(b"", id="A-28-nothing"),
        pytest.param(b"SAMLRequest=", id="A-28-empty"),
        pytest.param(b"SAMLResponse=AAAA", id="A-28-response-only"),
        pytest.param(b"SAMLRequest=AA%AA", id="A-28-not-base64"),
        pytest.param(b"SAMLRequest=AA=A", id="A-28-padding-inside"),
    ],
)
def test_a_call_without_one_readable_request_is_refused(wire):
    for decode in (decode_redirect, decode_post):
        with pytest.raises(ProtocolError):
            decode(wire)


def test_a28_request_and_response_in_one_form_are_refused(sp):
    with pytest.raises(ProtocolError):
        decode_post(post_body(authn_request(sp)) + b"&SAMLResponse=AAAA")


def test_a26_the_deflate_encoding_may_be_named_and_other_parameters_are_passed_over(sp, receive_redirect):
    query = redirect_query(authn_request(sp, issue_instant=NOW))
    named = query + "&SAMLEncoding=" + quote("urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE", safe="")
    assert receive_redirect(named + "&utm_source=mail&lang=ja")


def test_base64_with_line_ends_is_read(sp, receive_post):
    text = base64.encodebytes(authn_request(sp, issue_instant=NOW)).decode().replace("\n", "\r\n")
    assert receive_post(b"SAMLRequest=" + quote(text, safe="").encode())
