"""`warifu directory install` and `check` on real servers: what is missing is said, made, and then nothing is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from idp.app import load
from idp.cli.main import main
from idp.cli.slapd import remove
from idp.cli.slapd_entries import ADMIN_DN, ENROL_DN, HELPDESK_DN, SUFFIX
from idp.core.secret import Secret
from idp.plugin import entry_kind
from plugins.totp.credential import TOTP
from tests.parts.ds389 import MANAGER_DN, MANAGER_PASSWORD, RunningDS389, start_ds389
from tests.parts.site import make_conf
from tests.parts.slapd import ADMIN_PASSWORD, HELPDESK_PASSWORD, RunningSlapd, person, start_slapd

pytestmark = pytest.mark.slow
DATABASE = "olcDatabase={1}mdb,cn=config"
A_SITES_OWN_RULES = f"""dn: {DATABASE}
changetype: modify
delete: olcLimits
-
replace: olcAccess
olcAccess: {{0}}to attrs=userPassword by self write by anonymous auth by * none
olcAccess: {{1}}to * by dn.children="ou=services,{SUFFIX}" read by self read by users read by * none
"""


@dataclass
class Place:
    """A directory and the configuration that speaks to it."""

    running: Any
    conf: Path
    folder: Path
    admin_dn: str
    admin_password: Secret

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["directory", *arguments, "--conf", str(self.conf)], catch_exceptions=False)

    def dump(self) -> list[str]:
        """Give what is in the directory, but for what a server itself notes when an account logs in."""
        return [line for line in self.running.server.dump().splitlines() if not line.startswith("passwordExp")]

    def install(self, *more: str) -> Result:
        file = _secret_file(self.folder / "admin.password", self.admin_password)
        given = ("--admin-dn", self.admin_dn, "--password-file", str(file), "--helpdesk-dn", HELPDESK_DN)
        return self.run("install", "--apply", *given, *more)

    def check(self) -> Result:
        helpdesk = _secret_file(self.folder / "helpdesk.password", HELPDESK_PASSWORD)
        bob = _secret_file(self.folder / "bob.password", person("bob").password)
        given = ("--helpdesk-dn", HELPDESK_DN, "--helpdesk-password-file", str(helpdesk))
        return self.run("check", *given, "--person-dn", person("bob").dn, "--person-password-file", str(bob))

    def enrol(self, username: str) -> None:
        site = load(self.conf)
        try:
            subject = site.directory.find(username)
            assert subject is not None
            values = {"last_step": b"0", "failures": b"0", "bound_at": b"20261124000000Z"}
            credentials, secrets = site.tools("totp").credentials, {"secret": Secret(bytes(range(20)))}
            credentials.add(subject, TOTP, values, secrets, {})
            assert credentials.insert(subject, entry_kind("card"), {}, secrets, {}, at_most=9) is not None
        finally:
            site.close()


def _secret_file(file: Path, secret: Secret) -> Path:
    file.touch(mode=0o600)
    file.write_bytes(secret.reveal())
    return file


def openldap(folder: Path, *, otp_module: bool = True) -> Place:
    running = start_slapd(folder, otp_module=otp_module)
    return Place(running, make_conf(folder / "conf", running), folder, ADMIN_DN, ADMIN_PASSWORD)


def ds389(folder: Path) -> Place:
    running = start_ds389(folder, with_schema=False)
    return Place(running, conf_389(folder / "conf", running), folder, MANAGER_DN, MANAGER_PASSWORD)


def conf_389(folder: Path, running: RunningDS389) -> Path:
    accounts = f'enrol_dn = "{ENROL_DN}"\nenrol_password_file = "{running.enrol_password_file}"'
    by_id = ('# id_attribute = "entryUUID" ', 'id_attribute = "nsUniqueId" ')
    return make_conf(folder, running, start_tls=False, ca_toml=accounts, replace=(by_id,))  # type: ignore[arg-type]


@pytest.fixture(params=["openldap", "389ds"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A directory of the site's own making: people and accounts, nothing of ours."""
    made = openldap(tmp_path) if request.param == "openldap" else ds389(tmp_path)
    if request.param == "openldap":
        made.running.server.apply(A_SITES_OWN_RULES)
    else:
        made.running.server.apply(
            f"dn: {SUFFIX}\nchangetype: modify\nadd: aci\n"
            'aci: (targetattr!="userPassword")(version 3.0; acl "all see all"; allow (read, search, compare) '
            'userdn = "ldap:///all";)\n'
        )
    yield made
    made.running.server.stop()
    if isinstance(made.running, RunningSlapd):
        remove(made.running.server.folder)


