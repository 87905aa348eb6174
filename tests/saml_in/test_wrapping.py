"""Signature wrapping: a really signed request in every place but its own (SAMLRaider's XSW, told for requests)."""

import base64
import socket
import time
from collections.abc import Callable
from copy import deepcopy

import pytest
from lxml import etree

import idp.saml.verify_message
import idp.xml.verify
from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.parse import canonical, parse
from idp.xml.verify import verify_enveloped
from tests.parts.authn_requests import ENVELOPED, EXCLUSIVE_C14N, NAMESPACES, authn_request, post_body, sign_enveloped
from tests.parts.service_provider import Acs, TestSP
from tests.saml_in.conftest import NOW, POST_URL

Element = etree._Element
DS = "{" + NAMESPACES["ds"] + "}"
SAMLP = "{" + NAMESPACES["samlp"] + "}"
GOOD, EVIL = "https://sp.example.org/good", "https://sp.example.org/evil"


@pytest.fixture
def metadata(sp: TestSP) -> bytes:
    return sp.metadata(acs=[Acs(GOOD, 0), Acs(EVIL, 1)])


@pytest.fixture
def signed(sp: TestSP) -> Element:
    xml = authn_request(sp, id="_good", issue_instant=NOW, destination=POST_URL, acs_url=GOOD, extensions="<e/>")
    return etree.fromstring(sign_enveloped(xml, sp.key, certificate_pem=sp.certificate_pem))


def signature_of(root: Element) -> Element:
    found = root.find(f"{DS}Signature")
    assert found is not None
    return found


def evil_of(root: Element, *, keep_id: bool = False) -> Element:
    """A copy that asks for another endpoint, without the signature."""
    evil = deepcopy(root)
    evil.remove(signature_of(evil))
    evil.set("AssertionConsumerServiceURL", EVIL)
    if not keep_id:
        evil.set("ID", "_evil")
    return evil


def bare(root: Element) -> Element:
    copy = deepcopy(root)
    copy.remove(signature_of(copy))
    return copy


def put_signature(root: Element, signature: Element) -> Element:
    root.insert(1, deepcopy(signature))
    return root


def wrapped_into(place: Callable[[Element, Element], None], *, keep_id: bool = False) -> Callable[[Element], Element]:
    """The evil root carries the signature; `place` puts the original somewhere inside."""

    def build(root: Element) -> Element:
        evil = put_signature(evil_of(root, keep_id=keep_id), signature_of(root))
        place(evil, root)
        return evil

    return build


def into(path: str, *, with_signature: bool = False) -> Callable[[Element, Element], None]:
    def place(evil: Element, root: Element) -> None:
        parent = evil if path == "." else evil.find(path)
        assert parent is not None
        parent.append(deepcopy(root) if with_signature else bare(root))

    return place


def into_object(evil: Element, root: Element) -> None:
    etree.SubElement(signature_of(evil), f"{DS}Object").append(bare(root))


def into_key_info(evil: Element, root: Element) -> None:
    key_info = signature_of(evil).find(f"{DS}KeyInfo")
    assert key_info is not None
    key_info.append(bare(root))


def original_as_parent(root: Element) -> Element:
    outer = deepcopy(root)
    outer.append(evil_of(root))
    return outer


def evil_root_only_signed_child(root: Element) -> Element:
    evil = evil_of(root)
    evil.find(f"{SAMLP}Extensions").append(deepcopy(root))  # type: ignore[union-attr]
    return evil


def signature_last(root: Element) -> Element:
    copy = deepcopy(root)
    copy.append(signature_of(copy))
    return copy


def signature_in_extensions(root: Element) -> Element:
    copy = deepcopy(root)
    copy.find(f"{SAMLP}Extensions").append(signature_of(copy))  # type: ignore[union-attr]
    return copy


def evil_before_signature(root: Element) -> Element:
    evil = evil_of(root)
    evil.insert(1, bare(root))
    evil.insert(2, deepcopy(signature_of(root)))
    return evil


WRAPPINGS = [
    pytest.param(wrapped_into(into(f"{DS}Signature")), id="A-50-original-in-the-signature"),
    pytest.param(wrapped_into(into(f"{DS}Signature"), keep_id=True), id="A-50-in-the-signature-same-ID"),
    pytest.param(evil_before_signature, id="A-51-original-before-the-signature"),
    pytest.param(wrapped_into(into(".")), id="A-52-original-as-child"),
    pytest.param(original_as_parent, id="A-52-evil-child"),
    pytest.param(evil_root_only_signed_child, id="A-52-signed-child-of-an-unsigned-root"),
    pytest.param(wrapped_into(into(".", with_signature=True)), id="A-53-original-at-the-end"),
    pytest.param(wrapped_into(into(f"{DS}Signature", with_signature=True)), id="A-53-into-the-signature"),
    pytest.param(wrapped_into(into(f"{SAMLP}Extensions")), id="A-54-extensions"),
    pytest.param(wrapped_into(into(f"{SAMLP}Extensions"), keep_id=True), id="A-54-extensions-same-ID"),
    pytest.param(signature_in_extensions, id="A-54-signature-in-extensions"),
    pytest.param(signature_last, id="A-54-signature-last"),
    pytest.param(wrapped_into(into_object), id="A-58-object"),
    pytest.param(wrapped_into(into_object, keep_id=True), id="A-58-object-same-ID"),
    pytest.param(wrapped_into(into_key_info), id="A-58-key-info"),
    pytest.param(wrapped_into(into_key_info, keep_id=True), id="A-58-key-info-same-ID"),
]


