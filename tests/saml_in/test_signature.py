"""Signatures: due, present, and by whom."""

import base64
import hmac
import time
from dataclasses import replace
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

import idp.xml.octets
import idp.xml.verify
from idp.core.codes import Code
from idp.core.errors import ProtocolError
from tests.parts.authn_requests import (
    ECDSA_SHA256,
    ECDSA_SHA384,
    ECDSA_SHA512,
    RSA_SHA1,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
    SHA1,
    SHA256,
    SHA384,
    SHA512,
    authn_request,
    deflate,
    post_body,
    redirect_query,
    sign_enveloped,
    sign_octets,
)
from tests.parts.service_provider import TestSP, certificate_for, ec_key, key_descriptor, rsa_key
from tests.saml_in.conftest import EXPECTATIONS, NOW, POST_URL, REDIRECT_URL

HMAC_SHA1 = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"


def by_redirect(sp: TestSP, **options) -> bytes:
    return authn_request(sp, issue_instant=NOW, destination=REDIRECT_URL, **options)


def by_post(sp: TestSP, **options) -> bytes:
    return authn_request(sp, issue_instant=NOW, destination=POST_URL, **options)


def code_of(receive, wire, *metadata, **options) -> Code:
    with pytest.raises(ProtocolError) as refused:
        receive(wire, *metadata, **options)
    return refused.value.code


@pytest.mark.parametrize("written", ["true", "1"])
def test_a20_a_request_without_its_due_signature_is_refused(sp, receive_redirect, receive_post, written):
    metadata = sp.metadata(authn_requests_signed=written)
    assert code_of(receive_redirect, redirect_query(by_redirect(sp)), metadata) is Code.SIGNATURE_MISSING
    assert code_of(receive_post, post_body(by_post(sp)), metadata) is Code.SIGNATURE_MISSING
    assert receive_redirect(redirect_query(by_redirect(sp), sign_with=sp.key), metadata).signed
    assert receive_post(post_body(sign_enveloped(by_post(sp), sp.key)), metadata).signed


def test_a20_half_a_redirect_signature_is_refused(sp, receive_redirect):
    query = redirect_query(by_redirect(sp), sign_with=sp.key)
    for wire in (
        query.split("&Signature=")[0],
        query.replace("&SigAlg=", "&x="),
        query.split("Signature=")[0] + "Signature=",
    ):
        assert code_of(receive_redirect, wire) is Code.SIGNATURE_INVALID


def test_a21_a_garbage_redirect_signature_is_refused_though_none_is_due(sp, receive_redirect):
    query = redirect_query(by_redirect(sp), sign_with=sp.key).split("&Signature=")[0]
    for signature in ("AAAA", "", "%20", "not+base64", quote(base64.b64encode(b"\x00" * 256).decode(), safe="")):
        assert code_of(receive_redirect, query + "&Signature=" + signature) is Code.SIGNATURE_INVALID


def test_a21_a_tampered_message_is_refused_though_no_signature_is_due(sp, receive_redirect, receive_post):
    signed = sign_enveloped(by_post(sp, force_authn="false"), sp.key)
    assert code_of(receive_post, post_body(signed.replace(b'ForceAuthn="false"', b'ForceAuthn="true"'))) is (
        Code.SIGNATURE_INVALID
    )
    query = redirect_query(by_redirect(sp), sign_with=sp.key)
    other = quote(deflate(by_redirect(sp)), safe="")
    tampered = f"SAMLRequest={other}&" + query.split("&", 1)[1]
    assert code_of(receive_redirect, tampered) is Code.SIGNATURE_INVALID


def test_a21_a_signature_beside_a_post_message_is_refused(sp, receive_post):
    assert code_of(receive_post, post_body(by_post(sp)) + b"&SigAlg=a&Signature=AAAA") is Code.SIGNATURE_INVALID


def test_a21_a_signature_inside_a_redirect_message_is_refused(sp, receive_redirect):
    signed = sign_enveloped(by_redirect(sp), sp.key)
    assert code_of(receive_redirect, redirect_query(signed)) is Code.SIGNATURE_INVALID
    assert code_of(receive_redirect, redirect_query(signed, sign_with=sp.key)) is Code.SIGNATURE_INVALID


def test_a22_only_keys_of_the_metadata_count_and_each_of_them_does(sp, receive_redirect, receive_post):
    old, new, removed = rsa_key("old"), rsa_key("new"), rsa_key("removed")
    encryption = certificate_for(rsa_key("encryption"), "e")
    metadata = sp.metadata(
        keys=[
            key_descriptor(certificate_for(old, "old"), "signing"),
            key_descriptor(certificate_for(new, "new"), "signing"),
            key_descriptor(encryption, "encryption"),
        ]
    )
    for key in (old, new):
        assert receive_redirect(redirect_query(by_redirect(sp), sign_with=key), metadata).signed
        assert receive_post(post_body(sign_enveloped(by_post(sp), key)), metadata).signed
    for key in (removed, TestSP("other").key, rsa_key("encryption")):
        wire = redirect_query(by_redirect(sp), sign_with=key)
        assert code_of(receive_redirect, wire, metadata) is Code.SIGNATURE_INVALID
        wire = post_body(sign_enveloped(by_post(sp), key))
        assert code_of(receive_post, wire, metadata) is Code.SIGNATURE_INVALID


