"""The same behind nginx and Apache, with the samples of conf/: the header is the proxy's word, and no client's."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.cli.pages import Page
from tests.clientcert.proxies import PROXIES, Ports, WireBrowser, raw_request
from tests.login.conftest import SP
from tests.parts.client_certificates import DAY, ClientCA, Shown, authority_toml, make_client_ca
from tests.parts.served import serving
from tests.parts.site import ASK_ALWAYS, make_conf
from tests.parts.slapd import RunningSlapd, free_port

pytestmark = pytest.mark.slow
HEADER = "X-Warifu-Certificate"
VERIFY = "X-Warifu-Certificate-Verify"


@dataclass
class Front:
    """A site behind a proxy."""

    name: str
    ports: Ports
    trusted: Path
    folder: Path
    ca: ClientCA
    foreign: ClientCA
    revoked: Shown

    def browser(self, shown: Shown | None) -> WireBrowser:
        """Give a browser that has a certificate."""
        file = shown.write(self.folder / f"{id(shown)}.pem") if shown else None
        return WireBrowser(self.ports, self.trusted, file)

    def ticket(self, browser: WireBrowser, page: Page) -> str:
        """Press the button and follow no further; gives the path and query of the certificate address."""
        answer = browser._session.post(
            page.action, data={**page.hidden, "_eventId_certificate": ""}, allow_redirects=False
        )
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path}?{parts.query}"


@pytest.fixture(scope="module", params=sorted(PROXIES))
def front(
    request: pytest.FixtureRequest, slapd: RunningSlapd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp(request.param)
    now = datetime.now(UTC)
    ca, foreign = make_client_ca("people", now), make_client_ca("foreign", now)
    revoked = ca.issue()
    ports = Ports(free_port(), free_port(), free_port())
    server = slapd.authority.issue("warifu")
    own = f'certificate = "127.0.0.1:{ports.certificate}"\ntls_certificate = "{server.certificate}"\n'
    headers = f'certificate_header = "{HEADER}"\nverify_header = "{VERIFY}"\n'
    listen = (
        f'plain = "127.0.0.1:{ports.plain}"\nproxies = ["127.0.0.1/32"]\nworkers = 1\n'
        f'certificate_url = "{ports.certificate_url}"\n'
    )
    listen += f'{own}tls_key = "{server.key}"\n' if request.param.endswith("own-listener") else headers
    ca_file = ca.file(folder / "ca.pem")
    crls = f'["{ca.crl(folder / "ca.crl", revoked)}"]'
    options = {
        "base_url": ports.base_url,
        "listen_toml": listen,
        "plugins_toml": ASK_ALWAYS + authority_toml(ca_file, crls=crls),
    }

    conf = make_conf(folder / "conf", slapd, **options)  # type: ignore[arg-type]
    with ExitStack() as stack:
        stack.enter_context(serving(folder, slapd, SP, conf=conf))
        stack.enter_context(PROXIES[request.param](ports, slapd.authority, ca_file))
        yield Front(request.param, ports, slapd.authority.ca, folder, ca, foreign, revoked)


def test_a_certificate_logs_in(front: Front) -> None:
    browser = front.browser(front.ca.issue())

    answer = browser.submit(browser.at_certificate(), "certificate")

    assert (answer.name, answer.code) == ("post", "")


WRONG = ("absent", "foreign", "expired", "not-yet-valid", "revoked", "server", "bob")
OUT_OF_DATE = ("expired", "not-yet-valid")


@pytest.mark.parametrize("what", WRONG)
def test_whatever_is_wrong_with_one_ends_on_our_page_with_the_app_button(front: Front, what: str) -> None:
    now = front.ca.now
    shown, code = {
        "absent": (None, "A301"),
        "foreign": (front.foreign.issue(), "A303"),
        "expired": (front.ca.issue(starts=now - 3 * DAY, ends=now - DAY), "A304"),
        "not-yet-valid": (front.ca.issue(starts=now + DAY, ends=now + 2 * DAY), "A304"),
        "revoked": (front.revoked, "A305"),
        "server": (front.ca.issue(purposes=[]), "A307"),
        "bob": (front.ca.issue("bob"), "A309"),
    }[what]
    browser = front.browser(shown)
    page = browser.at_certificate()
    if front.name == "apache" and what in OUT_OF_DATE:
        # mod_ssl ends such a connection itself: conf/apache/certificate.conf says so, and warifu.conf what to do.
        with pytest.raises(requests.exceptions.ConnectionError):
            browser.submit(page, "certificate")
        return

    answer = browser.submit(page, "certificate")

    assert (answer.status, answer.name, answer.code) == (200, "certificate", code)
    assert "_eventId_totp" in answer.buttons


def headers_of(shown: Shown) -> dict[str, str]:
    """Give header lines in every way that a client may try to smuggle a certificate in."""
    escaped = quote(shown.pem.decode())
    folded = " ".join(shown.pem.decode().split("\n"))
    alias, alias_verify = HEADER.replace("-", "_"), VERIFY.replace("-", "_")
    return {
        "as-nginx": f"{HEADER}: {escaped}\r\n{VERIFY}: SUCCESS\r\n",
        "as-apache": f"{HEADER}: {folded}\r\n{VERIFY}: SUCCESS\r\n",
        "twice": f"{HEADER}: {escaped}\r\n{HEADER}: {escaped}\r\n{VERIFY}: SUCCESS\r\n{VERIFY}: SUCCESS\r\n",
        "underscores": f"{alias}: {escaped}\r\n{alias_verify}: SUCCESS\r\n",
        "both": f"{alias}: {escaped}\r\n{HEADER}: {escaped}\r\n{alias_verify}: SUCCESS\r\n{VERIFY}: SUCCESS\r\n",
        "small": f"{HEADER.lower()}: {escaped}\r\n{VERIFY.lower()}: SUCCESS\r\n",
        "usual-name": f"X-SSL-Client-Cert: {escaped}\r\nX-SSL-Client-Verify: SUCCESS\r\n",
        "hop-by-hop": f"Connection: {HEADER}, {VERIFY}\r\n{HEADER}: {escaped}\r\n{VERIFY}: SUCCESS\r\n",
        "verdict-alone": f"{VERIFY}: SUCCESS\r\n",
    }


WAYS = ("as-nginx", "as-apache", "twice", "underscores", "both", "small", "usual-name", "hop-by-hop", "verdict-alone")


@pytest.mark.parametrize("way", [pytest.param(way, id=f"R-10-{way}") for way in WAYS])
@pytest.mark.parametrize("shows", ["nothing", "foreign"])
def test_a_header_of_the_clients_own_is_no_certificate(front: Front, way: str, shows: str) -> None:
    browser = front.browser(None)
    target = front.ticket(browser, browser.at_certificate())
    shown = front.foreign.issue().write(front.folder / "foreign.pem") if shows == "foreign" else None

    answer = raw_request(front.ports, front.trusted, target, headers_of(front.ca.issue())[way], shown)

    head = answer.partition(b"\r\n\r\n")[0].decode()
    (location,) = [line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("location:")]
    # Apache leaves out a header that the client calls hop-by-hop; then there is no certificate at all.
    assert browser.get(location).code in ({"A301"} if shows == "nothing" else {"A301", "A303"})


@pytest.mark.parametrize("way", [pytest.param(way, id=f"R-10-{way}") for way in WAYS])
def test_at_the_main_address_a_header_is_nothing(front: Front, way: str) -> None:
    browser = front.browser(None)
    target = front.ticket(browser, browser.at_certificate())
    lines = [line.partition(": ") for line in headers_of(front.ca.issue())[way].split("\r\n") if line]
    certificate_host = front.ports.certificate_url.removeprefix("https://")

    for host in (None, certificate_host):
        named = {"Host": host} if host else {}
        answer = browser._session.get(
            front.ports.base_url + target, headers={**{n: v for n, _, v in lines}, **named}, allow_redirects=False
        )
        assert answer.status_code in {303, 404}
        if answer.is_redirect:
            assert browser.get(answer.headers["Location"]).code == "A301"


def test_the_certificate_address_serves_nothing_else(front: Front) -> None:
    browser = front.browser(None)

    for path in ("/", "/idp/profile/SAML2/Redirect/SSO", "/idp/certificate/return", "/idp/profile/Logout"):
        assert browser.get(front.ports.certificate_url + path).status == 404
    assert browser.get(f"{front.ports.certificate_url}/idp/static/warifu.css").status == 200


def test_r15_nothing_is_resumed_at_the_certificate_address(front: Front) -> None:
    """Two requests with different certificates are judged by their own."""
    browser = front.browser(front.ca.issue("bob"))
    page = browser.submit(browser.at_certificate(), "certificate")
    assert page.code == "A309"

    browser.certificate = front.ca.issue().write(front.folder / "alice.pem")
    assert browser.submit(page, "certificate").name == "post"
