"""Documents that are verified and read a piece at a time."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp.core.errors import ProtocolError
from idp.xml.aggregate import Aggregate, read_aggregate
from idp.xml.parse import METADATA, Limits, canonical, parse
from idp.xml.verify import verify_enveloped
from tests.parts.aggregate import sign, write_aggregate
from tests.parts.service_provider import TestSP, ec_key, entities_descriptor, public_der, rsa_key

KEY, OTHER = rsa_key("federation"), rsa_key("another")
TRUSTED = [public_der(KEY)]
SPS = [TestSP(f"n{number}", key=TestSP().key) for number in range(3)]
MEMBERS = [
    sp.metadata(declaration=False, display_names={"ja": "例 & <b>".replace("&", "&amp;").replace("<", "&lt;")})
    for sp in SPS
]
GROUPS = entities_descriptor(
    MEMBERS[0],
    b"\r\n<!-- between -->\n",
    entities_descriptor(MEMBERS[1], b" <!-- in --> ", name="inner"),
    b"\n text \n",
    entities_descriptor(entities_descriptor(MEMBERS[2], name="deepest"), name="outer"),
    b"<!-- last -->",
    name="root",
)
SIGNED = sign(GROUPS, KEY)


def read(document: bytes, keys=TRUSTED, **options) -> Aggregate:
    return read_aggregate(io.BytesIO(document), io.BytesIO(), keys, **options)


def names(aggregate: Aggregate) -> list[str]:
    return [element.get("entityID", "") for element in aggregate.members()]


def why_refused(document: bytes, keys=TRUSTED, **options) -> str:
    with pytest.raises(ProtocolError) as caught:
        read(document, keys, **options)
    return caught.value.detail


@pytest.mark.parametrize(
    "document",
    [
        SIGNED,
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- before -->' + SIGNED + b"<!-- after -->\n",
        b"\xef\xbb\xbf" + SIGNED,
        sign(GROUPS, KEY, prefixes=("ds", "mdui")),
        sign(MEMBERS[0], KEY),
        SIGNED.replace(b"<!-- between -->", b"<!-- another --><!-- and more -->"),
        SIGNED.replace(b"<md:EntitiesDescriptor ", b"<md:EntitiesDescriptor \n\t"),
        SIGNED.replace(b"/>", b"  />"),
    ],
)
def test_iip_md03_what_is_read_is_what_libxmlsec1_verifies(document):
    theirs = verify_enveloped(parse(document, METADATA), TRUSTED)
    kept = io.BytesIO()
    ours = read_aggregate(io.BytesIO(document), kept, TRUSTED)
    kept.seek(0)
    assert kept.read() == canonical(theirs) or b"InclusiveNamespaces" in document
    wanted = [element.get("entityID") for element in theirs.iter("{*}EntityDescriptor")]
    assert names(ours) == wanted
    assert ours.root.get("ID") == "_signed"


def test_iip_md02_groups_nested_in_any_way_are_read_with_the_groups_around():
    around = [[each.get("Name") for each in element.iterancestors()] for element in read(SIGNED).members()]
    assert around == [["root"], ["inner", "root"], ["deepest", "outer", "root"]]


def test_a_document_trusted_by_its_place_needs_no_signature_and_may_have_one():
    assert names(read(GROUPS, None)) == names(read(SIGNED, None)) == [sp.entity_id for sp in SPS]


def test_m01_what_is_not_signed_is_refused():
    assert why_refused(GROUPS) == "it is not signed"
    assert why_refused(MEMBERS[0]) == "it is not signed"


def test_m01_another_key_is_refused_and_either_of_two_is_accepted():
    assert "no key" in why_refused(SIGNED, [public_der(OTHER)])
    assert "no key" in why_refused(SIGNED, [public_der(ec_key())])
    assert "no key" in why_refused(SIGNED, [])
    assert names(read(SIGNED, [public_der(OTHER), public_der(KEY)]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"n0.example.org/Shibboleth", b"n0.example.com/Shibboleth"),
        (b'Name="inner"', b'Name="Inner"'),
        (b"\n text \n", b"\n test \n"),
        (b"\n text \n", b"\n text\n"),
        (MEMBERS[2].split(b">")[0][-40:], MEMBERS[2].split(b">")[0][-40:-1] + b'x"'),
    ],
)
def test_m01_a_change_anywhere_is_seen(old, new):
    assert SIGNED.count(old) >= 1
    assert "digest" in why_refused(SIGNED.replace(old, new))


def test_m01_members_are_not_added_taken_away_or_moved():
    evil = TestSP("evil", key=TestSP().key).metadata(declaration=False)
    end = b"</md:EntitiesDescriptor>"
    assert "digest" in why_refused(SIGNED[: SIGNED.rindex(end)] + evil + end)
    start = SIGNED.index(b"<md:EntitiesDescriptor", 10)
    stop = SIGNED.index(end, start) + len(end)
    inner = SIGNED[start:stop]
    assert "digest" in why_refused(SIGNED.replace(inner, b""))
    assert "digest" in why_refused(SIGNED.replace(inner, b"").replace(b"<!-- last -->", inner))


def wrapped(signed: bytes) -> dict[str, bytes]:
    """Signature wrapping, aimed at metadata (security.md 50 to 59)."""
    evil = TestSP("evil", key=TestSP().key).metadata(declaration=False)
    start, end = signed.index(b"<ds:Signature>"), signed.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    signature, original = signed[start:end], signed[:start] + signed[end:]
    opening = (
        b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
        b' xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ID="%s">'
    )
    close = b"</md:EntitiesDescriptor>"
    inside = signature.replace(b"</ds:Signature>", b"<ds:Object>" + original + b"</ds:Object></ds:Signature>")
    return {
        "signed one inside an unsigned one": opening % b"_evil" + evil + signed + close,
        "signature moved out, same ID": opening % b"_signed" + signature + evil + original + close,
        "signature moved out, another ID": opening % b"_evil" + signature + evil + original + close,
        "original in ds:Object": opening % b"_signed" + inside + evil + close,
        "signed one in the Extensions": opening % b"_evil"
        + b"<md:Extensions>"
        + signed
        + b"</md:Extensions>"
        + evil
        + close,
        "two signatures": signed[:end] + signature + signed[end:],
        "signature last": signed[:start] + signed[end : signed.rindex(close)] + signature + close,
        "reference to the whole document": signed.replace(b'URI="#_signed"', b'URI=""'),
    }


@pytest.mark.parametrize("form", sorted(wrapped(SIGNED)))
def test_m01_wrapped_signatures_are_refused(form):
    assert why_refused(wrapped(SIGNED)[form])


def test_m01_sha1_is_refused():
    assert "algorithm" in why_refused(sign(GROUPS, KEY, method="rsa-sha1"))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "not XML"),
        (SIGNED[:-30], "not XML"),
        (b"<html><body>Please log in</body></html>", "not signed"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + SIGNED, "document type"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?>" + SIGNED, "UTF-8"),
        (SIGNED.decode().encode("utf-16"), "nvalid character"),
        (SIGNED.replace(b"<!-- last -->", b"<?php evil ?>"), "processing instruction"),
        (SIGNED.replace(b"<!-- last -->", b"&evil;"), "not XML"),
        (entities_descriptor(), "group of nobody"),
        (b"<a>" * 70 + b"</a>" * 70, "nested too deep"),
    ],
)
def test_what_is_not_plainly_metadata_is_refused(document, why):
    assert why in why_refused(document)


def test_m06_m09_limits_hold_while_a_document_streams_by():
    assert "octets" in why_refused(SIGNED, limits=Limits(octets=1000, elements=1000))
    assert "elements" in why_refused(SIGNED, limits=Limits(octets=100_000, elements=20))
    endless = entities_descriptor(b"<md:EntityDescriptor>" + b"<a/>" * 2_000_000 + b"</md:EntityDescriptor>")
    assert "one piece" in why_refused(endless, None)
    assert "too long" in why_refused(
        entities_descriptor(b"<md:Extensions>" + b"<a/>" * 20_000 + b"</md:Extensions>", MEMBERS[0]), None
    )


def test_the_synthetic_aggregate_is_signed_as_libxmlsec1_sees_it(tmp_path: Path):
    path = write_aggregate(tmp_path / "small.xml", 3, KEY, now=datetime.now(UTC))
    document = path.read_bytes()
    theirs = verify_enveloped(parse(document, METADATA), TRUSTED)
    assert len(names(read(document))) == len(theirs.findall("{*}EntityDescriptor")) == 3
    assert 7000 < len(document) / 3 < 8500