def test_a22_another_service_providers_key_signs_for_itself_only(sp, receive_redirect):
    other = TestSP("other")
    wire = redirect_query(by_redirect(sp), sign_with=other.key)
    assert code_of(receive_redirect, wire, sp.metadata(), other.metadata()) is Code.SIGNATURE_INVALID


def test_a22_without_a_usable_key_every_signature_is_refused(sp, receive_redirect):
    wire = redirect_query(by_redirect(sp), sign_with=sp.key)
    assert code_of(receive_redirect, wire, sp.metadata(keys=[])) is Code.SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("method", "digest"),
    [(RSA_SHA256, SHA256), (RSA_SHA384, SHA384), (RSA_SHA512, SHA512), (RSA_SHA256, SHA512)],
)
def test_alg_rsa_with_sha_2_is_accepted(sp, receive_redirect, receive_post, method, digest):
    assert receive_redirect(redirect_query(by_redirect(sp), sign_with=sp.key, algorithm=method)).signed
    assert receive_post(post_body(sign_enveloped(by_post(sp), sp.key, algorithm=method, digest=digest))).signed


@pytest.mark.parametrize(
    ("curve", "method"), [("secp256r1", ECDSA_SHA256), ("secp384r1", ECDSA_SHA384), ("secp521r1", ECDSA_SHA512)]
)
def test_alg_ecdsa_with_sha_2_is_accepted(receive_redirect, receive_post, curve, method):
    sp = TestSP("ec", key=ec_key(curve, curve))
    metadata = sp.metadata()
    assert receive_redirect(redirect_query(by_redirect(sp), sign_with=sp.key, algorithm=method), metadata).signed
    assert receive_post(post_body(sign_enveloped(by_post(sp), sp.key, algorithm=method)), metadata).signed


def test_a24_sha1_is_refused_unless_the_service_provider_was_opted_in(sp, receive_redirect, receive_post):
    opted_in = replace(EXPECTATIONS, allow_sha1=frozenset({sp.entity_id}))
    other_opted_in = replace(EXPECTATIONS, allow_sha1=frozenset({"https://other.example.org"}))
    query = redirect_query(by_redirect(sp), sign_with=sp.key, algorithm=RSA_SHA1)
    assert code_of(receive_redirect, query) is Code.SIGNATURE_INVALID
    assert code_of(receive_redirect, query, expectations=other_opted_in) is Code.SIGNATURE_INVALID
    assert receive_redirect(query, expectations=opted_in).signed
    for method, digest in ((RSA_SHA1, SHA256), (RSA_SHA256, SHA1), (RSA_SHA1, SHA1)):
        body = post_body(sign_enveloped(by_post(sp), sp.key, algorithm=method, digest=digest))
        assert code_of(receive_post, body) is Code.SIGNATURE_INVALID
        assert receive_post(body, expectations=opted_in).signed


def test_a24_a_key_of_1024_bits_verifies_nothing(receive_redirect):
    sp = TestSP("short", key=rsa_key("short", 1024))
    wire = redirect_query(by_redirect(sp), sign_with=sp.key)
    assert code_of(receive_redirect, wire, sp.metadata()) is Code.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("none", id="A-25-none"),
        pytest.param("", id="A-25-empty"),
        pytest.param("http://www.w3.org/2001/04/xmldsig-more#rsa-md5", id="A-24-rsa-md5"),
        pytest.param(RSA_SHA256.upper(), id="A-25-upper-case"),
        pytest.param(RSA_SHA256 + " ", id="A-25-space"),
        pytest.param(ECDSA_SHA256, id="A-25-ecdsa-with-an-rsa-key"),
        pytest.param("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", id="A-25-pss"),
    ],
)
def test_another_algorithm_is_refused(sp, receive_redirect, receive_post, uri):
    covered = "SAMLRequest=" + quote(deflate(by_redirect(sp)), safe="") + "&SigAlg=" + quote(uri, safe="")
    signature = base64.b64encode(sign_octets(covered.encode(), sp.key, RSA_SHA256)).decode()
    assert code_of(receive_redirect, f"{covered}&Signature={quote(signature, safe='')}") is Code.SIGNATURE_INVALID
    signed = sign_enveloped(by_post(sp), sp.key).replace(RSA_SHA256.encode(), uri.encode())
    assert code_of(receive_post, post_body(signed)) is Code.SIGNATURE_INVALID


