"""What a stranger's script may rely on: docs/driving-a-demo.md, line by line, against a running demo."""

import base64
import csv
import html
import re
import smtplib
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pyotp
import pytest

from tests.cli.demos import Browser, Demo, ProxiedBrowser, await_that, descendants, running
from tests.cli.pages import Page
from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.judge import read_response
from tests.parts.service_provider import TestSP

pytestmark = pytest.mark.slow

SP = TestSP("dropped")
LOOPBACK_SP = TestSP("loopback", acs="http://127.0.0.1:9/acs")
MFA = "https://refeds.org/profile/mfa"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo") / "demo") as demo:
        drop(demo, SP)
        await_that(lambda: Browser(demo).get(sso_url(demo)).name == "password", demo.process)
        yield demo


def drop(demo: Demo, sp: TestSP, content: bytes = b"") -> Path:
    file = Path(str(demo.facts["metadata_dir"])) / f"{sp.name}.xml"
    file.write_bytes(content or sp.metadata())
    return file


def sso_url(demo: Demo, sp: TestSP = SP, relay_state: str = "state") -> str:
    query = redirect_query(authn_request(sp), relay_state=relay_state)
    return f"{demo.base_url}/idp/profile/SAML2/Redirect/SSO?{query}"


def code_of(demo: Demo, username: str) -> str:
    """Give a code that was not used before in this test process: a used one is refused, and steps only rise."""
    totp = pyotp.TOTP(str(demo.accounts[username]["totp_key"]))
    step = max(int(time.time()) // 30 - 1, _used.get((demo.base_port, username), 0) + 1)
    _used[demo.base_port, username] = step
    await_that(lambda: step <= int(time.time()) // 30 + 1)
    return totp.at(step * 30)


_used: dict[tuple[int, str], int] = {}


def attributes_of(demo: Demo, page: Page, sp: TestSP = SP) -> dict[str, tuple[str, ...]]:
    """What the service provider learns, by friendly name."""
    certificate = (Path(str(demo.facts["conf"])) / "keys/signing.crt").read_bytes()
    return read_response(base64.b64decode(page.hidden["SAMLResponse"]), sp.key_pem, certificate).friendly


def ldap(demo: Demo, ldif: str, folder: Path) -> None:
    """Change entries as the administrator that demo.json names, over StartTLS."""
    facts = demo.facts["ldap"]
    assert isinstance(facts, dict)
    password = folder / "admin.password"
    password.touch(mode=0o600)
    password.write_text(facts["admin_password"])
    subprocess.run(
        ["ldapmodify", "-ZZ", "-x", "-H", facts["uri"], "-D", facts["admin_dn"], "-y", str(password)],
        input=ldif.encode(),
        env={"PATH": "/usr/bin:/bin", "LDAPTLS_CACERT": demo.ca},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def add_person(demo: Demo, username: str) -> str:
    facts = demo.facts["ldap"]
    assert isinstance(facts, dict)
    return (
        f"dn: uid={username},{facts['people_dn']}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {username}\n"
        f"cn: {username}\nsn: {username}\nmail: {username}@example.ac.jp\nuserPassword: {username}-secret\n\n"
    )


def test_demo_json_says_where_everything_is(demo: Demo) -> None:
    base, facts = demo.base_port, demo.facts
    ldap_facts = facts.pop("ldap")

    assert isinstance(ldap_facts, dict)
    assert {name: value for name, value in facts.items() if not str(value).startswith("/")} == {
        "base_url": f"https://localhost:{base}",
        "certificate_url": f"https://localhost:{base + 1}",
        "sp_url": f"https://localhost:{base + 2}/mfa-test/",
        "proxy_url": f"http://127.0.0.1:{base + 3}",
        "entity_id": f"https://localhost:{base}/idp/shibboleth",
    }
    paths = {name: Path(str(value)) for name, value in facts.items() if str(value).startswith("/")}
    assert paths.keys() == {"ca", "conf", "cli", "metadata_dir", "mail_dir", "audit_log"}
    assert [name for name, path in paths.items() if not path.exists() and name != "audit_log"] == []
    assert ldap_facts.keys() == {"uri", "people_dn", "admin_dn", "admin_password"}
    assert ldap_facts["uri"] == f"ldap://127.0.0.1:{base + 4}"


def test_accounts_json_has_somebody_of_every_kind(demo: Demo) -> None:
    accounts = demo.accounts.values()
    keys = {
        "username",
        "password",
        "dn",
        "mail",
        "recovery_mail",
        "groups",
        "state",
        "totp_key",
        "client_certificate",
        "matrix",
        "recovery_codes",
    }

    assert all(account.keys() == keys for account in accounts)
    assert {account["state"] for account in accounts} == {"normal", "locked", "expired", "must-change"}
    kinds = {
        (bool(each["totp_key"]), bool(each["client_certificate"])) for each in accounts if each["state"] == "normal"
    }
    assert kinds == {(True, False), (False, False), (False, True), (True, True)}
    cards = [each["matrix"] for each in accounts if each["matrix"]]
    assert {len(card) for card in cards} == {80}
    assert len({card["A5"] for card in cards}) > 1
    assert {len(each["recovery_codes"]) for each in accounts if each["recovery_codes"]} == {10}
    for account in accounts:
        if account["client_certificate"]:
            pem = Path(str(account["client_certificate"])).read_text()
            assert "BEGIN CERTIFICATE" in pem
            assert "PRIVATE KEY" in pem


def test_own_metadata_is_at_the_entity_id(demo: Demo) -> None:
    page = Browser(demo).get(str(demo.facts["entity_id"]))

    assert page.status == 200
    assert f'entityID="{demo.facts["entity_id"]}"' in page.html


def test_the_sequence_by_names_and_fields(demo: Demo) -> None:
    browser = Browser(demo)
    page = browser.get(browser.get(str(demo.facts["sp_url"])).link)
    assert (page.name, page.fields) == ("password", {"j_username", "j_password"})
    assert "_eventId_proceed" in page.buttons

    page = browser.log_in(page, "taro")
    assert page.name == "certificate"
    assert {"_eventId_certificate", "_eventId_totp"} <= page.buttons

    page = browser.submit(page, "totp")
    assert (page.name, page.fields) == ("totp", {"tokencode"})
    assert "_eventId_proceed" in page.buttons

    page = browser.submit(page, tokencode=code_of(demo, "taro"))
    assert page.action.startswith(f"https://localhost:{demo.base_port + 2}/mfa-test/")
    assert page.hidden.keys() == {"SAMLResponse", "RelayState"}

    page = browser.submit(page, None)
    assert (page.name, page.result) == ("mfa-test", "ok")
    assert page.facts["authn-context"] == MFA
    assert page.facts["network.value"] == "campus"
    assert sorted(page.values["urn:oid:1.3.6.1.4.1.5923.1.1.1.9"], reverse=True) == [
        "student@example.ac.jp",
        "member@example.ac.jp",
    ]


def test_an_error_message_carries_its_code(demo: Demo) -> None:
    browser = Browser(demo)
    page = browser.submit(browser.get(sso_url(demo)), j_username="hanako", j_password="wrong")

    assert (page.name, page.code) == ("password", "A101")
    assert Browser(demo).get(f"{demo.base_url}/idp/nothing-is-here").code == "S201"


@pytest.mark.parametrize(("username", "code"), [("kenji", "A101"), ("yuki", "A105"), ("mika", "A106")])
def test_accounts_that_are_not_normal_get_no_further(demo: Demo, username: str, code: str) -> None:
    browser = Browser(demo)
    page = browser.log_in(browser.get(sso_url(demo)), username)

    assert page.code in {code, "A103"}
    assert "SAMLResponse" not in page.hidden


def test_a_dropped_service_provider_gets_the_attributes(demo: Demo) -> None:
    browser = Browser(demo)
    page = browser.log_in(browser.get(sso_url(demo)), "hanako")

    assert (page.action, page.hidden["RelayState"]) == (SP.acs, "state")
    attributes = attributes_of(demo, page)
    assert attributes["eduPersonPrincipalName"] == ("hanako@example.ac.jp",)
    assert attributes.keys() == {
        "uid",
        "mail",
        "displayName",
        "eduPersonPrincipalName",
        "eduPersonScopedAffiliation",
    }


FORWARDED = [
    pytest.param("192.0.2.10", "post", id="campus"),
    pytest.param("2001:db8:c::7", "post", id="campus-ipv6"),
    pytest.param("127.0.0.1", "post", id="loopback"),
    pytest.param("198.51.100.7, 192.0.2.10", "post", id="what-the-proxy-added"),
    pytest.param("192.0.2.10, 198.51.100.7", "certificate", id="what-the-client-claimed"),
    pytest.param("198.51.100.7", "certificate", id="outside"),
    pytest.param("192.0.2.200", "certificate", id="vpn"),
    pytest.param("127.0.0.2", "certificate", id="another-loopback"),
    pytest.param(None, "certificate", id="absent"),
    pytest.param("", "certificate", id="empty"),
    pytest.param("192.0.2.10:4711", "certificate", id="with-a-port"),
    pytest.param("campus", "certificate", id="no-address"),
]


@pytest.mark.parametrize(("forwarded_for", "expected"), FORWARDED)
def test_the_plain_listener_believes_the_proxy(demo: Demo, forwarded_for: str | None, expected: str) -> None:
    """On campus a password is enough, outside it is not."""
    browser = ProxiedBrowser(demo, forwarded_for)

    assert browser.log_in(browser.get(sso_url(demo)), "hanako").name == expected


@pytest.mark.parametrize(
    ("address", "forwarded_for", "expected"),
    [
        pytest.param("127.0.0.1", None, "post", id="campus"),
        pytest.param("127.0.0.2", None, "certificate", id="outside"),
        pytest.param("127.0.0.2", "192.0.2.10", "certificate", id="claims-campus"),
        pytest.param("127.0.0.1", "198.51.100.7", "post", id="claims-outside"),
    ],
)
def test_elsewhere_a_forwarded_address_is_not_believed(
    demo: Demo, address: str, forwarded_for: str | None, expected: str
) -> None:
    browser = Browser(demo, address, {"X-Forwarded-For": forwarded_for} if forwarded_for else {})

    assert browser.log_in(browser.get(sso_url(demo)), "hanako").name == expected


@pytest.mark.parametrize(("username", "code"), [("jiro", ""), ("sakura", ""), ("hanako", "A309")])
def test_a_demo_certificate_logs_its_owner_in(demo: Demo, username: str, code: str) -> None:
    owner = username if demo.accounts[username]["client_certificate"] else "jiro"
    browser = Browser(demo, "127.0.0.2")
    browser.session.cert = str(demo.accounts[owner]["client_certificate"])
    page = browser.log_in(browser.get(sso_url(demo)), username)
    assert page.name == "certificate"

    answer = browser.submit(page, "certificate")

    assert (answer.name, answer.code) == ("certificate" if code else "post", code)
    if not code:
        assert attributes_of(demo, answer)["uid"] == (username,)


def test_without_a_certificate_the_page_comes_back_with_the_apps_button(demo: Demo) -> None:
    browser = Browser(demo, "127.0.0.2")
    page = browser.submit(browser.log_in(browser.get(sso_url(demo)), "taro"), "certificate")

    assert (page.name, page.code) == ("certificate", "A301")
    page = browser.submit(page, "totp")
    assert browser.submit(page, tokencode=code_of(demo, "taro")).name == "post"


def test_the_certificate_listener_serves_no_login(demo: Demo) -> None:
    url = sso_url(demo).replace(demo.base_url, str(demo.facts["certificate_url"]))

    assert Browser(demo, headers={"X-Forwarded-For": "192.0.2.10"}).get(url).status == 404


@pytest.mark.parametrize("host", [pytest.param("evil.example", id="S-16"), pytest.param("localhost:1", id="S-16-port")])
def test_a_foreign_host_is_refused(demo: Demo, host: str) -> None:
    page = ProxiedBrowser(demo, "192.0.2.10", host).get(sso_url(demo))
    direct = Browser(demo, headers={"Host": host}).get(sso_url(demo))

    assert (page.status, direct.status) == (400, 400)
    assert host not in page.html + direct.html


def test_somebody_added_to_the_directory_logs_in_at_once(demo: Demo, tmp_path: Path) -> None:
    ldap(demo, add_person(demo, "newcomer"), tmp_path)
    browser = Browser(demo)

    page = browser.submit(browser.get(sso_url(demo)), j_username="newcomer", j_password="newcomer-secret")

    attributes = attributes_of(demo, page)
    assert attributes["eduPersonScopedAffiliation"] == ("member@example.ac.jp",)
    assert attributes["eduPersonPrincipalName"] == ("newcomer@example.ac.jp",)


def test_imported_apps_work(demo: Demo, tmp_path: Path) -> None:
    ldap(demo, add_person(demo, "imported"), tmp_path)
    key = pyotp.random_base32()
    file = tmp_path / "apps.csv"
    file.write_text(f"username,key\nimported,{key}\nnobody-of-this-name,{key}\nimported,short\n")

    done = subprocess.run(
        [str(demo.facts["cli"]), "--conf", str(demo.facts["conf"]), "totp", "import", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    browser = Browser(demo, "127.0.0.2")
    page = browser.submit(browser.get(sso_url(demo)), j_username="imported", j_password="imported-secret")
    page = browser.submit(browser.submit(page, "totp"), tokencode=pyotp.TOTP(key).now())

    assert done.returncode == 1
    assert done.stdout == "1 registered, 2 refused\n"
    assert [line.split(": ")[0].rpartition(":")[2] for line in done.stderr.splitlines()] == ["3", "4"]
    assert key not in done.stdout + done.stderr
    assert "SAMLResponse" in page.hidden


@pytest.mark.alone
def test_ten_thousand_apps_are_imported_in_a_minute(demo: Demo, tmp_path: Path) -> None:
    people = [f"many{number:03}" for number in range(501)]
    ldap(demo, "".join(add_person(demo, name) for name in people), tmp_path)

    start_seconds = import_apps(demo, people[:1], tmp_path)
    seconds = start_seconds + (import_apps(demo, people[1:], tmp_path) - start_seconds) * 20

    assert seconds < 60


def import_apps(demo: Demo, people: list[str], folder: Path) -> float:
    """Give the seconds it took."""
    file = folder / "apps.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([("username", "key"), *((name, pyotp.random_base32()) for name in people)])
    began = time.monotonic()
    command = [str(demo.facts["cli"]), "--conf", str(demo.facts["conf"]), "totp", "import", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(people)} registered, 0 refused\n"
    return time.monotonic() - began


def test_a_half_written_metadata_file_is_read_when_it_is_whole(demo: Demo) -> None:
    whole = LOOPBACK_SP.metadata()
    file = drop(demo, LOOPBACK_SP, whole[: len(whole) // 2])
    url = sso_url(demo, LOOPBACK_SP)
    index = Path(str(demo.facts["conf"])) / "state/metadata.sqlite.lock"
    seen = index.stat().st_mtime_ns
    await_that(lambda: index.stat().st_mtime_ns > seen)
    assert Browser(demo).get(url).code == "P106"

    began = time.monotonic()
    file.write_bytes(whole)
    await_that(lambda: Browser(demo).get(sso_url(demo, LOOPBACK_SP)).name == "password")

    assert time.monotonic() - began < 10
    browser = Browser(demo)
    assert browser.log_in(browser.get(sso_url(demo, LOOPBACK_SP)), "hanako").action == LOOPBACK_SP.acs


def test_metadata_that_has_expired_is_not_used(demo: Demo) -> None:
    over, marker = TestSP("over"), TestSP("marker")
    drop(demo, over, over.metadata(valid_until=datetime.now(UTC) - timedelta(minutes=1)))
    drop(demo, marker)

    await_that(lambda: Browser(demo).get(sso_url(demo, marker)).name == "password")

    assert Browser(demo).get(sso_url(demo, over)).code == "P106"


def test_a_mail_lands_in_a_file(demo: Demo) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "idp@example.ac.jp", "taro@example.ac.jp", "登録のお知らせ"
    mail.set_content("本文")
    folder = Path(str(demo.facts["mail_dir"]))
    before = set(folder.glob("*.eml"))

    with smtplib.SMTP("127.0.0.1", demo.base_port + 5) as client:
        client.send_message(mail)

    (file,) = set(folder.glob("*.eml")) - before
    assert b"To: taro@example.ac.jp" in file.read_bytes()


def test_t33_who_loses_an_app_is_told_by_mail(demo: Demo, tmp_path: Path) -> None:
    ldap(demo, add_person(demo, "told"), tmp_path)
    folder = Path(str(demo.facts["mail_dir"]))
    before = set(folder.glob("*.eml"))
    command = [str(demo.facts["cli"]), "--conf", str(demo.facts["conf"]), "totp"]

    for arguments in (("register", "told", "--file", str(tmp_path / "told.txt")), ("reset", "told")):
        subprocess.run([*command, *arguments], check=True, capture_output=True)
    await_that(lambda: len(set(folder.glob("*.eml")) - before) == 2)

    texts = [file.read_bytes() for file in set(folder.glob("*.eml")) - before]
    assert all(b"To: told@" in text and b"Auto-Submitted: auto-generated" in text for text in texts)


def test_seed_03_who_has_no_app_registers_one_on_campus(demo: Demo) -> None:
    browser = Browser(demo)
    page = browser.get(f"{demo.base_url}/idp/account/register")
    assert (page.name, page.fields) == ("password", {"j_username", "j_password"})
    page = browser.log_in(page, "hanako")

    assert page.name == "register"
    assert page.fields == {"tokencode"}
    assert page.buttons == {"_eventId_register", "_eventId_reset"}
    key = re.search(r'<code id="totp-key" data-key="([A-Z2-7]{32})">', page.html)
    assert key
    link = re.search(r'href="(otpauth://totp/[^"]+)"', page.html)
    assert link
    parsed = pyotp.parse_uri(html.unescape(link[1]))
    assert (parsed.secret, parsed.issuer, parsed.name) == (key[1], "Warifu demo", "hanako")
    assert re.search(r'<img [^>]*src="data:image/svg\+xml;base64,', page.html)
    app, now = pyotp.TOTP(key[1]), int(time.time())
    late = browser.submit(page, "register", tokencode=app.at(now + 150))
    assert (late.name, late.code) == ("register", "E101")
    assert "W100070" in late.html
    done = browser.submit(late, "register", tokencode=app.at(now))
    assert (done.name, 'data-done="register"' in done.html) == ("recovery-codes", True)
    assert browser.submit(done, "decline").name == "account"

    at_home = Browser(demo, "127.0.0.2")
    page = at_home.submit(at_home.log_in(at_home.get(sso_url(demo)), "hanako"), "totp")
    assert "SAMLResponse" in at_home.submit(page, tokencode=app.at(now + 30)).hidden


def test_seed_17_reset_takes_the_app_away_and_begins_again(demo: Demo) -> None:
    browser = Browser(demo)
    page = browser.log_in(browser.get(f"{demo.base_url}/idp/account/reset"), "maki")
    assert (page.name, page.buttons) == ("reset", {"_eventId_reset"})

    page = browser.submit(page, "reset")

    assert page.name == "register"
    at_home = Browser(demo, "127.0.0.2")
    page = at_home.submit(at_home.log_in(at_home.get(sso_url(demo)), "maki"), "totp")
    assert page.code == "A205"


def test_every_decision_is_in_the_audit_log(demo: Demo) -> None:
    browser = Browser(demo)
    browser.log_in(browser.get(sso_url(demo)), "maki")

    assert "|maki|" in Path(str(demo.facts["audit_log"])).read_text()


def test_the_code_of_the_demos_app_is_told(demo: Demo) -> None:
    command = [str(demo.facts["cli"]), "demo-code", "taro", "--folder", str(demo.folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert pyotp.TOTP(str(demo.accounts["taro"]["totp_key"])).verify(told, valid_window=1)


def test_health_follows_the_confirmation_service_provider(demo: Demo) -> None:
    """It is 200 only while that is up; killed, it is started again."""
    for pid in descendants(demo.process.pid):
        if "run-confirmation" in Path(f"/proc/{pid}/cmdline").read_text():
            subprocess.run(["kill", "-KILL", str(pid)], check=False)

    await_that(lambda: demo.health() == 503, demo.process)
    await_that(lambda: demo.health() == 200, demo.process)
