"""Two OpenLDAP servers in mirror mode, one writer: it is killed in the middle of logins (design 8)."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.cli.context import CommandContext
from idp.cli.main import main
from idp.cli.slapd import Slapd, TLSFiles, remove
from idp.cli.slapd_entries import ENROL_DN, PEOPLE_DN, REPLICATION_DN, SUFFIX
from plugins.totp.credential import TOTP
from tests.login.conftest import SP
from tests.parts.site import OUTSIDE, Browser, Idp, Page, make_conf
from tests.parts.sites import ask_code, is_success
from tests.parts.slapd import ADMIN_PASSWORD, REPLICATION_PASSWORD, SERVICES, RunningSlapd, free_port, start_slapd

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 20
MIRROR = """dn: cn=config
changetype: modify
replace: olcServerID
olcServerID: {number}

dn: cn=module{{0}},cn=config
changetype: modify
add: olcModuleLoad
olcModuleLoad: syncprov

dn: olcOverlay=syncprov,olcDatabase={{1}}mdb,cn=config
changetype: add
objectClass: olcOverlayConfig
objectClass: olcSyncProvConfig
olcOverlay: syncprov

dn: olcDatabase={{1}}mdb,cn=config
changetype: modify
add: olcSyncrepl
olcSyncrepl: rid=00{number} provider={other} bindmethod=simple binddn="{dn}" credentials="{password}"
  searchbase="{suffix}" type=refreshAndPersist retry="1 +" starttls=no
-
replace: olcMultiProvider
olcMultiProvider: TRUE
"""


@dataclass
class Mirror:
    """Two servers that copy one another."""

    one: RunningSlapd
    two: Slapd

    def wait_until_same(self) -> None:
        """Wait until both hold the same."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while sorted(_state(self.one.server)) != sorted(_state(self.two)):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def _state(server: Slapd) -> list[str]:
    return [line for line in server.dump().splitlines() if line.startswith(("dn:", "entryCSN:"))]


def _copy(running: RunningSlapd, folder: Path) -> Slapd:
    """Make a second server with the very entries of the first, ids too."""
    leaf = running.authority.issue("slapd2")
    server = Slapd.create(
        folder,
        free_port(),
        tls=TLSFiles(running.authority.ca, leaf.certificate, leaf.key),
        admin_password=ADMIN_PASSWORD,
        services=SERVICES,
        durable=False,
    )
    shutil.rmtree(folder / "data")
    (folder / "data").mkdir()
    slapadd = shutil.which("slapadd", path="/usr/sbin:/sbin:/usr/bin")
    assert slapadd is not None
    command = [slapadd, "-q", "-n1", "-F", str(folder / "config")]
    subprocess.run(command, input=running.server.dump().encode(), check=True, capture_output=True)
    return server


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    one = start_slapd(tmp_path / "one")
    two = _copy(one, tmp_path / "two")
    two.start()
    try:
        for number, server, other in ((1, one.server, two.uri), (2, two, one.uri)):
            password = REPLICATION_PASSWORD.reveal().decode()
            server.apply(MIRROR.format(number=number, other=other, dn=REPLICATION_DN, password=password, suffix=SUFFIX))
        yield Mirror(one, two)
    finally:
        one.server.stop()
        two.stop()
        remove(one.server.folder)
        remove(two.folder)


@pytest.fixture
def idp(mirror: Mirror, tmp_path: Path) -> Iterator[Idp]:
    """A site that knows both servers and writes to the first; alice has an app."""
    enrol = f'enrol_dn = "{ENROL_DN}"\nenrol_password_file = "{mirror.one.enrol_password_file}"'
    uris = (f'uris = ["{mirror.one.uri}"]', f'uris = ["{mirror.one.uri}", "{mirror.two.uri}"]')
    ca = f'ca = "{mirror.one.authority.ca}"\n{enrol}'
    made = Idp.load(make_conf(tmp_path / "conf", mirror.one, ca_toml=ca, replace=(uris,)))
    made.register(SP)
    made.enrol("alice")
    mirror.wait_until_same()
    yield made
    made.close()


def kill(server: Slapd) -> None:
    process = server._process
    assert process is not None
    process.kill()
    process.wait()


