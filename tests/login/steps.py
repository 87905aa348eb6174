"""What the tests of a login have in common: names, short ways to a page, people of a test's own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from idp.cli.slapd import SlapdError
from idp.cli.slapd_entries import PEOPLE_DN, hash_password
from idp.core.secret import Secret
from tests.login.conftest import SP
from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.service_provider import TestSP
from tests.parts.site import Browser, Idp, Page
from tests.parts.slapd import RunningSlapd

PASSWORD = "alice's Password 1"
BOB = "bob's Password 2"
PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
X509 = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
MFA = "https://refeds.org/profile/mfa"
REDIRECT_SSO = "/idp/profile/SAML2/Redirect/SSO"
POST_SSO = "/idp/profile/SAML2/POST/SSO"
LOGOUT = "/idp/profile/Logout"
SESSION = "__Host-warifu_session"
BROWSER = "__Host-warifu_browser"


def sso_url(idp: Idp, sp: TestSP = SP, *, relay_state: str | None = "state", **options: object) -> str:
    """Give the URL of a Redirect request made now, to be asked for several times."""
    options.setdefault("issue_instant", idp.clock())
    return f"{REDIRECT_SSO}?{redirect_query(authn_request(sp, **options), relay_state=relay_state)}"


def single_factor(browser: Browser, sp: TestSP = SP, **options: object) -> Page:
    """Log in on campus, where a password is enough."""
    return browser.log_in(browser.visit(sp, **options), "alice", PASSWORD)


def two_factors(idp: Idp, browser: Browser, sp: TestSP = SP, **options: object) -> Page:
    """Log in with password and app."""
    options.setdefault("authn_context_class_refs", (TIME_SYNC,))
    return browser.log_in(browser.visit(sp, **options), "alice", PASSWORD, code=idp.code())


def step_page(idp: Idp, browser: Browser, name: str) -> Page:
    """Go as far as the page `name` of a login that needs two factors."""
    page = browser.visit(SP, authn_context_class_refs=(MFA,))
    if name != "password":
        page = browser.submit(page, j_username="alice", j_password=PASSWORD)
    if name == "totp":
        page = browser.submit(page, "totp")
    assert page.name == name
    return page


def cookie(browser: Browser, name: str) -> str | None:
    """Give a cookie's value as the browser keeps it."""
    found = browser.client.get_cookie(name, domain="idp.example.ac.jp")
    return found.value if found else None


def keep_cookie(browser: Browser, name: str, value: str) -> None:
    """Put a cookie into the browser, as somebody who has stolen or chosen it."""
    browser.client.set_cookie(name, value, domain="idp.example.ac.jp", secure=True)


def is_session_live(idp: Idp, value: str | None) -> bool:
    """Tell whether this cookie opens a session."""
    return idp.site.sessions.find(value, idp.clock()) is not None


def logs(idp: Idp) -> str:
    """Give everything that was written under log/."""
    return "".join(file.read_text() for file in sorted(Path(idp.conf, "log").iterdir()))


@contextmanager
def somebody(slapd: RunningSlapd, username: str, password: str = "a Password of 2026") -> Iterator[str]:
    """Add a person for one test; gives the DN."""
    dn = f"uid={username},{PEOPLE_DN}"
    hashed = hash_password(Secret(password))
    slapd.server.apply(
        f"dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {username}\ncn: {username}\nsn: {username}\n"
        f"displayName: {username}\nmail: {username}@example.ac.jp\nuserPassword: {hashed}\n"
    )
    try:
        yield dn
    finally:
        with suppress(SlapdError):  # the test may have removed it
            slapd.server.apply(f"dn: {dn}\nchangetype: delete\n")
