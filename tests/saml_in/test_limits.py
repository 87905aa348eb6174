"""XML that is refused for what it is, whatever it says."""

import socket
import time

import pytest

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.parse import METADATA, parse, text_of
from tests.parts.authn_requests import authn_request, post_body
from tests.saml_in.conftest import NOW

LOL = "<!DOCTYPE r [<!ENTITY a0 'lol'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))


def _refused(data: bytes, seconds: float = 0.05) -> ProtocolError:
    start = time.process_time()
    with pytest.raises(ProtocolError) as refused:
        parse(data)
    assert time.process_time() - start < seconds
    return refused.value


@pytest.mark.parametrize(
    "doctype",
    [
        pytest.param('<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>', id="A-04-file"),
        pytest.param('<!DOCTYPE r [<!ENTITY e SYSTEM "http://127.0.0.1:{port}/e">]>', id="A-04-http"),
        pytest.param('<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:{port}/p">%p;]>', id="A-04-parameter"),
        pytest.param('<!DOCTYPE r SYSTEM "http://127.0.0.1:{port}/d">', id="A-04-external-subset"),
    ],
)
def test_an_external_entity_is_refused_and_nothing_is_fetched(doctype):
    with socket.create_server(("127.0.0.1", 0)) as canary:
        text = doctype.replace("{port}", str(canary.getsockname()[1])) + "<r>&e;</r>"
        for limits in (None, METADATA):
            with pytest.raises(ProtocolError) as refused:
                parse(text.encode(), *([limits] if limits else []))
            assert refused.value.code is Code.REQUEST_MALFORMED
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<!DOCTYPE r><r/>", id="A-05-bare"),
        pytest.param(b"<?xml version='1.0'?><!-- c --><!DOCTYPE r><r/>", id="A-05-after-a-comment"),
        pytest.param(b"<!DOCTYPE r [<!ATTLIST r x ID #IMPLIED>]><r x='a'/>", id="A-05-attlist"),
        pytest.param("<!DOCTYPE r><r/>".encode("utf-16"), id="A-05-utf-16"),
        pytest.param("<?xml version='1.0' encoding='UTF-16'?><r/>".encode("utf-16-be"), id="A-05-utf-16-be"),
        pytest.param("<r/>".encode("utf-32"), id="A-05-utf-32"),
        pytest.param(b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE r+AD4-<r/>", id="A-05-utf-7"),
        pytest.param(b"<?xml version='1.0' encoding='ISO-8859-1'?><r/>", id="A-05-latin-1"),
        pytest.param(b"<?xml version='1.0' encoding='ebcdic-cp-us'?><r/>", id="A-05-ebcdic"),
        pytest.param(b"<r>\xff</r>", id="A-05-not-utf-8"),
    ],
)
def test_a_document_type_or_another_encoding_is_refused(data):
    assert _refused(data).code is Code.REQUEST_MALFORMED


@pytest.mark.parametrize(
    "data",
    [
        pytest.param((LOL + "]><r>&a9;</r>").encode(), id="A-06-billion-laughs"),
        pytest.param(
            ("<!DOCTYPE r [<!ENTITY e '" + "x" * 10_000 + "'>]><r>" + "&e;" * 20_000 + "</r>").encode(),
            id="A-06-quadratic",
        ),
    ],
)
def test_an_entity_bomb_is_refused_at_once(data):
    _refused(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<a>" * 65 + b"</a>" * 65, id="A-07-65-deep"),
        pytest.param(b"<a>" * 200 + b"</a>" * 200, id="A-07-200-deep"),
        pytest.param(b"<a>" * 1100 + b"</a>" * 1100, id="A-07-1100-deep"),
        pytest.param(b"<a>" * 100_000 + b"</a>" * 100_000, id="A-07-100k-deep"),
        pytest.param(b"<a>" * 18_000 + b"</a>" * 18_000, id="A-07-as-deep-as-fits"),
        pytest.param(b"<a " + b" ".join(b'a%d=""' % n for n in range(65)) + b"/>", id="A-07-65-attributes"),
        pytest.param(b"<a " + b" ".join(b'a%d=""' % n for n in range(200_000)) + b"/>", id="A-07-200k-attributes"),
        pytest.param(b"<a " + b" ".join(b'a%d=""' % n for n in range(12_000)) + b"/>", id="A-07-as-many-as-fit"),
        pytest.param(b"<r>" + b"<a/>" * 2_000 + b"</r>", id="A-07-2001-elements"),
        pytest.param(b"<r>" + b"<a/>" * 32_000 + b"</r>", id="A-07-32k-elements"),
    ],
)
def test_depth_attributes_and_elements_are_limited(data):
    assert _refused(data).code in {Code.REQUEST_MALFORMED, Code.REQUEST_TOO_LARGE}


def test_a07_what_is_within_the_limits_is_read():
    assert parse(b"<a>" * 64 + b"</a>" * 64) is not None
    assert len(parse(b"<a " + b" ".join(b'a%d=""' % n for n in range(64)) + b"/>").attrib) == 64
    assert len(parse(b"<r>" + b"<a></a>" * 1_999 + b"</r>")) == 1_999


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<r>" + b"<!-- c -->" * 13_000 + b"</r>", id="A-08-comments"),
        pytest.param(b"<r " + b" ".join(b'xmlns:a%d="u"' % n for n in range(8_000)) + b"/>", id="A-08-namespaces"),
        pytest.param(b"<r>" + b"&#65;" * 26_000 + b"</r>", id="A-08-character-references"),
        pytest.param(b"<r>" + b"<![CDATA[]]>" * 5_900 + b"</r>", id="A-08-cdata"),
        pytest.param(b"<r a='" + b"&#9;" * 30_000 + b"'/>", id="A-08-attribute-references"),
        pytest.param(b"\xef\xbb\xbf" * 40_000, id="A-08-byte-order-marks"),
        pytest.param(b"<?xml" + b" " * 130_000, id="A-08-declaration-without-end"),
    ],
)
def test_every_strange_document_costs_little(sp, receive_post, data):
    start = time.process_time()
    with pytest.raises(ProtocolError):
        receive_post(post_body(data))
    assert time.process_time() - start < 0.05


def test_processing_instructions_are_refused_and_comments_do_not_split_a_text():
    assert _refused(b"<r>a<?p?>b</r>").code is Code.REQUEST_MALFORMED
    assert text_of(parse(b"<r> a<!-- c -->b </r>")) == "ab"
    with pytest.raises(ProtocolError):
        text_of(parse(b"<r>a<b/>c</r>"))


def test_g03_a_request_with_a_document_type_is_refused(sp, receive_post):
    xml = b"<!DOCTYPE AuthnRequest>" + authn_request(sp, issue_instant=NOW)
    with pytest.raises(ProtocolError) as refused:
        receive_post(post_body(xml))
    assert refused.value.code is Code.REQUEST_MALFORMED