def move_writer(idp: Idp, uri: str) -> str:
    context = CommandContext(idp.conf, idp.site)
    result = CliRunner().invoke(main, ["directory", "writer", uri], obj=context, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def at_code_page(idp: Idp) -> tuple[Browser, Page]:
    browser = idp.browser(OUTSIDE)
    return browser, ask_code(browser, "alice")


def test_killed_in_the_middle_of_a_login_codes_are_refused_until_the_writer_is_moved(idp: Idp, mirror: Mirror) -> None:
    browser, page = at_code_page(idp)
    kill(mirror.one.server)

    stopped = browser.submit(page, tokencode=idp.code())
    assert stopped.code == "D102"
    again, page = at_code_page_or_error(idp)
    assert page.code == "D102"

    move_writer(idp, mirror.two.uri)
    again, page = at_code_page(idp)
    page = again.submit(page, tokencode=idp.code())
    assert page.code == "A201", "a step that the writer before may have accepted counts no more"
    idp.clock.advance(seconds=90)
    assert is_success(again.submit(page, tokencode=idp.code()))


def at_code_page_or_error(idp: Idp) -> tuple[Browser, Page]:
    """Go as far as the directory lets one."""
    browser = idp.browser(OUTSIDE)
    page = browser.visit(SP)
    page = browser.submit(page, j_username="alice", j_password="alice's Password 1")
    return browser, page if page.code else browser.submit(page, tokencode=idp.code())


def test_what_was_accepted_and_never_copied_is_not_accepted_again(idp: Idp, mirror: Mirror) -> None:
    mirror.two.stop()
    browser, page = at_code_page(idp)
    code = idp.code()
    assert is_success(browser.submit(page, tokencode=code))
    kill(mirror.one.server)
    mirror.two.start()
    subject = idp.site.directory.find("alice")
    assert subject is not None
    move_writer(idp, mirror.two.uri)
    (credential,) = idp.site.tools("totp").credentials.list(subject, TOTP)
    assert credential.values["last_step"] == b"0", "the second server never heard of it"

    browser, page = at_code_page(idp)
    assert browser.submit(page, tokencode=code).code == "A201"


def test_of_many_at_once_over_a_killed_writer_none_counts_twice(idp: Idp, mirror: Mirror) -> None:
    open_pages = [at_code_page(idp) for _ in range(12)]
    code = idp.code()

    def submit(number: int) -> bool:
        browser, page = open_pages[number]
        if number == 4:
            kill(mirror.one.server)
        if number == 8:
            move_writer(idp, mirror.two.uri)
        return is_success(browser.submit(page, tokencode=code))

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(submit, range(12))) <= 1


def test_the_writer_is_one_of_those_configured(idp: Idp, mirror: Mirror) -> None:
    context = CommandContext(idp.conf, idp.site)
    runner = CliRunner()

    told = runner.invoke(main, ["directory", "writer"], obj=context)
    refused = runner.invoke(main, ["directory", "writer", "ldap://127.0.0.1:1"], obj=context)

    assert told.output == f"{mirror.one.uri}, as configured\n"
    assert refused.exit_code == 1
    assert mirror.two.uri in refused.output


def check_directory(idp: Idp) -> Result:
    return CliRunner().invoke(main, ["directory", "check", "--conf", str(idp.conf)], catch_exceptions=False)


def test_f22_two_servers_that_are_written_want_one_of_them_named(idp: Idp, mirror: Mirror) -> None:
    mirror.two.apply(f"dn: uid=bob,{PEOPLE_DN}\nchangetype: modify\nreplace: description\ndescription: there\n")
    mirror.wait_until_same()

    told = check_directory(idp)
    file = idp.conf / "idp.toml"
    file.write_text(file.read_text().replace('# writer = ""', f'writer = "{mirror.one.uri}" #'))
    named = check_directory(idp)

    assert (told.exit_code, "WRONG  openldap: is one of several servers that are written" in told.output) == (1, True)
    assert "Set directory.writer" in told.output
    assert (named.exit_code, f"ours is {mirror.one.uri}" in named.output) == (0, True), named.output


def test_a_writer_that_was_moved_is_known_after_a_new_start(idp: Idp, mirror: Mirror) -> None:
    move_writer(idp, mirror.two.uri)

    again = Idp.load(idp.conf, idp.clock)
    try:
        assert again.site.directory_writer.current().uri == mirror.two.uri
    finally:
        again.close()
