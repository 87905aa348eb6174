"""What holds of every answer of ours, asserted on each one that a test's browser receives (security.md 5.3).

The browser calls `guard`; a test that wants to see a broken page says so with `Browser.may_break`.
"""

import base64
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser

from lxml import etree
from werkzeug.wrappers import Response

from tests.parts.judge import NS, JudgedResponse, read_response
from tests.parts.service_provider import TestSP

EXACT_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "script-src 'self'", "style-src 'self'")
COOKIE = re.compile(r"__Host-warifu_(session|browser|trust|language)=([A-Za-z0-9_-]{43}|[a-z]{2}|)")
SIGNATURES = {f"http://www.w3.org/2001/04/xmldsig-more#{name}" for name in ("rsa-sha256", "rsa-sha384", "rsa-sha512")}
DIGESTS = {"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#sha512"}
QR_CODE = r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]+"
"""The one picture that stands in its page: as an address of its own it could be kept or passed on (T-31)."""
LONGEST_ASSERTION = timedelta(minutes=5)


def guard(response: Response, path: str, *, may_break: bool = False, logout: tuple[str, ...] = ()) -> None:
    """Assert what needs no key: headers, cookies, redirects, markup, and the outside of a Response.

    `logout` are the addresses that the metadata names for logout; a redirect leads there or nowhere (L-04).
    """
    assert may_break or response.status_code != 500, f"broken: {path}"
    _headers(response, path)
    for cookie in response.headers.getlist("Set-Cookie"):
        _cookie(cookie)
    location = response.headers.get("Location", "/idp/")
    ours = location.startswith(("/idp/", "https://idp.example.ac.jp"))
    named = tuple(f"{each}{'&' if '?' in each else '?'}SAML" for each in logout)
    assert ours or location.startswith(named), f"S-16: leads to {location}"
    if response.mimetype == "text/html":
        _markup(response.get_data(as_text=True))


def guard_answer(xml: bytes, action: str, sp: TestSP | None, certificate_pem: bytes) -> JudgedResponse | None:
    """Assert what holds of every Response; the inside too where the service provider's key is known."""
    root = etree.fromstring(xml)
    if root.tag != f"{{{NS['samlp']}}}Response":
        return None  # a LogoutResponse has its own tests
    success = root.find("samlp:Status/samlp:StatusCode", NS).get("Value").endswith(":Success")
    inside = root.findall("saml:Assertion", NS) + root.findall("saml:EncryptedAssertion", NS)
    assert len(inside) == int(success), "I-03: one assertion with Success, none without"
    assert root.get("Destination") == action, "I-04: Destination is where it is posted"
    signature = root.find("ds:Signature/ds:SignedInfo", NS)
    assert signature is not None, "I-01: the Response is signed"
    references = signature.findall("ds:Reference", NS)
    assert [each.get("URI") for each in references] == [f"#{root.get('ID')}"], "I-01"
    assert signature.find("ds:SignatureMethod", NS).get("Algorithm") in SIGNATURES, "I-01"
    assert references[0].find("ds:DigestMethod", NS).get("Algorithm") in DIGESTS, "I-01"
    if sp is None:
        return None
    judged = read_response(xml, sp.key_pem, certificate_pem)
    if judged.assertion is not None:
        _assertion(judged, sp)
    return judged


def is_sheet(html: str) -> bool:
    """Say whether this is a sheet to be printed as it stands, which is no page of ours and has no form."""
    return "<main data-page=" not in html and "<style>" in html


def sheet_policy(html: str) -> list[str]:
    """Give the policy of such a sheet: its own style and nothing else (S-10)."""
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    nothing = ("default-src", "base-uri", "frame-ancestors", "form-action")
    policy = [f"{each} 'none'" for each in nothing]
    return [policy[0], f"style-src 'sha256-{digest}'", *policy[1:]]


def _headers(response: Response, path: str) -> None:
    headers = response.headers
    for name, value in EXACT_HEADERS.items():
        assert headers.get(name) == value, f"S-15: {name} of {path} is {headers.get(name)}"
    assert int(headers["Strict-Transport-Security"].removeprefix("max-age=")) >= 31_536_000, "S-15"
    assert "camera=()" in headers["Permissions-Policy"], "S-15"
    policy = headers["Content-Security-Policy"].split("; ")
    text = response.get_data(as_text=True)
    if is_sheet(text):
        assert policy == sheet_policy(text), f"S-10: {path}: {policy}"
        assert headers["Cache-Control"] == "no-store", f"S-02: {path}"
        return
    assert set(POLICY) <= set(policy), f"S-10: {path}: {policy}"
    pictures = "img-src 'self' data:" if 'src="data:image/' in text else "img-src 'self'"
    assert pictures in policy, f"S-10, T-31: {path}: {policy}"
    others = "; ".join(each for each in policy if each != pictures)
    assert not any(word in others for word in ("unsafe", "*", "data:", "http:")), "S-10"
    posts_away = 'data-page="post"' in text or ('data-page="logout"' in text and 'id="answer"' in text)
    assert posts_away != any(each.startswith("form-action 'self'") for each in policy), f"S-10: {path}: form-action"
    if not path.startswith("/idp/static/"):
        assert headers["Cache-Control"] == "no-store", f"S-02: {path}"
    assert "Server" not in headers, "S-15"


def _cookie(cookie: str) -> None:
    pair, *attributes = cookie.split("; ")
    assert COOKIE.fullmatch(pair), f"S-05: {pair}"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes), f"S-01: {cookie}"
    assert not any(each.lower().startswith("domain") for each in attributes), f"S-01: {cookie}"


def _markup(html: str) -> None:
    for tag, attributes in Tags(html).found:
        if tag == "img" and re.fullmatch(QR_CODE, attributes.get("src") or "") and 'data-page="register"' in html:
            continue
        assert tag != "script" or attributes.get("src"), "S-10: a script in the page"
        forbidden = {"iframe", "object", "embed", "base"} | ({"form", "script"} if is_sheet(html) else {"style"})
        assert tag not in forbidden, f"S-10: {tag} in the page"
        assert not any(name.startswith("on") or name == "style" for name in attributes), f"S-10: {tag} {attributes}"
        for name, value in attributes.items():
            if name in {"href", "src", "action", "formaction"}:
                assert not re.match(r"\s*(javascript|data|vbscript):", value or "", re.IGNORECASE), f"S-21: {value}"
        if tag in {"script", "img", "link"}:
            loaded = attributes.get("src") or attributes.get("href") or ""
            assert loaded.startswith("/idp/static/"), f"design 12: loads {loaded}"


class Tags(HTMLParser):
    """What a browser would make of a page: each start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _assertion(judged: JudgedResponse, sp: TestSP) -> None:
    assertion = judged.the_assertion
    assert assertion.issuer == judged.issuer, "I-04"
    assert assertion.audiences == (sp.entity_id,), "I-04: Audience"
    assert assertion.recipient == judged.destination, "I-04: Recipient"
    assert assertion.in_response_to == judged.in_response_to, "I-04: InResponseTo"
    assert assertion.not_before <= judged.issue_instant < assertion.not_on_or_after, "I-04"
    assert assertion.confirmation_not_on_or_after - judged.issue_instant <= LONGEST_ASSERTION, "I-04"
    assert assertion.session_not_on_or_after is not None, "I-04: SessionNotOnOrAfter"
    assert assertion.authn_instant <= judged.issue_instant, "I-08: AuthnInstant"
    assert len(assertion.element.findall("saml:AuthnStatement", NS)) == 1, "I-03"
