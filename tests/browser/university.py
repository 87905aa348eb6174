"""A whole university: the identity provider, the confirmation page, two services, a directory, people with apps."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idp.cli.keys import write_signing_pair
from idp.cli.slapd import remove
from idp.cli.slapd_entries import GROUPS_DN, SUFFIX, AccountState, Person
from idp.core.secret import Secret
from idp.settings.load import load_settings
from tests.browser.road import road
from tests.browser.service import Service, serving_service
from tests.parts.certificates import Authority, Leaf, make_authority
from tests.parts.client_certificates import ClientCA, Shown, authority_toml, make_client_ca
from tests.parts.driver import Account, Codes
from tests.parts.served import ROOT, register, serving
from tests.parts.service_provider import TestSP
from tests.parts.site import ASK_ALWAYS, RELEASE, make_conf
from tests.parts.slapd import RunningSlapd, free_port, start_slapd

IDP = "idp.univ.test"
LIBRARY = "sp.univ.test"
COURSES = "sp.other.test"
CONFIRMATION = "mfa.univ.test"
CERTIFICATES = "cert.univ.test"
HOSTS = (IDP, LIBRARY, COURSES, CONFIRMATION, CERTIFICATES)
BASE_URL = f"https://{IDP}"
MFA_TEST = f"https://{CONFIRMATION}/mfa-test"
PATIENCE_SECONDS = 20
_PEOPLE = 400
_NEWCOMERS = 60
_GUESTS = f"""\
[[login.rules]]
name = "no guests"
groups = ["cn=guests,{GROUPS_DN}"]
require = "refuse"

"""
_TRUSTED = f"""\
[[login.rules]]
name = "the courses trust browsers"
service_providers = ["https://{COURSES}/shibboleth"]
require = "two-factors"
remembered = true

"""
_STAFF = 40
_DESK = f"""
[helpdesk]

[[helpdesk.roles]]
name = "desk"
groups = ["cn=desk,{GROUPS_DN}"]
may = ["unlock", "reset", "sessions"]
"""
_GENEROUS = '\n[limits.password]\naddress = ["10000/1d"]\n[limits.totp]\naddress = ["10000/1d"]\n'
_NAMES = (
    ("library", LIBRARY, {"ja": "附属図書館", "en": "University Library"}),
    ("courses", COURSES, {"ja": "学習管理システム", "en": "Course Management System"}),
)
NOTICED = Account("noticed", "the Password of noticed")
EXPIRED = Account("expired", "the Password of expired")
APPLESS = Account("appless", "the Password of appless")
GUEST = Account("guest", "the Password of guest")
"""Whose password is about to end, whose has ended, who has no app, whom a rule refuses."""
SITTER = Account("hanako", "the Password of hanako", Secret(b"a key for the pictures"))
"""Who is in the pictures."""


@dataclass
class University:
    """What runs, and where: `resolver_rules` lead a browser on campus or outside to it."""

    conf: Path
    authority: Authority
    leaf: Leaf
    ports: dict[str, dict[str, int]]
    library: Service
    courses: Service
    accounts: list[Account]
    newcomers: list[Account]
    staff: list[Account]
    client_ca: ClientCA
    revoked: Shown
    codes: Codes = field(default_factory=Codes)

    def account(self) -> Account:
        """Give somebody who has an app and has never logged in."""
        return self.accounts.pop()

    def newcomer(self) -> Account:
        """Give somebody who has no app yet."""
        return self.newcomers.pop()

    def resolver_rules(self, network: str) -> str:
        """Give Chromium's words for where the hosts are."""
        return ", ".join(f"MAP {host} 127.0.0.1:{port}" for host, port in self.ports[network].items())


@contextmanager
def university(folder: Path, **answers: object) -> Iterator[University]:
    """Start everything in `folder`; end it. `answers` change what `make_conf` is told."""
    authority = make_authority(folder / "ca")
    leaf = authority.issue("web", HOSTS)
    client_ca = make_client_ca("people", datetime.now(UTC))
    revoked = client_ca.issue("person00")
    client_ca.file(folder / "client-ca.pem")
    client_ca.crl(folder / "client-ca.crl", revoked)
    accounts = [_account(f"person{number:02}", number) for number in range(_PEOPLE)]
    staff = [_account(f"desk{number:02}", _PEOPLE + number) for number in range(_STAFF)]
    newcomers = [Account(f"newcomer{number:02}", f"the Password of {number}") for number in range(_NEWCOMERS)]
    with ExitStack() as stack:
        slapd = stack.enter_context(_directory(folder, [*accounts, *newcomers], staff))
        conf = _make_conf(folder / "conf", slapd, leaf, authority, **answers)
        services = [_service(name, host, conf) for name, host, _ in _NAMES]
        ports = {s.sp.name: stack.enter_context(serving_service(s, leaf)) for s in services}
        confirmation = stack.enter_context(_confirmation(conf, folder / "confirmation.log"))
        for service, (_, _, names) in zip(services, _NAMES, strict=True):
            register(conf, service.sp, want_assertions_signed=True, display_names=names)
        stack.enter_context(serving(folder / "site", slapd, workers=2, apps=(*accounts, *staff, SITTER), conf=conf))
        main = _port_of(conf, "main")
        outside = stack.enter_context(road(main, "127.0.0.2"))
        others = {
            LIBRARY: ports["library"],
            COURSES: ports["courses"],
            CONFIRMATION: confirmation,
            CERTIFICATES: _port_of(conf, "certificate"),
        }
        yield University(
            conf,
            authority,
            leaf,
            {"campus": {IDP: main, **others}, "outside": {IDP: outside, **others}},
            services[0],
            services[1],
            accounts,
            newcomers,
            staff,
            client_ca,
            revoked,
        )


