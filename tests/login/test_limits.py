"""Requests that are too large, of the wrong kind or no SAML at all are turned away, and the next one is served."""

import base64
import tracemalloc
import zlib
from urllib.parse import quote

import pytest
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from tests.login.conftest import SP
from tests.login.steps import POST_SSO, REDIRECT_SSO, single_factor
from tests.parts.authn_requests import authn_request, post_body, redirect_query
from tests.parts.site import BASE_URL, Idp
from tests.parts.wire_guard import guard

MEBIBYTE = 1024 * 1024
FORM = "application/x-www-form-urlencoded"


def _bomb(xml: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return quote(base64.b64encode(packer.compress(xml) + packer.flush()), safe="")


def _a_login_works(idp: Idp) -> None:
    browser = idp.browser()
    assert browser.judged(single_factor(browser), SP).status == "Success"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param(f"SAMLRequest={_bomb(b'A' * 16 * MEBIBYTE)}", 413, id="A-01-one-text"),
        pytest.param(f"SAMLRequest={_bomb(b'<a>' + b'<a/>' * MEBIBYTE + b'</a>')}", 413, id="A-01-a-million-elements"),
        pytest.param("SAMLRequest=" + "A" * (64 * 1024 + 1), 413, id="A-02-SAMLRequest"),
        pytest.param("SAMLRequest=AAAA&RelayState=" + "a" * 256 * 1024, 413, id="A-02-query"),
        pytest.param("&".join(f"field{number}=1" for number in range(1001)), 400, id="A-03-1001-fields"),
    ],
)
def test_a_large_redirect_request_costs_little_and_the_next_login_works(idp: Idp, query: str, status: int) -> None:
    browser = idp.browser()
    browser.get(REDIRECT_SSO)
    tracemalloc.start()
    try:
        page = browser.get(f"{REDIRECT_SSO}?{query}")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (page.status, page.name) == (status, "error")
    assert peak < 4 * MEBIBYTE
    _a_login_works(idp)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param({"data": b"SAMLRequest=" + b"A" * 256 * 1024, "content_type": FORM}, 413, id="A-02-body"),
        pytest.param({"data": b"SAMLRequest=" + b"A" * 64 * 1024 + b"A", "content_type": FORM}, 413, id="A-02-message"),
        pytest.param({"data": b"A" * MEBIBYTE, "content_type": FORM}, 413, id="A-02-a-mebibyte"),
        pytest.param(
            {"data": {"SAMLRequest": "PD94"}, "content_type": "multipart/form-data"}, 415, id="A-03-multipart"
        ),
        pytest.param({"data": b"{}", "content_type": "application/json"}, 415, id="A-03-json"),
        pytest.param({"data": b"SAMLRequest=PD94"}, 415, id="A-03-no-type"),
        pytest.param(
            {"data": b"&".join(b"f%d=1" % number for number in range(1001)), "content_type": FORM},
            400,
            id="A-03-1001-fields",
        ),
    ],
)
def test_a_body_that_is_no_bounded_form_is_refused(idp: Idp, options: dict[str, object], status: int) -> None:
    page = idp.browser().request("POST", POST_SSO, **options)

    assert (page.status, page.name) == (status, "error")
    _a_login_works(idp)


def test_a03_a_body_without_end_is_not_waited_for(idp: Idp) -> None:
    environ = create_environ(POST_SSO, BASE_URL, method="POST", content_type=FORM)
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "wsgi.input": Endless()}

    response = Response.from_app(idp.application, environ)

    guard(response, POST_SSO)
    assert response.status_code == 411


class Endless:
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("read")


def _soap(xml: bytes) -> bytes:
    envelope = "http://schemas.xmlsoap.org/soap/envelope/"
    return b'<S:Envelope xmlns:S="%s"><S:Body>%s</S:Body></S:Envelope>' % (envelope.encode(), xml)


MALFORMED = {
    "not-xml": lambda now: b"hello",
    "empty": lambda now: b"",
    "wrong-root": lambda now: authn_request(SP, issue_instant=now).replace(b"AuthnRequest", b"LogoutRequest"),
    "saml-1.1": lambda now: authn_request(SP, issue_instant=now).replace(b"SAML:2.0", b"SAML:1.0"),
    "soap": lambda now: _soap(authn_request(SP, issue_instant=now)),
    "no-issuer": lambda now: authn_request(SP, issue_instant=now, issuer=""),
    "empty-id": lambda now: authn_request(SP, issue_instant=now, id=""),
    "id-with-a-colon": lambda now: authn_request(SP, issue_instant=now, id="a:b"),
    "version-1.1": lambda now: authn_request(SP, issue_instant=now, version="1.1"),
    "bad-flag": lambda now: authn_request(SP, issue_instant=now, force_authn="maybe"),
    "doctype": lambda now: b"<!DOCTYPE a>" + authn_request(SP, issue_instant=now),
}


@pytest.mark.parametrize("binding", ["redirect", "post"])
@pytest.mark.parametrize("name", [pytest.param(name, id=f"A-09-{name}") for name in MALFORMED])
def test_a_malformed_message_is_a_page_here_and_tells_nobody(idp: Idp, name: str, binding: str) -> None:
    xml = MALFORMED[name](idp.clock())
    browser = idp.browser()

    if binding == "redirect":
        page = browser.get(f"{REDIRECT_SSO}?{redirect_query(xml)}")
    else:
        page = browser.post(POST_SSO, post_body(xml))

    assert (page.status, page.name, page.saml_response) == (400, "error", None)
    assert page.code in {"P101", "P205"}
    assert "hello" not in page.html