def test_the_request_is_good_before_it_is_wrapped(signed, metadata, receive_post):
    request = receive_post(post_body(etree.tostring(signed)), metadata)
    assert (request.id, request.assertion_consumer_service_url, request.signed) == ("_good", GOOD, True)


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_a_wrapped_request_is_refused(sp, signed, metadata, receive_post, wrap):
    octets = etree.tostring(wrap(signed))
    with pytest.raises(ProtocolError):
        receive_post(post_body(octets), metadata)
    with pytest.raises(ProtocolError) as refused:
        verify_enveloped(parse(octets), [sp.public_key_der])
    assert refused.value.code is Code.SIGNATURE_INVALID


def edit(change: Callable[[Element], None]) -> Callable[[Element], Element]:
    def build(root: Element) -> Element:
        copy = deepcopy(root)
        change(signature_of(copy))
        return copy

    return build


def find(signature: Element, name: str) -> Element:
    found = next(signature.iter(f"{DS}{name}"), None)
    assert found is not None
    return found


def double(name: str) -> Callable[[Element], None]:
    def change(signature: Element) -> None:
        element = find(signature, name)
        element.addnext(deepcopy(element))

    return change


def comment_in(name: str) -> Callable[[Element], None]:
    def change(signature: Element) -> None:
        element = find(signature, name)
        text = element.text or ""
        comment = etree.Comment("x")
        comment.tail = text[4:]
        element.text = text[:4]
        element.append(comment)

    return change


def attribute(name: str, key: str, value: str) -> Callable[[Element], None]:
    return lambda signature: find(signature, name).set(key, value)


def empty_child(name: str, child: str) -> Callable[[Element], None]:
    return lambda signature: etree.SubElement(find(signature, name), child).set("x", "y") or None


def second_signature(signature: Element) -> None:
    signature.addnext(deepcopy(signature))


