"""The site that the clients meet: real workers, the refresher, a directory with people who are new each time."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from idp.cli.slapd import remove
from idp.cli.slapd_entries import Person
from idp.core.secret import Secret
from idp.federation.index import Federation
from idp.settings.load import load_settings
from tests.clients.browser import Browser
from tests.parts.driver import CAMPUS, HOST, Account, Codes
from tests.parts.served import ROOT, Served, serving
from tests.parts.site import ASK_ALWAYS
from tests.parts.slapd import start_slapd

PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
MFA = "https://refeds.org/profile/mfa"
IDP_METADATA_URL = f"https://{HOST}/idp/shibboleth"
REGISTERED_WITHIN_SECONDS = 10.0
PATIENCE_SECONDS = 20
_PEOPLE = 30


@dataclass
class Site:
    """A running site; every account that it gives out is used by one test alone."""

    served: Served
    metadata_folder: Path
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

    def drop(self, name: str, entity_id: str, metadata: bytes) -> None:
        """Lay a service provider's metadata into the folder and wait until the refresher has registered it."""
        (self.metadata_folder / f"{name}.xml").write_bytes(metadata)
        federation = Federation(load_settings(self.served.conf).metadata.index, lambda: datetime.now(UTC))
        wait_until(lambda: federation.find(entity_id) is not None, f"{entity_id} is registered")

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
            yield Site(served, served.conf / "metadata", accounts)
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
