"""A certificate in a header: believed at its own address, of the named proxy, with its word on it (R-10, R-11)."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.clientcert.conftest import at_certificate, site_options
from tests.clientcert.test_way import press
from tests.login.conftest import SP
from tests.parts.client_certificates import ClientCA
from tests.parts.site import BASE_URL, CERTIFICATE_URL, Browser, Idp, make_conf
from tests.parts.slapd import RunningSlapd

HEADERS = 'certificate_header = "X-Warifu-Certificate"\nverify_header = "X-Warifu-Certificate-Verify"\n'
PROXY = "127.0.0.1"


@pytest.fixture
def idp(slapd: RunningSlapd, ca: ClientCA, tmp_path: Path) -> Iterator[Idp]:
    """A site whose proxy asks for the certificate."""
    idp = Idp.load(make_conf(tmp_path / "conf", slapd, **site_options(ca, tmp_path, HEADERS)))
    idp.register(SP)
    idp.enrol("alice")
    yield idp
    idp.close()


def bring(
    idp: Idp,
    certificate: str,
    verify: str | None = "SUCCESS",
    *,
    peer: str = PROXY,
    host: str = CERTIFICATE_URL,
    listener: str = "plain",
) -> str | None:
    """Bring a header to the certificate address; gives the code shown then, None for a login."""
    browser, page = at_certificate(idp)
    parts = urlsplit(press(browser, page))
    headers = {"X-Warifu-Certificate": certificate} if certificate else {}
    if verify is not None:
        headers["X-Warifu-Certificate-Verify"] = verify
    answer = browser.client.open(
        f"{parts.path}?{parts.query}",
        base_url=host,
        headers=headers,
        environ_overrides={"REMOTE_ADDR": peer, "warifu.listener": listener},
    )
    assert answer.status_code in {303, 404}
    if answer.status_code == 404:
        return "404"
    after = browser.get(answer.headers["Location"])
    return None if after.saml_response is not None else after.code


def escaped(ca: ClientCA, name: str = "alice") -> str:
    return quote(ca.issue(name).pem.decode())


def folded(ca: ClientCA) -> str:
    return " ".join(ca.issue().pem.decode().split("\n"))


def test_the_named_proxy_is_believed_in_nginxs_words_and_in_apaches(idp: Idp, ca: ClientCA) -> None:
    assert bring(idp, escaped(ca)) is None
    assert bring(idp, folded(ca)) is None
    assert bring(idp, escaped(ca), peer="") is None  # a unix socket is the proxy's


@pytest.mark.parametrize("peer", [pytest.param("127.0.0.2", id="R-10-neighbour"), pytest.param("::1", id="R-10-ipv6")])
def test_nobody_else_is_believed(idp: Idp, ca: ClientCA, peer: str) -> None:
    assert bring(idp, escaped(ca), peer=peer) == "A301"


def test_r10_a_header_at_the_main_address_is_nothing(idp: Idp, ca: ClientCA) -> None:
    assert bring(idp, escaped(ca), host=BASE_URL) == "404"


@pytest.mark.parametrize("listener", [pytest.param("main", id="R-10-main")])
def test_a_header_at_a_listener_of_ours_is_nothing(idp: Idp, ca: ClientCA, listener: str) -> None:
    assert bring(idp, escaped(ca), listener=listener) == "404"


def test_r10_at_our_own_certificate_listener_the_connection_counts_and_no_header(idp: Idp, ca: ClientCA) -> None:
    assert bring(idp, escaped(ca), listener="certificate") == "A301"


@pytest.mark.parametrize(
    "verify",
    [
        pytest.param("NONE", id="R-11-none"),
        pytest.param(None, id="R-11-missing"),
        pytest.param("", id="R-11-empty"),
        pytest.param("success", id="R-11-small"),
        pytest.param("SUCCESS, SUCCESS", id="R-11-twice"),
        pytest.param("SUCCESS2", id="R-11-longer"),
        pytest.param("0", id="R-11-number"),
    ],
)
def test_without_the_proxys_word_there_is_no_certificate(idp: Idp, ca: ClientCA, verify: str | None) -> None:
    assert bring(idp, escaped(ca), verify) == "A301"


@pytest.mark.parametrize(
    "verify",
    [
        pytest.param("FAILED:self-signed certificate", id="R-11-failed"),
        pytest.param("FAILED", id="R-11-failed-alone"),
        pytest.param("GENEROUS", id="R-11-generous"),
    ],
)
def test_what_the_proxy_did_not_verify_logs_nobody_in(idp: Idp, ca: ClientCA, foreign: ClientCA, verify: str) -> None:
    assert bring(idp, escaped(ca), verify) == "A303"
    assert bring(idp, escaped(foreign), verify) == "A303"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda pem: "", id="R-11-verdict-alone"),
        pytest.param(lambda pem: "(null)", id="R-11-null"),
        pytest.param(lambda pem: f"{pem},{pem}", id="R-10-twice"),
        pytest.param(lambda pem: pem + pem, id="R-10-two-in-one"),
        pytest.param(lambda pem: f"x{pem}", id="R-10-something-before"),
        pytest.param(lambda pem: pem.replace("CERTIFICATE", "X509 CRL"), id="R-10-another-kind"),
        pytest.param(lambda pem: pem.replace("MII", "M*I", 1), id="R-10-no-base64"),
        pytest.param(lambda pem: pem + "%20" * 6000, id="R-10-too-long"),
        pytest.param(quote, id="R-10-escaped-twice"),
    ],
)
def test_what_is_not_one_certificate_is_none(idp: Idp, ca: ClientCA, change: object) -> None:
    assert bring(idp, change(escaped(ca))) == "A301"  # type: ignore[operator]


def test_another_persons_certificate_is_refused_here_too(idp: Idp, ca: ClientCA) -> None:
    assert bring(idp, escaped(ca, "bob")) == "A309"


def test_where_no_header_is_configured_none_is_believed(slapd: RunningSlapd, ca: ClientCA, tmp_path: Path) -> None:
    idp = Idp.load(make_conf(tmp_path / "plain", slapd, **site_options(ca, tmp_path)))
    idp.register(SP)
    try:
        assert bring(idp, escaped(ca)) == "404"
    finally:
        idp.close()


def test_behind_the_proxy_the_main_pages_are_not_at_the_certificate_address(idp: Idp) -> None:
    browser: Browser = idp.browser(PROXY)
    browser.listener = "plain"
    environ = {"REMOTE_ADDR": PROXY, "warifu.listener": "plain"}

    answer = browser.client.get("/idp/profile/Logout", base_url=CERTIFICATE_URL, environ_overrides=environ)

    assert answer.status_code == 404
