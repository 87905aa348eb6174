"""From metadata to service providers."""

from datetime import UTC, datetime

import pytest

from idp.core.errors import ProtocolError
from idp.federation.metadata_reader import read_entities, read_metadata
from idp.federation.service_provider import EncryptionKey, RequestedAttribute
from tests.parts.service_provider import (
    ARTIFACT,
    PAOS,
    POST,
    Acs,
    TestSP,
    certificate_for,
    ec_key,
    entities_descriptor,
    key_descriptor,
    public_der,
    rsa_key,
)

SP = TestSP()


def one(data: bytes, **options):
    providers = read_entities(data, source="a.xml", **options)
    assert len(providers) == 1
    return providers[0]


def why_not(data: bytes, **options) -> str:
    reading = read_metadata(data, source="a.xml", **options)
    assert reading.service_providers == ()
    return "\n".join(reading.refusals)


def test_everything_that_is_used_is_read():
    provider = one(
        SP.metadata(
            acs=[
                Acs(SP.acs, 1),
                Acs("https://sp.example.org/a", 2, ARTIFACT),
                Acs("https://sp.example.org/p", 3, PAOS),
            ],
            authn_requests_signed="1",
            want_assertions_signed=True,
            name_id_formats=["urn:a", " urn:b\n"],
            encryption_methods=["urn:gcm", "urn:oaep"],
            entity_categories=["http://refeds.org/category/research-and-scholarship"],
            subject_id_requirement="pairwise-id",
            requested_attributes=[("urn:oid:1", True), ("urn:oid:2", False)],
            signing_methods=["urn:s"],
            digest_methods=["urn:d"],
            display_names={"ja": "例", "en": "Example"},
            information_urls={"en": "https://sp.example.org/info", "ja": "javascript:alert(1)"},
            privacy_urls={"en": "http://sp.example.org/privacy", "ja": "java&#10;script:x"},
            registration_authority="https://www.gakunin.jp",
            valid_until="2027-01-01T00:00:00Z",
        )
    )
    assert provider.entity_id == SP.entity_id
    assert [item.binding for item in provider.assertion_consumer_services] == [POST, ARTIFACT, PAOS]
    assert [item.index for item in provider.assertion_consumer_services] == [1, 2, 3]
    assert (provider.authn_requests_signed, provider.want_assertions_signed) == (True, True)
    assert provider.name_id_formats == ("urn:a", "urn:b")
    assert provider.signing_keys == (SP.public_key_der,)
    assert provider.encryption_keys == (EncryptionKey(SP.public_key_der, ("urn:gcm", "urn:oaep")),)
    assert provider.entity_categories == ("http://refeds.org/category/research-and-scholarship",)
    assert provider.subject_id_requirement == ("pairwise-id",)
    uri = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
    assert provider.requested_attributes == (
        RequestedAttribute("urn:oid:1", uri, is_required=True),
        RequestedAttribute("urn:oid:2", uri),
    )
    assert (provider.signing_methods, provider.digest_methods) == (("urn:s",), ("urn:d",))
    assert provider.display_name("ja") == "例"
    assert provider.display_name("fr") == "Example"
    assert provider.information_urls == {"en": "https://sp.example.org/info"}
    assert provider.privacy_urls == {"en": "http://sp.example.org/privacy"}
    assert provider.registration_authority == "https://www.gakunin.jp"
    assert provider.valid_until == datetime(2027, 1, 1, tzinfo=UTC)
    assert provider.source == "a.xml"


def test_a_service_name_stands_in_for_a_missing_display_name():
    assert one(SP.metadata(requested_attributes=[("urn:a", True)])).display_name("ja") == "Service"
    assert one(SP.metadata()).display_name("ja") == SP.entity_id


def test_iip_md02_entities_are_found_at_any_depth():
    names = ["a", "b", "c", "d"]
    a, b, c, d = (TestSP(name, key=SP.key).metadata(declaration=False) for name in names)
    nested = entities_descriptor(a, entities_descriptor(b, entities_descriptor(c)), entities_descriptor(), d)
    found = read_entities(nested, source="x")
    assert [item.entity_id for item in found] == [TestSP(name, key=SP.key).entity_id for name in names]


def test_iip_md05_unknown_extensions_do_not_matter():
    strange = '<x xmlns="urn:x" y="z">text<deep><er/></deep></x>'
    assert one(SP.metadata(extensions=strange, role_extensions=strange))


def test_an_entity_inside_an_extension_is_no_entity():
    hidden = TestSP("evil", key=SP.key).metadata(declaration=False).decode()
    assert one(SP.metadata(extensions=hidden)).entity_id == SP.entity_id


