"""A real directory for tests: about twenty people, groups, service accounts, StartTLS; one a test process."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from idp.cli.slapd import Slapd, TLSFiles, remove
from idp.cli.slapd_entries import AccountState, Person, ServicePasswords
from idp.core.secret import Secret
from tests.parts.certificates import Authority, make_authority

ADMIN_PASSWORD = Secret("admin password of the tests")
VERIFIER_PASSWORD = Secret("verifier password of the tests")
ENROL_PASSWORD = Secret("enrol password of the tests")
HELPDESK_PASSWORD = Secret("helpdesk password of the tests")
REPLICATION_PASSWORD = Secret("replication password of the tests")
SERVICES = ServicePasswords(VERIFIER_PASSWORD, ENROL_PASSWORD, HELPDESK_PASSWORD, REPLICATION_PASSWORD)

PEOPLE = (
    Person("alice", Secret("alice's Password 1"), "愛", "佐藤", "alice@example.ac.jp", ("staff", "vpn"), ("staff",)),
    Person("bob", Secret("bob's Password 2"), "Bob", "Baker", "bob@example.ac.jp", ("students",), ("student",)),
    Person("carol", Secret("carol's Password 3"), "Carol", "Cook", "carol@example.ac.jp", ("staff",), ("staff",)),
    Person("dave", Secret("dave's Password 4"), "Dave", "Dyer", "dave@example.ac.jp"),
    Person("locked", Secret("locked's Password 5"), "L", "Locked", "l@example.ac.jp", state=AccountState.LOCKED),
    Person("expired", Secret("expired's Password 6"), "E", "Expired", "e@example.ac.jp", state=AccountState.EXPIRED),
    Person("reset", Secret("reset's Password 7"), "R", "Reset", "r@example.ac.jp", state=AccountState.MUST_CHANGE),
    Person("unicode", Secret("ｐａｓｓ\u00a0word\u00ad e\u0301"), "U", "Unicode", "u@example.ac.jp"),
    Person("comma\\2Cname", Secret("comma's Password 8"), "C", "Comma", "c@example.ac.jp", extra={"uid": ("comma",)}),
    Person("target", Secret("target's Password 9"), "T", "Target", "t@example.ac.jp"),
    Person("twin1", Secret("twin Password"), "T", "One", "twin@example.ac.jp"),
    Person("twin2", Secret("twin Password"), "T", "Two", "twin@example.ac.jp"),
    *(
        Person(
            f"person{number:02}", Secret(f"password of {number:02}"), "P", f"No {number}", f"p{number}@example.ac.jp"
        )
        for number in range(10)
    ),
)


@dataclass(frozen=True, slots=True)
class RunningSlapd:
    """A started server, the authority its certificate is from, and files with the service passwords."""

    server: Slapd
    authority: Authority
    verifier_password_file: Path
    enrol_password_file: Path

    @property
    def uri(self) -> str:
        """`ldap://127.0.0.1:port`; StartTLS is offered."""
        return self.server.uri


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def person(username: str) -> Person:
    """Give one of PEOPLE."""
    return next(item for item in PEOPLE if item.username == username)


def start_slapd(
    folder: Path, people: tuple[Person, ...] = PEOPLE, *, durable: bool = False, otp_module: bool = True
) -> RunningSlapd:
    """Make and start a server under `folder`; the caller stops it."""
    authority = make_authority(folder / "tls")
    leaf = authority.issue("slapd")
    server = Slapd.create(
        folder / "slapd",
        free_port(),
        tls=TLSFiles(authority.ca, leaf.certificate, leaf.key),
        admin_password=ADMIN_PASSWORD,
        services=SERVICES,
        people=people,
        durable=durable,
        otp_module=otp_module,
    )
    server.start()
    files = (folder / "verifier.password", folder / "enrol.password")
    for file, password in zip(files, (VERIFIER_PASSWORD, ENROL_PASSWORD), strict=True):
        file.touch(mode=0o600)
        file.write_bytes(password.reveal())
    return RunningSlapd(server, authority, *files)


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSlapd]:
    """The directory that tests share: change only people you add, or put back what you change."""
    running = start_slapd(tmp_path_factory.mktemp("slapd"))
    yield running
    running.server.stop()
    remove(running.server.folder)


@pytest.fixture
def own_slapd(tmp_path: Path) -> Iterator[RunningSlapd]:
    """A directory of the test's own, to be stopped, broken or made read-only (55 ms)."""
    running = start_slapd(tmp_path)
    yield running
    running.server.stop()
    remove(running.server.folder)