def test_what_a_directory_lacks_is_said_and_made(place: Place) -> None:
    before = place.check()
    assert before.exit_code == 1
    assert "warifu directory install" in before.output

    assert place.install().exit_code == 0
    place.enrol("alice")
    after = place.check()

    assert (after.exit_code, "WRONG" in after.output) == (0, False), after.output
    assert "reads secrets" in after.output
    assert after.output.endswith("nothing is wrong\n")


def test_installing_twice_changes_nothing(place: Place) -> None:
    first = place.install()
    before = place.dump()

    second = place.install()

    assert (first.exit_code, second.exit_code, second.output) == (0, 0, "nothing is missing\n")
    assert place.dump() == before


def test_a_check_changes_nothing(place: Place) -> None:
    place.install()
    place.enrol("alice")
    before = place.dump()

    place.check()

    assert place.dump() == before


def test_what_is_printed_is_what_ldapmodify_takes(place: Place) -> None:
    printed = place.run("install", "--helpdesk-dn", HELPDESK_DN)
    assert printed.exit_code == 0, printed.output

    place.running.server.apply(printed.stdout)

    place.enrol("alice")
    after = place.check()
    assert after.exit_code == 0, after.output


def test_the_schema_of_389ds_survives_a_new_start(tmp_path: Path) -> None:
    place = ds389(tmp_path)
    try:
        place.install()
        place.enrol("alice")
        place.running.server.stop()
        place.running.server.start()

        assert place.check().exit_code == 0
    finally:
        place.running.server.stop()


def test_openldap_without_its_module_gets_the_schema(tmp_path: Path) -> None:
    place = openldap(tmp_path, otp_module=False)
    try:
        assert place.run("check").output.count("knows the one-time-password schema") == 1
        assert place.check().exit_code == 0
    finally:
        place.running.server.stop()
        remove(place.running.server.folder)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Place]:
    """An OpenLDAP that never heard of one-time passwords: neither module nor schemas nor rules."""
    made = openldap(tmp_path, otp_module=False)
    made.running.server.apply(A_SITES_OWN_RULES)
    made.running.server.apply(
        f"dn: {DATABASE}\nchangetype: modify\ndelete: olcDbIndex\nolcDbIndex: warifuCredentialKind eq\n"
        "olcDbIndex: warifuCredentialData eq\n"
    )
    made.running.server.stop()
    schemas = made.running.server.folder / "config" / "cn=config" / "cn=schema"
    for name in ("oath-ldap", "warifu"):
        (file,) = schemas.glob(f"*{name}.ldif")
        file.unlink()
    made.running.server.start()
    yield made
    made.running.server.stop()
    remove(made.running.server.folder)


@pytest.mark.parametrize("more", [(), ("--otp-module",)], ids=["schema-as-entries", "schema-of-the-module"])
def test_openldap_gets_its_schema_one_way_or_the_other(bare: Place, more: tuple[str, ...]) -> None:
    assert "WRONG  openldap: knows the one-time-password schema" in bare.check().output

    installed = bare.install(*more)
    bare.enrol("alice")
    again = bare.install(*more)
    bare.running.server.stop()
    bare.running.server.start()

    assert installed.exit_code == 0, installed.output
    assert again.output == "nothing is missing\n"
    assert bare.check().exit_code == 0


@pytest.fixture
def good(tmp_path: Path) -> Iterator[Place]:
    """An OpenLDAP where nothing is wrong."""
    made = openldap(tmp_path)
    made.enrol("alice")
    yield made
    made.running.server.stop()
    remove(made.running.server.folder)