def test_what_is_no_saml_2_service_provider_is_passed_over_in_silence():
    data = SP.metadata(protocols="urn:oasis:names:tc:SAML:1.1:protocol")
    assert read_metadata(data, source="x").service_providers == ()
    assert read_metadata(data, source="x").refusals == ()


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("javascript:alert(1)", id="M-06-javascript"),
        pytest.param("java&#10;script:alert(1)", id="M-06-javascript-with-a-line-end"),
        pytest.param("data:text/html,x", id="M-06-data"),
        pytest.param("http://sp.example.org/acs", id="M-06-http"),
        pytest.param("https://sp.example.org/a&#13;&#10;b", id="M-06-crlf"),
        pytest.param("https://sp.example.org/a&#9;b", id="M-06-tab"),
        pytest.param(" https://sp.example.org/acs", id="M-06-space"),
        pytest.param("https://sp.example.org/\x7f", id="M-06-delete"),
        pytest.param("https://sp.example.org\\@evil.example.net/", id="M-06-backslash"),
        pytest.param("https://user@sp.example.org/", id="M-06-userinfo"),
        pytest.param("https://", id="M-06-no-host"),
        pytest.param("https://[::1/", id="M-06-broken-host"),
        pytest.param("https://sp.example.org:x/", id="M-06-broken-port"),
        pytest.param("//sp.example.org/acs", id="M-06-no-scheme"),
        pytest.param("/acs", id="M-06-relative"),
        pytest.param("", id="M-06-empty"),
        pytest.param("https://sp.example.org/" + "a" * 2048, id="M-06-long"),
    ],
)
def test_an_endpoint_that_is_not_plain_https_is_not_used(location):
    written = SP.metadata(acs=[Acs("HERE")]).replace(b'Location="HERE"', b'Location="%s"' % location.encode())
    for allow in (False, True):
        assert "AssertionConsumerService" in why_not(written, allow_loopback_http=allow)
    beside = SP.metadata(acs=[Acs("HERE"), Acs(SP.acs, 1)]).replace(b'"HERE"', b'"%s"' % location.encode())
    reading = read_metadata(beside, source="x")
    assert [item.location for item in reading.service_providers[0].assertion_consumer_services] == [SP.acs]
    assert len(reading.refusals) == 1
    assert "line 2" in reading.refusals[0]


@pytest.mark.parametrize(
    ("location", "accepted"),
    [
        pytest.param("http://127.0.0.1:8080/acs", True, id="M-06-loopback-address"),
        pytest.param("http://localhost/acs", True, id="M-06-localhost"),
        pytest.param("http://[::1]:8080/acs", True, id="M-06-loopback-ipv6"),
        pytest.param("http://10.0.0.1/acs", False, id="M-06-private-address"),
        pytest.param("http://localhost.example.org/acs", False, id="M-06-localhost-of-another-domain"),
        pytest.param("http://127.0.0.1.example.org/acs", False, id="M-06-loopback-in-a-name"),
        pytest.param("http://127.0.0.1@sp.example.org/acs", False, id="M-06-loopback-as-user"),
    ],
)
def test_http_to_this_machine_is_used_only_where_that_is_allowed(location, accepted):
    data = SP.metadata(acs=[Acs(location)])
    assert read_entities(data, source="x") == []
    assert bool(read_entities(data, source="x", allow_loopback_http=True)) is accepted


@pytest.mark.parametrize(
    "acs",
    [
        pytest.param([], id="M-06-none"),
        pytest.param([Acs(SP.acs, 0, ARTIFACT), Acs(SP.acs, 1, PAOS)], id="M-06-none-by-post"),
        pytest.param([Acs(SP.acs, "x")], id="M-06-index-no-number"),
        pytest.param([Acs(SP.acs, 65536)], id="M-06-index-too-large"),
        pytest.param([Acs(SP.acs, 0, is_default="maybe")], id="M-06-default-no-boolean"),
    ],
)
def test_an_entity_without_a_usable_endpoint_is_refused_with_a_reason(acs):
    reason = why_not(SP.metadata(acs=acs))
    assert SP.entity_id in reason
    assert "HTTP-POST" in reason


def test_m08_a_key_without_use_is_in_both_and_a_named_use_in_one():
    signing, encryption, both = rsa_key("s"), rsa_key("e"), rsa_key("b")
    provider = one(
        SP.metadata(
            keys=[
                key_descriptor(certificate_for(signing, "s"), "signing"),
                key_descriptor(certificate_for(encryption, "e"), "encryption"),
                key_descriptor(certificate_for(both, "b")),
                key_descriptor(certificate_for(rsa_key("x"), "x"), "other"),
            ]
        )
    )
    assert provider.signing_keys == (public_der(signing), public_der(both))
    assert [key.public_key_der for key in provider.encryption_keys] == [public_der(encryption), public_der(both)]


