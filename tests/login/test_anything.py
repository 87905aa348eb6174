"""Whatever comes in over HTTP is answered, and never by a broken page (security.md A-40)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.login.conftest import SP
from tests.login.steps import LOGOUT, POST_SSO, REDIRECT_SSO, step_page
from tests.parts.authn_requests import authn_request, post_body, redirect_query
from tests.parts.site import Idp, Page
from tests.parts.wire_guard import guard

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
PATHS = st.sampled_from([REDIRECT_SSO, POST_SSO, LOGOUT, "/idp/error", "/idp/shibboleth", "/idp/", "/"])
PROTOCOL = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding", "execution", "lang")
FORM = ("csrf_token", "j_username", "j_password", "tokencode", "_eventId_proceed", "_eventId_totp", "_eventId_return")
NAMES = st.sampled_from([*PROTOCOL, *FORM])
VALUES = st.one_of(
    st.sampled_from(["", "a" * 64, "0." + "0" * 64, "%00", "%", "%zz", "en", "\u202e", "AAAA", "PD94"]),
    st.text(max_size=30),
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
RAW = st.binary(max_size=200).map(lambda octets: octets.decode("latin-1"))


def _fine(page: Page) -> None:
    assert page.status in {200, 303, 400, 403, 404, 405, 410, 411, 413, 415}
    assert page.saml_response is None


@QUICK
@given(PATHS, PAIRS)
def test_a40_any_fields_in_a_query(idp: Idp, path: str, pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    _fine(idp.browser().get(f"{path}?{query}".replace("#", "%23"), follow=False))


@QUICK
@given(PATHS, RAW)
def test_a40_any_octets_in_a_query(idp: Idp, path: str, raw: str) -> None:
    environ = {"QUERY_STRING": raw, "RAW_URI": "", "REQUEST_URI": ""}
    browser = idp.browser()
    response = browser.client.open(path, base_url="https://idp.example.ac.jp", environ_overrides=environ)
    guard(response, path)
    _fine(Page(response))


@QUICK
@given(PATHS, PAIRS, st.booleans())
def test_a40_any_fields_in_a_form(idp: Idp, path: str, pairs: list[tuple[str, str]], is_step: bool) -> None:
    url = f"{path}?execution={'a' * 64}" if is_step else path
    _fine(idp.browser().post(url, pairs, follow=False))


@QUICK
@given(PATHS, st.binary(max_size=300), st.sampled_from(["", "?execution=" + "b" * 64]))
def test_a40_any_octets_in_a_form(idp: Idp, path: str, body: bytes, query: str) -> None:
    _fine(idp.browser().post(path + query, body, follow=False))


@QUICK
@given(st.data())
def test_a40_a_good_request_with_octets_changed(idp: Idp, data: st.DataObject) -> None:
    octets = bytearray(authn_request(SP, issue_instant=idp.clock(), authn_context_class_refs=("urn:a",)))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    page = idp.browser().get(f"{REDIRECT_SSO}?{redirect_query(bytes(octets))}")
    assert page.status in {200, 400, 413}
    page = idp.browser().post(POST_SSO, post_body(bytes(octets)))
    # What names no Destination any more is good by both bindings, and by now another browser's.
    assert page.status in {200, 400, 403, 413}


@QUICK
@given(pairs=PAIRS, drop=st.booleans())
def test_a40_any_fields_at_the_step_that_is_asked(idp: Idp, pairs: list[tuple[str, str]], drop: bool) -> None:
    browser = idp.browser()
    page = step_page(idp, browser, "password")
    fields = [] if drop else list(page.hidden.items())

    answer = browser.post(page.action, fields + pairs, follow=False)

    assert answer.status in {200, 303, 400, 403}
    assert answer.saml_response is None or "_eventId_return" in dict(pairs)


HEADERS = st.dictionaries(
    st.sampled_from(["Cookie", "Accept-Language", "User-Agent", "Origin", "Referer", "Host", "X-Forwarded-For"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60),
    max_size=4,
)


@QUICK
@given(PATHS, HEADERS)
def test_a40_any_headers(idp: Idp, path: str, headers: dict[str, str]) -> None:
    _fine(idp.browser().get(path, headers=headers, follow=False))
