"""The site that the clients meet: real workers, the refresher, a directory with people who are new each time."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from idp.cli.slapd import remove
from idp.cli.slapd_entries import Person
from idp.core.codes import Code
from idp.core.secret import Secret
from tests.clients.browser import Browser
from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.driver import CAMPUS, Account, Codes, Reply
from tests.parts.served import ROOT, Served, serving
from tests.parts.service_provider import TestSP
from tests.parts.site import ASK_ALWAYS, BASE_URL
from tests.parts.slapd import start_slapd

PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
MFA = "https://refeds.org/profile/mfa"
IDP_METADATA_URL = f"{BASE_URL}/idp/shibboleth"
LOGOUT_URL = f"{BASE_URL}/idp/profile/Logout"
SSO_URL = f"{BASE_URL}/idp/profile/SAML2/Redirect/SSO"
REGISTERED_WITHIN_SECONDS = 10.0
PATIENCE_SECONDS = 20
_PEOPLE = 30


@dataclass
class Site:
    """A running site; every account that it gives out is used by one test alone."""

    served: Served
    accounts: list[Account]
    codes: Codes = field(default_factory=Codes)

    def account(self) -> Account:
        """Give somebody who has an app and has never logged in."""
        return self.accounts.pop()

    def browser(self, address: str = CAMPUS) -> Browser:
        """Give a browser without cookies at an address."""
        return Browser(self.served.port, self.codes, address)

    def metadata(self) -> bytes:
        """Give our metadata as it is published."""
        reply = self.browser().get(IDP_METADATA_URL)
        if reply.status != 200:
            raise RuntimeError(f"our metadata is not published: {reply.status}")
        return reply.body

    def file_of(self, sp: TestSP) -> Path:
        """Give the file in which a service provider's metadata is laid."""
        return self.served.conf / "metadata" / f"{sp.name}.xml"

    def drop(self, sp: TestSP, metadata: bytes) -> None:
        """Lay a service provider's metadata into the folder and wait until it is registered."""
        self.file_of(sp).write_bytes(metadata)
        wait_until(lambda: self.knows(sp), f"{sp.entity_id} is registered")

    def knows(self, sp: TestSP) -> bool:
        """Say whether a request in its name ends otherwise than on the page that says who asks is not known."""
        return self.first_page(sp).code != Code.UNKNOWN_SERVICE.value

    def first_page(self, sp: TestSP) -> Reply:
        """Give what a browser sees that comes with an unsigned request."""
        return self.browser().get(f"{SSO_URL}?{redirect_query(authn_request(sp))}")

    @property
    def certificate_text(self) -> str:
        """The certificate that service providers trust, PEM."""
        return self.served.certificate_pem.decode()


def attributes_of(account: Account) -> dict[str, list[str]]:
    """Give what a service provider is to see of somebody, by friendly name."""
    name = account.username
    return {
        "uid": [name],
        "mail": [f"{name}@example.ac.jp"],
        "displayName": ["愛 " + name],
        "eduPersonPrincipalName": [f"{name}@example.ac.jp"],
        "eduPersonScopedAffiliation": ["member@example.ac.jp", "staff@example.ac.jp"],
    }


def wait_until(reached: Callable[[], bool], what: str, seconds: float = REGISTERED_WITHIN_SECONDS) -> None:
    """Ask again and again until it is so; raises TimeoutError after the deadline."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """Start directory, workers and refresher in `folder`; end them."""
    accounts = [_account(number) for number in range(_PEOPLE)]
    slapd = start_slapd(folder, tuple(map(_person, accounts)))
    try:
        with (
            serving(
                folder / "site",
                slapd,
                workers=1,
                apps=tuple(accounts),
                plugins_toml=ASK_ALWAYS,
                metadata_toml="allow_loopback_http = true",
            ) as served,
            _refresher(served.conf, folder / "refresher.log"),
        ):
            yield Site(served, accounts)
    finally:
        slapd.server.stop()
        remove(slapd.server.folder)


@contextmanager
def _refresher(conf: Path, log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "idp.cli", "--conf", str(conf), "run-refresher"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield
    finally:
        running = process.poll() is None
        process.terminate()
        process.wait(PATIENCE_SECONDS)
    if not running:
        raise RuntimeError(f"the refresher ended by itself: {log.read_text()[-2000:]}")


def _account(number: int) -> Account:
    name = f"client{number:02}"
    return Account(name, f"the Password of {name}", Secret(f"a 20-octet key for {number:02}".encode()))


def _person(account: Account) -> Person:
    mail = f"{account.username}@example.ac.jp"
    affiliations = ("member", "staff")
    return Person(account.username, Secret(account.password), "愛", account.username, mail, (), affiliations)