def test_m08_an_expired_certificate_is_only_a_key():
    certificate = certificate_for(SP.key, "old", expired=True)
    assert one(SP.metadata(keys=[key_descriptor(certificate)])).signing_keys == (SP.public_key_der,)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: rsa_key("short", 1024), id="M-08-rsa-1024"),
        pytest.param(lambda: ec_key("short", "secp192r1"), id="M-08-ec-192"),
    ],
)
def test_a_short_key_is_not_used_and_that_is_told(key):
    short = key_descriptor(certificate_for(key(), "short"))
    reading = read_metadata(SP.metadata(keys=[short, key_descriptor(SP.certificate)]), source="x")
    assert reading.service_providers[0].signing_keys == (SP.public_key_der,)
    assert len(reading.service_providers[0].encryption_keys) == 1
    assert "KeyDescriptor not used" in reading.refusals[0]


@pytest.mark.parametrize(
    "broken",
    [
        "<md:KeyDescriptor/>",
        "<md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>"
        "</ds:KeyInfo></md:KeyDescriptor>",
        "<md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>%</ds:X509Certificate></ds:X509Data>"
        "</ds:KeyInfo></md:KeyDescriptor>",
        "<md:KeyDescriptor><ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue/></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>",
        "<md:KeyDescriptor><ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AAAA</ds:Modulus><ds:Exponent>AAAA"
        "</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>",
    ],
)
def test_m08_a_broken_key_does_not_hide_a_good_one(broken):
    reading = read_metadata(SP.metadata(keys=[broken, key_descriptor(SP.certificate)]), source="x")
    assert reading.service_providers[0].signing_keys == (SP.public_key_der,)
    assert len(reading.refusals) == 1


def test_m08_an_elliptic_curve_key_signs_and_is_not_encrypted_to():
    sp = TestSP("ec", key=ec_key())
    provider = one(sp.metadata())
    assert provider.signing_keys == (sp.public_key_der,)
    assert provider.encryption_keys == ()


def test_the_earliest_valid_until_counts():
    entity = SP.metadata(valid_until="2027-06-01T00:00:00Z", declaration=False)
    for around, expected in (("2027-01-01T09:00:00+09:00", datetime(2027, 1, 1, tzinfo=UTC)), (None, None)):
        provider = one(entities_descriptor(entity, valid_until=around))
        assert provider.valid_until == (expected or datetime(2027, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["tomorrow", "2027-01-01", "2027-01-01T00:00:00", ""])
def test_a_valid_until_that_cannot_be_read_refuses_the_entity(text):
    data = SP.metadata(valid_until="HERE").replace(b"HERE", text.encode())
    assert "validUntil" in why_not(data)


@pytest.mark.parametrize("entity_id", ["", "a" * 257, " https://sp.example.org"])
def test_an_entity_id_has_1_to_256_characters(entity_id):
    data = SP.metadata().replace(b'entityID="%s"' % SP.entity_id.encode(), b'entityID="%s"' % entity_id.encode())
    assert "entityID" in why_not(data)


def test_one_bad_entity_does_not_hide_the_others():
    bad, good = TestSP("bad", key=SP.key), TestSP("good", key=SP.key)
    data = entities_descriptor(bad.metadata(acs=[], declaration=False), good.metadata(declaration=False))
    reading = read_metadata(data, source="x")
    assert [item.entity_id for item in reading.service_providers] == [good.entity_id]
    assert bad.entity_id in reading.refusals[0]


def test_m07_the_first_of_two_with_one_entity_id_in_a_document_is_used():
    first = SP.metadata(acs=[Acs("https://sp.example.org/1")], declaration=False)
    second = SP.metadata(acs=[Acs("https://sp.example.org/2")], declaration=False)
    reading = read_metadata(entities_descriptor(first, second), source="x")
    assert reading.service_providers[0].assertion_consumer_services[0].location.endswith("/1")
    assert "already" in reading.refusals[0]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html/>", id="another-document"),
        pytest.param(SP.metadata()[:-30], id="half-written"),
        pytest.param(b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", id="A-04-entity"),
        pytest.param(SP.metadata().decode().replace("UTF-8", "UTF-16").encode("utf-16"), id="A-05-utf-16"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_its_line(data):
    with pytest.raises(ProtocolError) as refused:
        read_metadata(data, source="x")
    assert refused.value.detail
