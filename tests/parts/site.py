"""A whole identity provider for tests: configuration and keys in a folder, a real directory, a browser without screen.

`make_conf` writes what `warifu init` writes, with the tests' directory and what a test changes. `Idp` serves it in this
process with a clock of its own; the same configuration can be served by real workers (tests/parts/served.py).
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.app import load, make_wsgi
from idp.cli.init import write_site
from idp.cli.keys import write_private, write_signing_pair
from idp.cli.slapd_entries import ENROL_DN, PEOPLE_DN, VERIFIER_DN
from idp.core.clock import system_clock
from idp.core.secret import Secret
from idp.federation.refresh import refresh
from idp.plugin import Binding
from idp.settings.load import load_settings
from idp.settings.template import SiteAnswers
from idp.web.site import Site
from plugins.totp.codes import code_at, step_at
from plugins.totp.credential import TOTP
from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.judge import JudgedResponse, read_response
from tests.parts.service_provider import Slo, TestSP
from tests.parts.slapd import RunningSlapd
from tests.parts.wire_guard import guard, guard_answer

BASE_URL = "https://idp.example.ac.jp"
ENTITY_ID = f"{BASE_URL}/idp/shibboleth"
CERTIFICATE_URL = f"{BASE_URL}:9443"
NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
CAMPUS = "192.0.2.10"
OUTSIDE = "198.51.100.7"
SEED = Secret(b"12345678901234567890")
RELEASE = """
[[release]]
name = "tests"
any_service_provider = true
attributes = ["uid", "mail", "displayName", "eduPersonPrincipalName", "eduPersonScopedAffiliation"]
"""
ASK_ALWAYS = '[plugins.clientcert]\nask = "always"\n'


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def make_conf(
    folder: Path, slapd: RunningSlapd, *, replace: tuple[tuple[str, str], ...] = (), **answers: object
) -> Path:
    """Write a configuration; `replace` changes its text, `answers` what `warifu init` is asked."""
    given: dict[str, object] = {
        "entity_id": ENTITY_ID,
        "base_url": BASE_URL,
        "scope": "example.ac.jp",
        "name_ja": "例示大学",
        "name_en": "Example University",
        "ldap_uri": slapd.uri,
        "people_dn": PEOPLE_DN,
        "bind_dn": VERIFIER_DN,
        "start_tls": True,
        "ca_toml": f'ca = "{slapd.authority.ca}"\nenrol_dn = "{ENROL_DN}"\n'
        f'enrol_password_file = "{slapd.enrol_password_file}"',
        "methods": ("password", "clientcert", "totp"),
        "campus_ranges": ("192.0.2.0/24", "2001:db8:c::/48"),
        "campus_exceptions": ("192.0.2.128/25",),
        "release_toml": RELEASE,
    }
    _write_signing_pair(folder / "keys")
    write_site(folder, SiteAnswers(**{**given, **answers}))  # type: ignore[arg-type]
    password = folder / "secrets" / "directory-password"
    password.touch(mode=0o600)
    password.write_bytes(slapd.verifier_password_file.read_bytes())
    file = folder / "idp.toml"
    text = file.read_text()
    for old, new in replace:
        if old not in text:
            raise ValueError(f"not in the configuration: {old}")
        text = text.replace(old, new)
    file.write_text(text)
    return folder


def _write_signing_pair(folder: Path) -> None:
    """Put the signing key of this test process there: making one takes longer than most tests."""
    for name, content in _signing_pair().items():
        write_private(folder / name, content)


@cache
def _signing_pair() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        key, certificate = Path(folder, "signing.key"), Path(folder, "signing.crt")
        write_signing_pair(key, certificate, ENTITY_ID, system_clock())
        return {file.name: file.read_bytes() for file in (key, certificate)}


@dataclass
class Idp:
    """A site in this process, its clock, and service providers dropped into its folder."""

    conf: Path
    clock: Clock
    site: Site
    client_factory: type[FlaskClient] = field(default=FlaskClient)

    def __post_init__(self) -> None:
        self.application = make_wsgi(self.site)
        self.service_providers: dict[str, TestSP] = {}
        self.logout_locations: tuple[str, ...] = ()

    @classmethod
    def load(cls, conf: Path, clock: Clock | None = None) -> "Idp":
        """Load a configuration as a worker does."""
        clock = clock or Clock()
        return cls(conf, clock, load(conf, clock))

    @property
    def certificate_pem(self) -> bytes:
        """The certificate that service providers trust."""
        return (self.conf / "keys" / "signing.crt").read_bytes()

    def register(self, *sps: TestSP, **options: object) -> None:
        """Drop metadata of service providers into the folder and have it read."""
        for sp in sps:
            (self.conf / "metadata" / f"{sp.name}.xml").write_bytes(sp.metadata(**options))  # type: ignore[arg-type]
            self.service_providers[sp.acs] = sp
        endpoints: Sequence[Slo] = options.get("slo", ())  # type: ignore[assignment]
        for each in endpoints:
            self.logout_locations += (each.location, each.answered_at)
        refresh(load_settings(self.conf).metadata, self.clock())

    def enrol(self, username: str, *, seed: Secret = SEED, binding: Binding = Binding.CAMPUS_FIRST) -> None:
        """Register an app for a person, as registration would."""
        tools = self.site.tools("totp")
        subject = tools.people.find(username)
        if subject is None:
            raise ValueError(username)
        values = {"last_step": b"0", "failures": b"0", "bound_at": b"20261124000000Z"}
        tools.credentials.add(subject, TOTP, values, {"secret": seed}, {"binding": binding})

    def code(self, *, seed: Secret = SEED, steps: int = 0) -> str:
        """Give the code that the app shows now, or some steps away."""
        return code_at(seed, step_at(self.clock()) + steps)

    def close(self) -> None:
        """Let go of connections and files."""
        self.site.close()

    def browser(self, address: str = CAMPUS, language: str = "en") -> "Browser":
        """Give a browser without cookies at an address."""
        return Browser(self, address, language)


@dataclass
class Page:
    """An answer: status, headers, and what its HTML says."""

    response: TestResponse

    def __post_init__(self) -> None:
        self.html = self.response.get_data(as_text=True)
        self.parsed = _Reader()
        self.parsed.feed(self.html)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def name(self) -> str | None:
        """The page's name in the contract."""
        found = re.search(r'<main data-page="([a-z-]+)"', self.html)
        return found.group(1) if found else None

    @property
    def code(self) -> str | None:
        """The code of the problem shown."""
        found = re.search(r'data-code="([A-Z0-9]+)"', self.html)
        return found.group(1) if found else None

    @property
    def action(self) -> str:
        return self.parsed.action or ""

    @property
    def hidden(self) -> dict[str, str]:
        return dict(self.parsed.hidden)

    @property
    def buttons(self) -> list[str]:
        return self.parsed.buttons

    @property
    def saml_response(self) -> bytes | None:
        """The Response that the page would post, None for any other page."""
        value = self.hidden.get("SAMLResponse")
        return base64.b64decode(value) if value else None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.hidden: list[tuple[str, str]] = []
        self.buttons: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given.get("action")
        if tag == "input" and given.get("type") == "hidden":
            self.hidden.append((given.get("name") or "", given.get("value") or ""))
        if tag == "button" and given.get("name"):
            self.buttons.append(str(given["name"]))