def without(name: str) -> Callable[[Element], None]:
    def change(signature: Element) -> None:
        element = find(signature, name)
        element.getparent().remove(element)  # type: ignore[union-attr]

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(second_signature, id="A-55-two-signatures"),
        pytest.param(double("SignedInfo"), id="A-55-two-signed-infos"),
        pytest.param(double("Reference"), id="A-55-two-references"),
        pytest.param(double("SignatureValue"), id="A-55-two-values"),
        pytest.param(double("DigestValue"), id="A-55-two-digests"),
        pytest.param(comment_in("DigestValue"), id="A-55-comment-in-digest"),
        pytest.param(comment_in("SignatureValue"), id="A-55-comment-in-signature-value"),
        pytest.param(without("Reference"), id="A-55-no-reference"),
        pytest.param(attribute("Reference", "URI", ""), id="A-55-empty-reference"),
        pytest.param(attribute("Reference", "URI", "#_other"), id="A-55-other-reference"),
        pytest.param(attribute("Reference", "URI", "#xpointer(/)"), id="A-55-xpointer"),
        pytest.param(attribute("Reference", "URI", "http://127.0.0.1/x"), id="A-55-remote-reference"),
        pytest.param(empty_child("SignatureMethod", f"{DS}HMACOutputLength"), id="A-55-output-length"),
        pytest.param(attribute("DigestMethod", "Algorithm", "urn:none"), id="A-55-unknown-digest"),
        pytest.param(without("Transforms"), id="A-56-no-transforms"),
        pytest.param(
            lambda signature: find(signature, "Transforms").append(find(signature, "Transform")), id="A-56-other-order"
        ),
        pytest.param(attribute("CanonicalizationMethod", "Algorithm", "urn:none"), id="A-56-unknown-c14n"),
    ],
)
def test_a_signature_of_another_shape_is_refused_unread(sp, signed, metadata, receive_post, change, monkeypatch):
    monkeypatch.setattr(idp.xml.verify, "_signed_by", lambda *args: pytest.fail("was given to the library"))
    with pytest.raises(ProtocolError) as refused:
        receive_post(post_body(etree.tostring(edit(change)(signed))), metadata)
    assert refused.value.code in {Code.SIGNATURE_INVALID, Code.REQUEST_MALFORMED}
    with pytest.raises(ProtocolError) as refused:
        verify_enveloped(parse(etree.tostring(edit(change)(signed))), [sp.public_key_der])
    assert refused.value.code is Code.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "transforms",
    [
        pytest.param((ENVELOPED, EXCLUSIVE_C14N, EXCLUSIVE_C14N), id="A-56-three"),
        pytest.param((EXCLUSIVE_C14N,), id="A-56-no-enveloped"),
        pytest.param((ENVELOPED, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), id="A-56-inclusive"),
    ],
)
def test_transforms_other_than_the_two_are_refused_though_the_signature_holds(sp, transforms):
    xml = authn_request(sp, id="_good")
    signed = sign_enveloped(xml, sp.key, transforms=transforms)
    with pytest.raises(ProtocolError) as refused:
        verify_enveloped(parse(signed), [sp.public_key_der])
    assert refused.value.code is Code.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "transform",
    [
        pytest.param(
            '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1</ds:XPath></ds:Transform>',
            id="A-56-xpath",
        ),
        pytest.param('<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"/>', id="A-56-xpath-filter"),
        pytest.param('<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>', id="A-56-xslt"),
        pytest.param('<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>', id="A-56-base64"),
    ],
)
def test_a_transform_that_chooses_content_is_refused_before_it_runs(sp, signed, transform, monkeypatch):
    monkeypatch.setattr(idp.xml.verify, "_signed_by", lambda *args: pytest.fail("the transform was run"))
    element = etree.fromstring(f'<x xmlns:ds="{NAMESPACES["ds"]}">{transform}</x>')[0]
    for replaced in (0, 1):
        copy = deepcopy(signed)
        transforms = find(signature_of(copy), "Transforms")
        transforms.replace(transforms[replaced], deepcopy(element))
        with pytest.raises(ProtocolError) as refused:
            verify_enveloped(parse(etree.tostring(copy)), [sp.public_key_der])
        assert refused.value.code is Code.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param('<e ID="_good"/>', id="A-57-ID"),
        pytest.param('<e Id="_good"/>', id="A-57-Id"),
        pytest.param('<e id="_good"/>', id="A-57-id"),
        pytest.param('<e xml:id="_good"/>', id="A-57-xml-id"),
        pytest.param('<e ID="_a"/><e ID="_a"/>', id="A-57-two-others"),
    ],
)
def test_an_id_that_appears_twice_is_refused(sp, receive_post, extension):
    xml = authn_request(sp, id="_good", issue_instant=NOW, destination=POST_URL, extensions=extension)
    try:
        signed = sign_enveloped(xml, sp.key)
    except Exception:  # libxmlsec1 itself refuses to sign some of them
        clean = sign_enveloped(authn_request(sp, id="_good", extensions="<e/>"), sp.key)
        signed = clean.replace(b"<e/>", extension.encode())
    with pytest.raises(ProtocolError):
        receive_post(post_body(signed))
    with pytest.raises(ProtocolError) as refused:
        verify_enveloped(parse(signed), [sp.public_key_der])
    assert refused.value.code is Code.SIGNATURE_INVALID


def test_a57_a_signed_message_that_the_schema_does_not_allow_is_refused(sp, receive_post):
    xml = authn_request(sp, issue_instant=NOW, destination=POST_URL, body="<samlp:NameIDPolicy/><saml:Subject/>")
    with pytest.raises(ProtocolError) as refused:
        receive_post(post_body(sign_enveloped(xml, sp.key)))
    assert refused.value.code is Code.REQUEST_MALFORMED


def test_a58_only_the_verified_bytes_are_given_back(sp, signed):
    signed.find(f"{SAMLP}Extensions").append(etree.Comment("not signed"))  # type: ignore[union-attr]
    verified = verify_enveloped(parse(etree.tostring(signed)), [sp.public_key_der])
    octets = canonical(verified)
    assert b"not signed" not in octets
    assert verified.find(f"{DS}Signature") is None
    expected = bare(parse(etree.tostring(signed)))
    assert octets == canonical(expected)
    assert verified.getroottree().getroot() is verified


def test_a55_a_second_signature_is_refused_though_the_first_holds(sp):
    foreign = f'<ds:Signature xmlns:ds="{NAMESPACES["ds"]}"/>'
    signed = sign_enveloped(authn_request(sp, id="_good", extensions=foreign), sp.key)
    with pytest.raises(ProtocolError) as refused:
        verify_enveloped(parse(signed), [sp.public_key_der])
    assert refused.value.code is Code.SIGNATURE_INVALID


def test_a55_a_reference_to_the_whole_document_is_refused_though_the_signature_holds(sp):
    signed = sign_enveloped(authn_request(sp, id="_good"), sp.key, reference_uri="")
    assert b'URI=""' in signed
    with pytest.raises(ProtocolError) as refused:
        verify_enveloped(parse(signed), [sp.public_key_der])
    assert refused.value.code is Code.SIGNATURE_INVALID