def _rule(rule: str) -> str:
    return f"dn: {DATABASE}\nchangetype: modify\nadd: olcAccess\nolcAccess: {{0}}{rule}\n"


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        pytest.param(
            _rule("to attrs=entry,objectClass,oathSecret by * read"), "anonymous: reads secrets", id="X-05-anonymous"
        ),
        pytest.param(
            _rule(f'to attrs=oathSecret by dn.exact="{ENROL_DN}" write by * break'),
            "enrolment: reads secrets",
            id="X-05-enrolment-reads",
        ),
        pytest.param(
            _rule(f'to attrs=oathSecret by dn.exact="{HELPDESK_DN}" write by * break'),
            "help desk: writes secrets",
            id="X-05-help-desk-writes",
        ),
        pytest.param(
            _rule("to attrs=entry,objectClass,oathSecret by users read by * break"),
            "a person: reads secrets",
            id="X-05-a-person-reads",
        ),
        pytest.param(
            _rule("to attrs=oathTOTPLastTimeStep by users write by * break"),
            "a person: moves the last time step",
            id="X-05-a-person-moves-the-step",
        ),
        pytest.param(
            _rule("to attrs=entry,entryUUID,oathSecret by * read"),
            "anonymous: searches by secrets",
            id="X-05-anonymous-searches",
        ),
        pytest.param(
            _rule("to attrs=oathTOTPLastTimeStep by * none"),
            "verifier: does not: moves the last time step",
            id="X-05-verifier-cannot",
        ),
        pytest.param(
            _rule(f'to attrs=objectClass by dn.exact="{ENROL_DN}" write by * break'),
            "enrolment: adds other classes",
            id="X-05-any-class",
        ),
    ],
)
def test_a_rule_that_gives_too_much_or_too_little_is_named(good: Place, break_it: str, told: str) -> None:
    assert good.check().exit_code == 0
    good.running.server.apply(break_it)

    result = good.check()

    assert result.exit_code == 1
    assert f"WRONG  {told}" in result.output


def indexes(place: Place) -> list[str]:
    """Give what the database is configured to index."""
    file = place.running.server.folder / "config" / "cn=config" / f"{DATABASE.partition(',')[0]}.ldif"
    return [line.partition(": ")[2] for line in file.read_text().splitlines() if line.startswith("olcDbIndex:")]


def test_indexes_that_are_missing_are_made_and_no_other(good: Place) -> None:
    good.running.server.apply(
        f"dn: {DATABASE}\nchangetype: modify\nreplace: olcDbIndex\nolcDbIndex: uid,cn eq,sub\nolcDbIndex: mail pres\n"
    )

    first = good.install()
    second = good.install()

    assert (first.exit_code, second.output) == (0, "nothing is missing\n"), first.output
    ours = ("warifuCredentialKind eq", "warifuCredentialData eq")
    made = ("objectClass eq", "member eq", "memberOf eq", "entryUUID eq", "entryCSN eq", *ours)
    assert sorted(indexes(good)) == sorted(("uid,cn eq,sub", "mail pres", *made))


def test_what_is_not_tried_is_said(good: Place) -> None:
    output = good.run("check").output

    assert "help desk: not tried; --helpdesk-dn" in output
    assert "a person: not tried; --person-dn" in output


@pytest.mark.parametrize("arguments", [("--helpdesk-dn", HELPDESK_DN), ("--person-password-file", "{file}")])
def test_an_account_is_its_name_and_its_password_file(good: Place, arguments: tuple[str, ...]) -> None:
    file = _secret_file(good.folder / "a.password", HELPDESK_PASSWORD)

    result = good.run("check", *(each.format(file=file) for each in arguments))

    assert (result.exit_code, "together" in result.output) == (2, True)


def test_an_account_that_cannot_log_in_is_named(good: Place) -> None:
    good.running.enrol_password_file.write_text("not its password")

    result = good.check()

    assert result.exit_code == 1
    assert "WRONG  enrolment: cannot work" in result.output


Broken = Callable[[Place], tuple[str, ...]]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("check", "--url", "ldap://127.0.0.1:1"), id="X-08-check"),
        pytest.param(("install", "--url", "ldap://127.0.0.1:1"), id="X-08-install"),
        pytest.param(("install", "--apply"), id="apply-without-administrator"),
    ],
)
def test_stored_passwords_go_nowhere_else(good: Place, arguments: tuple[str, ...]) -> None:
    assert good.run(*arguments).exit_code == 2


@pytest.mark.parametrize("verb", [pytest.param(verb, id=f"X-08-{verb}") for verb in ("status", "reset", "import")])
def test_no_command_takes_another_servers_address(good: Place, verb: str) -> None:
    result = CliRunner().invoke(main, ["--conf", str(good.conf), "totp", verb, "--url", "ldap://127.0.0.1:1", "x"])

    assert result.exit_code == 2
    assert "No such option" in result.output


def test_x10_an_installation_is_written_down(good: Place) -> None:
    good.running.server.apply(A_SITES_OWN_RULES)

    good.install()

    log = (good.conf / "log" / "audit.log").read_text()
    assert log.count("|DIRECTORY_INSTALL|") == 2
    assert (good.conf / "log" / "audit.log").stat().st_mode & 0o007 == 0
