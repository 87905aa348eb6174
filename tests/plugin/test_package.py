"""A stranger's package, installed as a wheel and enabled by configuration, logs a person in over the real server."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.driver import Browser, Reply, Wire
from tests.parts.judge import read_response
from tests.parts.served import Served, serving
from tests.parts.service_provider import TestSP
from tests.parts.site import CAMPUS, OUTSIDE, make_conf
from tests.parts.sites import password_of
from tests.parts.slapd import RunningSlapd, remove, start_slapd
from tests.plugin.environment import LDAP, SOURCE, Environment

SP = TestSP("sp")
REGISTER = "/idp/account/register?method=codesheet"
CODESHEET, MFA = "urn:example:ac:codesheet", "https://refeds.org/profile/mfa"
CONTEXT = f'[[login.authn_contexts]]\nuri = "{CODESHEET}"\nmethods = ["password", "codesheet"]\n'
SETTINGS = "[plugins.codesheet]\ncodes = 8\nwarn_at = 7\n"
ENABLED = {"methods": ("password", "codesheet"), "plugins_toml": SETTINGS + CONTEXT}
WORDS = {
    language: tomllib.loads((SOURCE / f"warifu_codesheet/words/{language}.toml").read_text())["codesheet"]
    for language in ("ja", "en")
}

pytestmark = pytest.mark.slow


def prepared(slapd: RunningSlapd) -> RunningSlapd:
    """Do in a directory what the package asks its administrator for."""
    for name in ("schema.ldif", "acl.ldif"):
        slapd.server.apply((LDAP / name).read_text())
    return slapd


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSlapd]:
    """A directory whose administrator has added what the package asks for."""
    running = prepared(start_slapd(tmp_path_factory.mktemp("codesheet-slapd")))
    yield running
    running.server.stop()
    remove(running.server.folder)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = Environment.make(tmp_path_factory.mktemp("codesheet") / "venv")
    made.install(SOURCE)
    return made


@pytest.fixture(scope="module")
def site(
    directory: RunningSlapd, environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("codesheet-site")
    with serving(folder, directory, SP, workers=1, python=environment.python, **ENABLED) as running:
        yield running


def prove_password(browser: Browser, page: Reply, username: str) -> Reply:
    assert page.page == "password", (page.status, page.page, page.code)
    return browser.submit(page, j_username=username, j_password=password_of(username))


def codes_of(page: Reply) -> list[str]:
    found = re.search(rb'data-codes="([^"]+)"', page.body)
    assert found, (page.status, page.page, page.code)
    return found[1].decode().split()


def enrol(site: Served, username: str, language: str = "en") -> list[str]:
    """Register a sheet on campus; gives its codes."""
    browser = Browser(Wire(site.port), CAMPUS, language)
    page = prove_password(browser, browser.follow(browser.request("GET", REGISTER)), username)
    assert page.page == "register"
    assert WORDS[language]["register"]["title"] in page.body.decode()
    codes = codes_of(page)
    wrong = browser.submit(page, "register", sheetcode=codes[1])
    assert (wrong.page, wrong.code) == ("register", "E102")
    assert WORDS[language]["code"]["E102"]["text"] in wrong.body.decode()
    assert codes_of(wrong) == codes
    done = browser.submit(wrong, "register", sheetcode=codes[0])
    assert done.page == "account"
    assert WORDS[language]["name"] in done.body.decode()
    return codes


def at_sheet(site: Served, username: str, language: str = "en", **asked: object) -> tuple[Browser, Reply]:
    """Go as far as the page that asks for a code, from outside."""
    browser = Browser(Wire(site.port), OUTSIDE, language)
    query = redirect_query(authn_request(SP, **asked), relay_state="state")  # type: ignore[arg-type]
    page = browser.follow(browser.request("GET", f"/idp/profile/SAML2/Redirect/SSO?{query}"))
    return browser, prove_password(browser, page, username)


def test_the_wheel_holds_pages_texts_and_schema(environment: Environment) -> None:
    (wheel,) = environment.folder.glob("wheels/*/*.whl")
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith("warifu_codesheet-")}

    files = {str(path.relative_to(SOURCE)) for path in (SOURCE / "warifu_codesheet").rglob("*.*")}
    assert held == {name for name in files if "__pycache__" not in name}


@pytest.mark.parametrize(("username", "language"), [("alice", "en"), ("bob", "ja")])
def test_a_person_registers_a_sheet_and_logs_in_with_it(site: Served, username: str, language: str) -> None:
    codes = enrol(site, username, language)
    browser, page = at_sheet(site, username, language)
    words = WORDS[language]

    assert page.page == "codesheet"
    for key in ("title", "hint", "button"):
        assert words[key] in page.body.decode()
    assert words["ask"].format(number=2) in page.body.decode()
    answer = browser.submit(page, sheetcode=f" {codes[1][:4].lower()} {codes[1][4:]}")

    judged = read_response(answer.saml_response or b"", SP.key_pem, site.certificate_pem)
    assert judged.friendly["uid"] == (username,)
    assert judged.authn_context == CODESHEET
    assert site.accepted(username)[-1]["methods"] == ["password", "codesheet"]


def test_the_assertion_says_what_the_configuration_says_of_it(site: Served) -> None:
    """The method has a class of its own there, and of two kinds of factor it makes the class for that true."""
    codes = enrol(site, "target")
    for number, context in enumerate((MFA, CODESHEET), start=1):
        browser, page = at_sheet(site, "target", authn_context_class_refs=(context,))
        answer = browser.submit(page, sheetcode=codes[number])
        judged = read_response(answer.saml_response or b"", SP.key_pem, site.certificate_pem)
        assert judged.authn_context == context


def test_a_code_of_the_sheet_works_once(site: Served) -> None:
    codes = enrol(site, "carol")
    browser, page = at_sheet(site, "carol")
    other, page_of_other = at_sheet(site, "carol")

    assert browser.submit(page, sheetcode=codes[1]).saml_response is not None
    again = other.submit(page_of_other, sheetcode=codes[1])
    assert (again.page, again.code, again.saml_response) == ("codesheet", "A201", None)
    assert WORDS["en"]["code"]["A201"]["title"] in again.body.decode()


def test_the_command_of_the_package_looks_after_sheets(site: Served, environment: Environment) -> None:
    enrol(site, "dave")

    listed = environment.warifu(site.conf, "--help")
    shown = environment.warifu(site.conf, "codesheet", "status", "dave")
    removed = environment.warifu(site.conf, "codesheet", "remove", "dave")
    gone = environment.warifu(site.conf, "codesheet", "remove", "dave")

    assert "codesheet" in listed.stdout
    assert (shown.returncode, shown.stdout.partition(",")[0]) == (0, "used 1")
    assert (removed.returncode, removed.stdout) == (0, "removed\n")
    assert (gone.returncode, gone.stderr) == (1, "Error: no sheet is registered\n")
    events = (site.conf / "log" / "audit.json").read_text()
    assert "CODESHEET_REMOVE" in events


def test_nothing_is_wrong_with_the_site(site: Served, environment: Environment) -> None:
    done = environment.warifu(site.conf, "check")

    assert done.stdout.splitlines()[-1] == "nothing is wrong", done.stdout + done.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("codes = 4", r"idp\.toml:\d+: plugins\.codesheet\.codes: .*greater than or equal to 5, not 4\. "),
        ("warn_at = 40", r"idp\.toml:\d+: plugins\.codesheet: warn_at has to be less than codes\. "),
        ("code = 10", r"idp\.toml:\d+: plugins\.codesheet\.code: there is no such key\. Did you mean 'codes'\?"),
    ],
    ids=["out-of-range", "contradiction", "unknown-key"],
)
def test_wrong_settings_are_named_with_file_line_and_key(
    tmp_path: Path, directory: RunningSlapd, environment: Environment, settings: str, told: str
) -> None:
    text = f"[plugins.codesheet]\n{settings}\n"
    conf = make_conf(tmp_path / "conf", directory, methods=("password", "codesheet"), plugins_toml=text)

    checked, served = (environment.warifu(conf, command) for command in ("check", "serve"))

    assert checked.returncode == 1
    assert re.search(told, checked.stdout), checked.stdout
    assert served.returncode == 78
    assert re.search(told, served.stderr), served.stderr


def test_a_schema_that_lacks_is_named(tmp_path: Path, own_slapd: RunningSlapd, environment: Environment) -> None:
    conf = make_conf(tmp_path / "conf", own_slapd, **ENABLED)

    done = environment.warifu(conf, "check")

    assert done.returncode == 1
    assert "it does not know codeSheetHolder, codeSheetIdentifier" in done.stdout
    assert "ldap/schema.ldif of warifu-codesheet" in done.stdout


def test_what_is_installed_is_not_enabled(tmp_path: Path, directory: RunningSlapd, environment: Environment) -> None:
    """Nobody named it: no page of it is shown, and nothing of it can be registered."""
    with serving(tmp_path, directory, SP, workers=1, python=environment.python, methods=("password",)) as site:
        browser, page = at_sheet(site, "alice")
        assert (page.page, page.code) == ("error", "A401")
        assert browser.request("GET", REGISTER).status == 404
        assert "codesheet" not in page.body.decode()


def test_what_is_not_installed_cannot_be_enabled(tmp_path: Path, directory: RunningSlapd) -> None:
    conf = make_conf(tmp_path / "conf", directory, **ENABLED)
    plain = Environment.make(tmp_path / "venv")

    done = plain.warifu(conf, "serve")

    assert done.returncode == 78
    assert re.search(r"login\.methods: no plug-in 'codesheet' is installed\. Installed: .*password", done.stderr)


def test_the_package_passes_its_own_tests(tmp_path: Path, own_slapd: RunningSlapd, environment: Environment) -> None:
    conf = make_conf(tmp_path / "conf", prepared(own_slapd), **ENABLED)
    tests = [environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir"]

    done: subprocess.CompletedProcess[str] = environment.run(
        *tests, str(tmp_path), str(SOURCE / "tests"), WARIFU_CONF=str(conf)
    )

    assert re.search(r"^\d+ passed", done.stdout, flags=re.MULTILINE), done.stdout