def _make_conf(folder: Path, slapd: RunningSlapd, leaf: Leaf, authority: Authority, **answers: object) -> Path:
    main, plain, confirmation, certificates = free_port(), free_port(), free_port(), free_port()
    certificate, key = json.dumps(str(leaf.certificate)), json.dumps(str(leaf.key))
    listen = (
        f'main = "127.0.0.1:{main}"\nplain = "127.0.0.1:{plain}"\nproxies = ["127.0.0.1/32"]\nworkers = 2\n'
        f"tls_certificate = {certificate}\ntls_key = {key}\n"
        f'certificate = "127.0.0.1:{certificates}"\ncertificate_url = "https://{CERTIFICATES}"'
    )
    clients = authority_toml(folder.parent / "client-ca.pem", crls=f'["{folder.parent / "client-ca.crl"}"]')
    release = RELEASE + (
        '[attributes.warifuNetwork]\nname = "urn:warifu:attribute:network"\nfriendly_name = "warifuNetwork"\n'
        'source = "warifu:network"\n[[release]]\nname = "the network"\n'
        f'service_providers = ["{MFA_TEST}/metadata"]\nattributes = ["warifuNetwork"]\n'
    )
    own = (
        f'[confirmation]\nurl = "{MFA_TEST}"\nlisten = "127.0.0.1:{confirmation}"\nentity_id = "{MFA_TEST}/metadata"\n'
        f"tls_certificate = {certificate}\ntls_key = {key}\nca = {json.dumps(str(authority.ca))}\n"
        'signing = {key = "keys/confirmation.key", certificate = "keys/confirmation.crt"}'
    )
    make_conf(
        folder,
        slapd,
        replace=(
            ('# help_url = "" ', 'help_url = "https://www.univ.test/help" '),
            ('[[login.rules]]\nname = "campus"', f'{_GUESTS}[[login.rules]]\nname = "campus"'),
            ('[[login.rules]]\nname = "everywhere else"', f'{_TRUSTED}[[login.rules]]\nname = "everywhere else"'),
            ('# privacy_url = "" ', 'privacy_url = "https://www.univ.test/privacy" '),
        ),
        entity_id=f"{BASE_URL}/idp/shibboleth",
        base_url=BASE_URL,
        otp_issuer="Example University",
        campus_ranges=("127.0.0.1/32",),
        campus_exceptions=(),
        campus_replace="password",
        site_codes_toml='site_codes = {E101 = "W100070"}',
        listen_toml=listen,
        plugins_toml=f'{ASK_ALWAYS}{clients}[plugins.password]\nchange_url = "https://www.univ.test/password"\n{_GENEROUS}{_DESK}',
        release_toml=release,
        confirmation_toml=own,
        **answers,
    )
    write_signing_pair(
        folder / "keys/confirmation.key", folder / "keys/confirmation.crt", CONFIRMATION, datetime.now(UTC)
    )
    return folder


def _service(name: str, host: str, conf: Path) -> Service:
    site = f"https://{host}"
    sp = TestSP(name, f"{site}/shibboleth", f"{site}/Shibboleth.sso/SAML2/POST")
    certificate = conf / "keys" / "signing.crt"
    # Its assertion consumer service leads to another host yet, as many do.
    after = f"https://{COURSES if host == LIBRARY else LIBRARY}/welcome"
    return Service(sp, BASE_URL, certificate.read_bytes, after)


@contextmanager
def _directory(folder: Path, accounts: list[Account], staff: list[Account]) -> Iterator[RunningSlapd]:
    people = [_person(account) for account in accounts]
    people += [_person(account, groups=("desk",)) for account in staff]
    aged = {"pwdPolicySubentry": (f"cn=aged,ou=policies,{SUFFIX}",)}
    changed = (datetime.now(UTC) - timedelta(hours=6)).strftime("%Y%m%d%H%M%SZ")
    people.append(_person(NOTICED, extra={**aged, "pwdChangedTime": (changed,)}))
    people.append(_person(EXPIRED, state=AccountState.EXPIRED))
    people += [_person(APPLESS), _person(SITTER), _person(GUEST, groups=("guests",))]
    slapd = start_slapd(folder, tuple(people))
    try:
        slapd.server.apply(
            f"dn: cn=aged,ou=policies,{SUFFIX}\nchangetype: modify\nadd: pwdExpireWarning\npwdExpireWarning: 86400\n"
        )
        yield slapd
    finally:
        slapd.server.stop()
        remove(slapd.server.folder)


@contextmanager
def _confirmation(conf: Path, log: Path) -> Iterator[int]:
    port = _port_of(conf, "confirmation")
    command = [sys.executable, "-m", "idp.cli", "--conf", str(conf), "run-confirmation"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the confirmation page did not start: {log.read_text()[-2000:]}")
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _port_of(conf: Path, key: str) -> int:
    settings = load_settings(conf)
    addresses = {"main": settings.listen.main, "certificate": settings.listen.certificate}
    address = addresses.get(key) or (settings.confirmation and settings.confirmation.listen)
    return int(str(address).rpartition(":")[2])


def _account(name: str, number: int) -> Account:
    return Account(name, f"the Password of {name}", Secret(f"a 20-octet key for {number:02}".encode()))


def _person(account: Account, **more: object) -> Person:
    mail = f"{account.username}@example.ac.jp"
    return Person(account.username, Secret(account.password), "Hanako", "Sato", mail, affiliations=("staff",), **more)  # type: ignore[arg-type]