def test_a58_what_is_used_is_what_was_verified(sp, signed, metadata, receive_post, monkeypatch):
    """Whatever stands in the document, the answer goes by the element that the verifier gave back."""
    verified = parse(canonical(evil_of(signed)))
    monkeypatch.setattr(idp.saml.verify_message, "verify_enveloped", lambda *args, **options: verified)
    assert receive_post(post_body(etree.tostring(signed)), metadata).id == "_evil"
    stranger = authn_request(
        sp, issuer="https://other.example.org", issue_instant=NOW, destination=POST_URL, acs_url=EVIL
    )
    strange = authn_request(sp, issue_instant=NOW, destination=POST_URL, acs_url=EVIL, body="<x/>")
    for other, code in ((stranger, Code.SIGNATURE_INVALID), (strange, Code.REQUEST_MALFORMED)):
        verified = parse(other)
        with pytest.raises(ProtocolError) as refused:
            receive_post(post_body(etree.tostring(signed)), metadata)
        assert refused.value.code is code


def test_a58_a_comment_put_into_the_signed_issuer_changes_nothing(sp, signed, metadata, receive_post):
    octets = etree.tostring(signed).replace(b"https://sp.example.org/shib", b"https://sp.example.org/<!-- x -->shib", 1)
    assert b"<!-- x -->" in octets
    assert receive_post(post_body(octets), metadata).service_provider.entity_id == sp.entity_id


def test_a59_a_key_in_the_message_is_never_used(sp, metadata, receive_post):
    attacker = TestSP("attacker")
    xml = authn_request(sp, issue_instant=NOW, destination=POST_URL, acs_url=EVIL)
    signed = sign_enveloped(xml, attacker.key, certificate_pem=attacker.certificate_pem)
    with pytest.raises(ProtocolError) as refused:
        receive_post(post_body(signed), metadata)
    assert refused.value.code is Code.SIGNATURE_INVALID


@pytest.mark.parametrize("holds", [True, False])
def test_a59_key_info_is_ignored_and_nothing_is_fetched(sp, metadata, receive_post, holds):
    with socket.create_server(("127.0.0.1", 0)) as canary:
        url = f"http://127.0.0.1:{canary.getsockname()[1]}/key"
        long = base64.b64encode(b"\xff" * 2048).decode()
        key_info = (
            f'<ds:KeyInfo><ds:RetrievalMethod URI="{url}"/><ds:KeyName>{url}</ds:KeyName>'
            f'<ds11:X509URL xmlns:ds11="http://www.w3.org/2009/xmldsig11#">{url}</ds11:X509URL>'
            f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{long}</ds:Modulus><ds:Exponent>{long}</ds:Exponent>"
            "</ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>"
        ).encode()
        key = sp.key if holds else TestSP("attacker").key
        signed = sign_enveloped(authn_request(sp, issue_instant=NOW, destination=POST_URL, acs_url=GOOD), key).replace(
            b"</ds:SignatureValue>", b"</ds:SignatureValue>" + key_info
        )
        start = time.process_time()
        if holds:
            assert receive_post(post_body(signed), metadata).signed
        else:
            with pytest.raises(ProtocolError):
                receive_post(post_body(signed), metadata)
        assert time.process_time() - start < 0.05
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_signatures_of_signxml_and_with_a_prefix_list_are_verified(sp):
    import xmlsec
    from signxml import XMLSigner, methods

    from tests.parts.service_provider import private_pem

    root = etree.fromstring(authn_request(sp, id="_good", extensions='<e xmlns:xs="urn:xs" a="xs:b"/>'))
    signed = XMLSigner(method=methods.enveloped, c14n_algorithm=EXCLUSIVE_C14N).sign(
        root, key=private_pem(sp.key), cert=sp.certificate_pem.decode(), reference_uri="_good"
    )
    signature = signature_of(signed)
    signed.remove(signature)
    signed.insert(1, signature)
    assert verify_enveloped(parse(etree.tostring(signed)), [sp.public_key_der]).get("ID") == "_good"

    copy = etree.fromstring(sign_enveloped(authn_request(sp, id="_good", extensions='<e a="xs:b"/>'), sp.key))
    transform = find(signature_of(copy), "Transforms")[1]
    etree.SubElement(transform, f"{{{EXCLUSIVE_C14N}}}InclusiveNamespaces").set("PrefixList", "saml samlp")
    xmlsec.tree.add_ids(copy, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(private_pem(sp.key), xmlsec.constants.KeyDataFormatPem)
    context.sign(signature_of(copy))
    assert verify_enveloped(parse(etree.tostring(copy)), [sp.public_key_der]).get("ID") == "_good"
