"""Signature wrapping, bombs and odd algorithms against LogoutRequest and LogoutResponse (security.md A-50 to A-58)."""

import base64
import zlib
from collections.abc import Callable
from copy import deepcopy
from urllib.parse import quote

import pytest
from lxml import etree

from idp.core.codes import Code
from tests.logout.conftest import OTHER, POST_PATH, REDIRECT_PATH, SP, Person
from tests.parts.authn_requests import (
    EXCLUSIVE_C14N,
    NAMESPACES,
    RSA_SHA1,
    SHA1,
    post_body,
    sign_enveloped,
)
from tests.parts.logout_messages import logout_response
from tests.parts.site import BASE_URL, Idp

Element = etree._Element
DS, SAML, SAMLP = (f"{{{NAMESPACES[name]}}}" for name in ("ds", "saml", "samlp"))


def evil_of(root: Element) -> Element:
    """A copy without the signature that says something else: another name, or another status."""
    evil = deepcopy(root)
    evil.remove(signature_of(evil))
    evil.set("ID", "_evil")
    for name in evil.iter(f"{SAML}NameID"):
        name.text = "somebody else"
    return evil


def signature_of(root: Element) -> Element:
    found = root.find(f"{DS}Signature")
    assert found is not None
    return found


def bare(root: Element) -> Element:
    copy = deepcopy(root)
    copy.remove(signature_of(copy))
    return copy


def wrapped(path: str, *, with_signature: bool = False) -> Callable[[Element], Element]:
    """The evil root carries the signature; the original stands somewhere inside."""

    def build(root: Element) -> Element:
        evil = evil_of(root)
        evil.insert(1, deepcopy(signature_of(root)))
        parent = evil if path == "." else evil.find(path)
        assert parent is not None
        parent.append(deepcopy(root) if with_signature else bare(root))
        return evil

    return build


def in_object(root: Element) -> Element:
    evil = wrapped(".")(root)
    etree.SubElement(signature_of(evil), f"{DS}Object").append(evil[-1])
    return evil


def as_parent(root: Element) -> Element:
    outer = deepcopy(root)
    outer.append(evil_of(root))
    return outer


def two_signatures(root: Element) -> Element:
    copy = deepcopy(root)
    signature_of(copy).addnext(deepcopy(signature_of(copy)))
    return copy


def same_id_twice(root: Element) -> Element:
    copy = deepcopy(root)
    etree.SubElement(copy[2], "e").set("ID", str(root.get("ID")))
    return copy


WRAPPINGS = [
    pytest.param(wrapped(f"{DS}Signature"), id="A-50-in-the-signature"),
    pytest.param(wrapped("."), id="A-52-as-child"),
    pytest.param(as_parent, id="A-52-evil-child"),
    pytest.param(wrapped(".", with_signature=True), id="A-53-with-its-signature"),
    pytest.param(wrapped(f"{SAMLP}Extensions"), id="A-54-in-extensions"),
    pytest.param(two_signatures, id="A-55-two-signatures"),
    pytest.param(same_id_twice, id="A-57-same-id"),
    pytest.param(in_object, id="A-58-in-an-object"),
]


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_a_wrapped_request_ends_nothing(idp: Idp, person: Person, wrap: Callable[[Element], Element]) -> None:
    signed = sign_enveloped(person.message(path=POST_PATH, extensions="<e/>"), SP.key)

    page = idp.browser().post(POST_PATH, post_body(etree.tostring(wrap(etree.fromstring(signed)))))

    assert (page.status, page.code in {Code.SIGNATURE_INVALID, Code.REQUEST_MALFORMED}) == (400, True)
    assert person.is_logged_in


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_a_wrapped_answer_counts_for_nothing(idp: Idp, person: Person, wrap: Callable[[Element], Element]) -> None:
    person.visit(OTHER)
    page = person.ask()
    person.browser.submit(page)
    handle = page.action.partition("execution=")[2]
    answer = logout_response(
        OTHER,
        now=idp.clock(),
        destination=BASE_URL + POST_PATH,
        in_response_to=f"_{handle}-0",
        extensions="<e/>",
    )
    evil = etree.tostring(wrap(etree.fromstring(sign_enveloped(answer, OTHER.key))))

    refused = idp.browser().post(POST_PATH, post_body(evil, field="SAMLResponse"))

    assert (refused.status, refused.code in {Code.SIGNATURE_INVALID, Code.REQUEST_MALFORMED}) == (400, True)
    held = idp.site.logouts.find(handle)
    assert held is not None
    assert [task.outcome for task in held.logout.tasks] == ["asked"]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"algorithm": RSA_SHA1}, id="A-24-sha-1"),
        pytest.param({"digest": SHA1}, id="A-24-digest-sha-1"),
        pytest.param({"transforms": (EXCLUSIVE_C14N,)}, id="A-56-one-transform"),
        pytest.param({"reference_uri": ""}, id="A-55-whole-document"),
    ],
)
def test_a_signature_of_another_kind_ends_nothing(idp: Idp, person: Person, options: dict[str, object]) -> None:
    signed = sign_enveloped(person.message(path=POST_PATH), SP.key, **options)  # type: ignore[arg-type]

    page = idp.browser().post(POST_PATH, post_body(signed))

    assert (page.status, page.code) == (400, Code.SIGNATURE_INVALID)
    assert person.is_logged_in


def test_a01_a_bomb_is_not_inflated(person: Person) -> None:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = compressor.compress(b"<" * (1 << 24)) + compressor.flush()
    for field in ("SAMLRequest", "SAMLResponse"):
        query = f"{field}={quote(base64.b64encode(deflated).decode(), safe='')}"

        page = person.browser.get(f"{REDIRECT_PATH}?{query}")

        assert (page.status, page.code) == (413, Code.REQUEST_TOO_LARGE)


@pytest.mark.parametrize("field", ["SAMLRequest", "SAMLResponse"])
@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', id="A-05-entity"),
        pytest.param(b"<x/>" * 2, id="A-40-no-document"),
        pytest.param(b"<x xmlns='urn:x'/>", id="A-40-another-message"),
        pytest.param(b"<x>" * 100 + b"</x>" * 100, id="A-06-depth"),
    ],
)
def test_what_is_no_message_is_refused(idp: Idp, xml: bytes, field: str) -> None:
    page = idp.browser().post(POST_PATH, post_body(xml, field=field))

    assert (page.status, page.code) == (400, Code.REQUEST_MALFORMED)