class Browser:
    """Follows redirects, keeps cookies, fills in forms; runs no script.

    At the certificate address it shows `certificate` (DER) with `chain`, or nothing.
    """

    def __init__(self, idp: Idp, address: str, language: str) -> None:
        self.idp = idp
        self.address = address
        self.language = language
        self.client = idp.application.test_client()
        self.listener = "main"
        self.headers: dict[str, str] = {}
        self.may_break = False
        self.certificate: bytes | None = None
        self.chain: tuple[bytes, ...] = ()

    def request(self, method: str, url: str, *, follow: bool = True, **options: object) -> Page:
        """Send one request; `url` may be a path."""
        headers = {"Accept-Language": self.language, **self.headers, **options.pop("headers", {})}  # type: ignore[dict-item]
        environ = {"REMOTE_ADDR": self.address, "warifu.listener": self.listener}
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        base_url = BASE_URL
        if url.startswith(CERTIFICATE_URL):
            base_url = CERTIFICATE_URL
            shown = {"warifu.peer_certificate": self.certificate, "warifu.peer_chain": self.chain}
            environ |= {"warifu.listener": "certificate", **shown}  # type: ignore[dict-item]
        response = self.client.open(
            path, method=method, base_url=base_url, headers=headers, environ_overrides=environ, **options
        )
        guard(response, path, may_break=self.may_break, logout=self.idp.logout_locations)
        is_ours = response.headers.get("Location", "").startswith(("/", BASE_URL))
        if follow and is_ours and response.status_code in {301, 302, 303, 307}:
            return self.request("GET", response.headers["Location"])
        page = Page(response)
        if page.saml_response is not None:
            sp = self.idp.service_providers.get(page.action)
            guard_answer(page.saml_response, page.action, sp, self.idp.certificate_pem)
        return page

    def get(self, url: str, **options: object) -> Page:
        return self.request("GET", url, **options)

    def post(self, url: str, fields: dict[str, str] | list[tuple[str, str]] | bytes, **options: object) -> Page:
        data = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        return self.request("POST", url, data=data, content_type="application/x-www-form-urlencoded", **options)

    def submit(self, page: Page, event: str = "proceed", **fields: str) -> Page:
        """Send the page's form with its hidden fields and what a person adds."""
        return self.post(page.action, {**page.hidden, **fields, f"_eventId_{event}": ""})

    def visit(self, sp: TestSP, *, relay_state: str | None = "state", sign: bool = False, **options: object) -> Page:
        """Begin at a service provider: an AuthnRequest by Redirect, now."""
        options.setdefault("issue_instant", self.idp.clock())
        xml = authn_request(sp, **options)  # type: ignore[arg-type]
        query = redirect_query(xml, relay_state=relay_state, sign_with=sp.key if sign else None)
        return self.get(f"/idp/profile/SAML2/Redirect/SSO?{query}")

    def log_in(self, page: Page, username: str, password: str, *, code: str | None = None) -> Page:
        """Go through the pages as far as what is given goes."""
        page = self.submit(page, j_username=username, j_password=password)
        if code is not None and page.name == "certificate":
            page = self.submit(page, "totp")
        if code is not None and page.name == "totp":
            page = self.submit(page, tokencode=code)
        return page

    def judged(self, page: Page, sp: TestSP) -> JudgedResponse:
        """Have another implementation read the answer."""
        if page.saml_response is None:
            raise AssertionError(f"no answer but {page.status} {page.name} {page.code}")
        return read_response(page.saml_response, sp.key_pem, self.idp.certificate_pem)


def query_of(url: str) -> dict[str, str]:
    """Give the query of a URL."""
    return dict(parse_qsl(urlsplit(url).query))
