"""Whom the directory's client believes, and what it never says to a stranger (security.md W-02 to W-07, D1 to D8)."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from idp.cli.slapd_entries import PEOPLE_DN, VERIFIER_DN
from idp.core.errors import ConfigError, DependencyError
from idp.core.subject import Subject
from idp.plugin.tools import BindState
from tests.directory.conftest import TOTP, Open
from tests.parts.certificates import Leaf, make_authority
from tests.parts.false_server import PPOLICY, FalseServer
from tests.parts.shim import Mode, Shim
from tests.parts.slapd import VERIFIER_PASSWORD, RunningSlapd, person

ALICE = Subject("7", "alice", f"uid=alice,{PEOPLE_DN}")
PASSWORD = person("alice").password

Falsely = Callable[..., Shim]


@pytest.fixture
def false_server() -> Iterator[Falsely]:
    """Gives a function that starts a false server."""
    shims: list[Shim] = []

    def start(**behaviour: object) -> Shim:
        shims.append(Shim(mode=Mode.ANSWER, answer=FalseServer(**behaviour)))  # type: ignore[arg-type]
        return shims[-1]

    yield start
    for shim in shims:
        shim.close()


def _plain(open_site: Open, slapd: RunningSlapd, shim: Shim):  # type: ignore[no-untyped-def]
    return open_site(slapd, uris=(shim.uri,), start_tls=False, ca=None)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(b"", id="W-04-anonymous"),
        pytest.param(b"dn:", id="W-04-anonymous-dn"),
        pytest.param(b"dn:uid=bob," + PEOPLE_DN.encode(), id="W-04-another"),
        pytest.param(b"u:", id="W-04-empty-u"),
    ],
)
def test_a_success_for_somebody_else_is_no_login(
    open_site: Open, slapd: RunningSlapd, false_server: Falsely, who: bytes
) -> None:
    people = _plain(open_site, slapd, false_server(who_am_i=who)).people

    with pytest.raises(DependencyError, match="was taken for"):
        people.bind(ALICE, PASSWORD)


@pytest.mark.parametrize("who", [b"dn:UID=Alice, " + PEOPLE_DN.encode(), b"dn:uid=\\61lice," + PEOPLE_DN.encode()])
def test_w04_the_same_name_written_otherwise_is_the_same(
    open_site: Open, slapd: RunningSlapd, false_server: Falsely, who: bytes
) -> None:
    people = _plain(open_site, slapd, false_server(who_am_i=who)).people

    assert people.bind(ALICE, PASSWORD).state is BindState.ACCEPTED


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"\x30\x84\x7f\xff\xff\xff", id="W-12-length-of-2-GiB"),
        pytest.param(b"\x30\x05\xa0\x03\x80", id="W-12-truncated"),
        pytest.param(b"\x30\x03\x81\x01\x63", id="W-12-unknown-error"),
        pytest.param(b"\x30\x80", id="W-12-indefinite"),
        pytest.param(b"\x30" * 65, id="W-12-too-long"),
        pytest.param(b"\xff\x00", id="W-12-not-a-sequence"),
    ],
)
def test_a_success_with_a_control_nobody_understands_is_no_login(
    open_site: Open, slapd: RunningSlapd, false_server: Falsely, value: bytes
) -> None:
    people = _plain(open_site, slapd, false_server(bind_controls=[(PPOLICY, value)])).people

    with pytest.raises(DependencyError):
        people.bind(ALICE, PASSWORD)


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 40, b"\x30\x03\x02\x01\x63" * 9])
def test_d8_an_answer_that_is_not_ldap_is_a_fault_of_the_server(
    open_site: Open, slapd: RunningSlapd, false_server: Falsely, garbage: bytes
) -> None:
    people = _plain(open_site, slapd, false_server(garbage=garbage)).people

    with pytest.raises(DependencyError):
        people.bind(ALICE, PASSWORD)
    with pytest.raises(DependencyError):
        people.find("alice")


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        pytest.param("stranger", "self.signed|unable to get local issuer", id="W-05-self-signed"),
        pytest.param("expired", "expired", id="W-05-expired"),
        pytest.param("other-name", "not valid for|mismatch", id="W-05-wrong-name"),
        pytest.param("old-tls", "version|protocol", id="W-05-TLS-1.1"),
    ],
)
def test_a_server_that_cannot_prove_itself_gets_no_password(
    open_site: Open, own_slapd: RunningSlapd, certificate: str, words: str
) -> None:
    shim = Shim(("127.0.0.1", own_slapd.server.port))
    site = open_site(own_slapd, uris=(shim.uri,))
    _present(own_slapd, certificate)

    for ask in (lambda: site.people.find("alice"), lambda: site.people.bind(ALICE, PASSWORD)):
        with pytest.raises(DependencyError, match=f"(?i)tls|ssl.*({words})") as caught:
            ask()
        assert PASSWORD.reveal().decode() not in caught.value.detail
    assert shim.connections >= 2
    assert VERIFIER_DN.encode() not in shim.sent
    assert VERIFIER_PASSWORD.reveal() not in shim.sent
    assert PASSWORD.reveal() not in shim.sent
    shim.close()


def _present(running: RunningSlapd, certificate: str) -> None:
    authority = running.authority
    yesterday = datetime.now(UTC) - timedelta(days=1)
    leaf: Leaf
    if certificate == "old-tls":
        running.server.apply(
            "dn: cn=config\nchangetype: modify\nreplace: olcTLSProtocolMin\nolcTLSProtocolMin: 3.1\n-\n"
            "replace: olcTLSCipherSuite\nolcTLSCipherSuite: NORMAL:-VERS-ALL:+VERS-TLS1.1\n"
        )
        return
    if certificate == "expired":
        leaf = authority.issue("expired", starts=yesterday - timedelta(days=9), ends=yesterday)
    elif certificate == "other-name":
        leaf = authority.issue("other", ("ldap.example.org",))
    else:
        leaf = make_authority(authority.folder / "stranger").issue("stranger")
    running.server.apply(
        f"dn: cn=config\nchangetype: modify\nreplace: olcTLSCertificateFile\n"
        f"olcTLSCertificateFile: {leaf.certificate}\n-\n"
        f"replace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: {leaf.key}\n"
    )


@pytest.mark.parametrize("host", ["ldap.example.ac.jp", "192.0.2.7"])
def test_w05_passwords_in_clear_over_a_network_are_refused_at_start(
    open_site: Open, slapd: RunningSlapd, host: str
) -> None:
    with pytest.raises(ConfigError, match="in clear"):
        open_site(slapd, uris=(f"ldap://{host}",), start_tls=False)


@pytest.mark.parametrize("uri", ["http://localhost", "ldap://", "ldap://host:0", "ldap://host:99999", "localhost:389"])
def test_an_address_that_is_none_is_refused_at_start(open_site: Open, slapd: RunningSlapd, uri: str) -> None:
    with pytest.raises(ConfigError, match="is not an address"):
        open_site(slapd, uris=(uri,))


def test_d1_the_client_verifies_chain_name_and_version(slapd: RunningSlapd) -> None:
    from idp.directory.transport import make_context

    context = make_context(slapd.authority.ca)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("how", [pytest.param("refuses", id="W-07-refuses"), pytest.param("closes", id="W-07-closes")])
def test_d7_without_tls_nothing_else_is_said(
    open_site: Open, slapd: RunningSlapd, false_server: Falsely, how: str
) -> None:
    shim = false_server(start_tls_code=2)
    if how == "closes":
        shim.mode = Mode.CLOSE
    site = open_site(slapd, uris=(shim.uri,))

    for ask in (lambda: site.people.find("alice"), lambda: site.people.bind(ALICE, PASSWORD)):
        with pytest.raises(DependencyError, match=r"TLS|Terminated"):
            ask()
    assert shim.connections >= 2
    assert VERIFIER_DN.encode() not in shim.sent
    assert b"uid=alice" not in shim.sent
    assert PASSWORD.reveal() not in shim.sent


def test_w06_no_referral_is_followed(open_site: Open, own_slapd: RunningSlapd) -> None:
    fake = Shim(mode=Mode.ANSWER, answer=FalseServer())
    own_slapd.server.apply(f"dn: cn=config\nchangetype: modify\nreplace: olcReferral\nolcReferral: {fake.uri}\n")
    own_slapd.server.apply(
        f"dn: cn=elsewhere,{PEOPLE_DN}\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\n"
        f"cn: elsewhere\nref: {fake.uri}/{PEOPLE_DN}\n"
    )
    site = open_site(own_slapd)
    away = Subject("7", "alice", "uid=alice,dc=elsewhere")
    alice = site.people.find("alice")
    assert alice is not None
    site.credentials.add(alice, TOTP, {"last_step": b"1"}, {"secret": PASSWORD}, {})
    (credential,) = site.credentials.list(alice, TOTP)

    assert site.people.find("nobody") is None
    with pytest.raises(DependencyError, match="result 10"):
        open_site(own_slapd, people_dn="dc=elsewhere").people.find("alice")
    with pytest.raises(DependencyError, match="result 10"):
        site.credentials.swap(away, credential, TOTP, {"last_step": b"2"})
    assert fake.connections == 0
    assert fake.sent == b""
    fake.close()


def test_w06_a_referral_instead_of_a_bind_is_not_followed(
    open_site: Open, slapd: RunningSlapd, false_server: Falsely
) -> None:
    target = false_server()
    people = _plain(open_site, slapd, false_server(bind_code=10, referral=target.uri.encode())).people

    with pytest.raises(DependencyError):
        people.bind(ALICE, PASSWORD)
    assert target.connections == 0