def test_a25_a_public_key_is_no_hmac_secret(sp, receive_redirect, receive_post):
    pem = sp.certificate_pem
    der = base64.b64decode("".join(pem.decode().splitlines()[1:-1]))
    covered = "SAMLRequest=" + quote(deflate(by_redirect(sp)), safe="") + "&SigAlg=" + quote(HMAC_SHA1, safe="")
    for secret in (pem, der, sp.public_key_der):
        signature = base64.b64encode(hmac.digest(secret, covered.encode(), "sha1")).decode()
        wire = f"{covered}&Signature={quote(signature, safe='')}"
        assert code_of(receive_redirect, wire) is Code.SIGNATURE_INVALID
    signed = sign_enveloped(by_post(sp), sp.key).replace(RSA_SHA256.encode(), HMAC_SHA1.encode())
    assert code_of(receive_post, post_body(signed)) is Code.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "style",
    [
        pytest.param({}, id="A-26-plain"),
        pytest.param({"lowercase_hex": True}, id="A-26-lower-case-hex"),
        pytest.param({"plus_for_space": True}, id="A-26-plus-for-space"),
    ],
)
def test_the_signature_is_over_the_octets_that_were_sent(sp, receive_redirect, style):
    query = redirect_query(by_redirect(sp), relay_state="a b*c/ü", sign_with=sp.key, **style)
    request = receive_redirect(query)
    assert request.signed
    assert request.relay_state == "a b*c/ü"


def test_a26_an_asterisk_may_stand_as_it_is(sp, receive_redirect):
    covered = "SAMLRequest=" + quote(deflate(by_redirect(sp)), safe="") + "&RelayState=a*b"
    covered += "&SigAlg=" + quote(RSA_SHA256, safe="")
    signature = quote(base64.b64encode(sign_octets(covered.encode(), sp.key, RSA_SHA256)).decode(), safe="")
    assert receive_redirect(f"{covered}&Signature={signature}").signed


def test_a26_parameters_may_come_in_any_order_with_others_between(sp, receive_redirect):
    query = redirect_query(by_redirect(sp), relay_state="r", sign_with=sp.key)
    request, relay_state, algorithm, signature = query.split("&")
    assert receive_redirect("&".join([signature, "x=1", relay_state, algorithm, "y=2", request])).signed


def test_a26_re_encoding_breaks_the_signature(sp, receive_redirect):
    query = redirect_query(by_redirect(sp), relay_state="a b", sign_with=sp.key)
    assert code_of(receive_redirect, query.replace("a%20b", "a+b")) is Code.SIGNATURE_INVALID


def test_a29_a_relay_state_that_was_changed_added_or_removed_is_refused(sp, receive_redirect):
    query = redirect_query(by_redirect(sp), relay_state="r", sign_with=sp.key)
    for wire in (query.replace("RelayState=r", "RelayState=s"), query.replace("&RelayState=r", "")):
        assert code_of(receive_redirect, wire) is Code.SIGNATURE_INVALID
    query = redirect_query(by_redirect(sp), sign_with=sp.key)
    assert code_of(receive_redirect, query + "&RelayState=s") is Code.SIGNATURE_INVALID


@pytest.mark.parametrize("answer", [-1, 1, None, "", object(), False])
def test_c15_only_a_plain_yes_of_the_verifier_counts(sp, receive_redirect, receive_post, monkeypatch, answer):
    monkeypatch.setattr(idp.xml.octets, "_signed_by", lambda *args: answer)
    monkeypatch.setattr(idp.xml.verify, "_signed_by", lambda *args: answer)
    wire = redirect_query(by_redirect(sp), sign_with=sp.key)
    assert code_of(receive_redirect, wire) is Code.SIGNATURE_INVALID
    assert code_of(receive_post, post_body(sign_enveloped(by_post(sp), sp.key))) is Code.SIGNATURE_INVALID


def test_c15_a_verifier_that_says_yes_to_everything_still_meets_the_digest(sp, receive_post, monkeypatch):
    monkeypatch.setattr(idp.xml.verify, "_signed_by", lambda *args: True)
    signed = sign_enveloped(by_post(sp, force_authn="false"), sp.key).replace(b'"false"', b'"true"')
    assert code_of(receive_post, post_body(signed)) is Code.SIGNATURE_INVALID


def test_a59_a_key_of_16k_bits_or_with_a_huge_exponent_costs_nothing(sp, receive_redirect):
    numbers = rsa_key("sp").public_key().public_numbers()
    huge = rsa.RSAPublicNumbers((1 << 64) + 13, numbers.n).public_key()
    long = rsa.RSAPublicNumbers(65537, (1 << 16383) + 1).public_key()
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from idp.xml.keys import KeyRefusedError, read_public_key
    from idp.xml.octets import verify_octets

    keys = [key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in (huge, long)]
    for key, reason in zip(keys, ("exponent", "16384 bits"), strict=True):
        with pytest.raises(KeyRefusedError, match=reason):
            read_public_key(key)
    start = time.process_time()
    with pytest.raises(ProtocolError):
        verify_octets(b"x", RSA_SHA256, b"\x01" * 2048, keys)
    assert time.process_time() - start < 0.05
