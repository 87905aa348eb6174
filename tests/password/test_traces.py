"""A password leaves no trace, and what is typed forges no line (security.md W-10, W-15, S-15)."""

import tempfile
from pathlib import Path

import pytest

from idp.core.codes import Code
from plugins.password.method import PasswordMethod
from tests.login.conftest import OTHER_SP, SP
from tests.parts.logs import DEBUG_LOG, everything_written, read_json_lines
from tests.parts.site import CAMPUS, OUTSIDE, Idp
from tests.parts.sites import MakeIdp, is_success, password_of, prove_password
from tests.parts.slapd import RunningSlapd

CANARY = "Kanarienvogel 7391"


@pytest.fixture
def site(make_idp: MakeIdp, own_slapd: RunningSlapd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Idp:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return make_idp(own_slapd, replace=DEBUG_LOG)


def traces(tmp_path: Path, *canaries: str) -> list[str]:
    """Say in which files a canary stands; the directory's own are not ours."""
    written = list(everything_written(tmp_path, leave_out=("slapd", "tls")))
    assert {"store.sqlite", "idp.toml"} <= {file.name for file, _ in written}
    forms = [text for canary in canaries for text in (canary, canary.replace(" ", "+"), canary.replace(" ", "%20"))]
    return [f"{text} in {file}" for file, data in written for text in forms if text.encode() in data]


def test_w10_right_and_wrong_passwords_are_nowhere(site: Idp, tmp_path: Path) -> None:
    browser = site.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), j_username="alice", j_password=CANARY)
    page = browser.submit(page, j_username="alice", j_password=password_of("alice"))
    page = browser.submit(page, "totp")
    assert traces(tmp_path, CANARY, password_of("alice")) == []

    assert is_success(browser.submit(page, tokencode=site.code()))
    assert browser.visit(OTHER_SP).saml_response
    assert traces(tmp_path, CANARY, password_of("alice")) == []


def test_w10_a_password_typed_as_a_name_is_nowhere_but_on_the_page(site: Idp, tmp_path: Path) -> None:
    browser = site.browser(CAMPUS)
    page = browser.submit(browser.visit(SP), j_username=CANARY, j_password="x")

    assert page.code == Code.WRONG_PASSWORD
    assert traces(tmp_path, CANARY) == []


@pytest.mark.parametrize("where", ["W-10-method-fails", "W-10-we-fail", "W-10-directory-down"])
def test_a_password_is_nowhere_when_something_fails(
    site: Idp, own_slapd: RunningSlapd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    browser = site.browser(CAMPUS)
    browser.may_break = True
    page = browser.visit(SP)

    def fail(*given: object, **named: object) -> None:
        kept = [str(each) for each in given]
        raise RuntimeError(f"{CANARY} {kept} {named}")

    if where == "W-10-method-fails":
        monkeypatch.setattr(PasswordMethod, "resume", fail)
    if where == "W-10-we-fail":
        monkeypatch.setattr(type(site.site.engine), "submit", fail)
    if where == "W-10-directory-down":
        own_slapd.server.kill()

    answer = browser.submit(page, j_username="alice", j_password=CANARY)

    assert answer.saml_response is None
    assert CANARY not in answer.html
    assert traces(tmp_path, CANARY) == []


FORGERIES = {
    "crlf": "alice\r\n2026-11-24T00:00:00Z|forged|line",
    "newline-json": 'alice"}\n{"decision":"accepted","username":"root"}',
    "ansi": "alice\x1b[2J\x1b[31m",
    "line-separator": "alice\u2028forged\u2029line\x85",
    "bidi": "ecila\u202egnorw",
    "pipe": "alice|Success|",
    "nul": "alice\0",
}


@pytest.mark.parametrize("username", FORGERIES.values(), ids=[f"W-15-{name}" for name in FORGERIES])
def test_a_name_forges_no_line(site: Idp, username: str) -> None:
    browser = site.browser(CAMPUS)
    browser.headers["User-Agent"] = username.replace("\r", " ").replace("\n", " ").encode("utf-8").decode("latin-1")

    browser.submit(browser.visit(SP), j_username=username, j_password="guessed")

    lines = read_json_lines(site.conf)
    assert [line["decision"] for line in lines] == ["wrong"]
    assert "forged" not in str(lines[0].get("username", ""))
    for name in ("audit.log", "audit.json", "process.log"):
        text = (site.conf / "log" / name).read_text("utf-8") if (site.conf / "log" / name).exists() else ""
        assert len(text.splitlines()) == text.count("\n")
        assert not any(sign in text for sign in "\x1b\u2028\u2029\u202e\x85\0")
    assert len((site.conf / "log" / "audit.log").read_text().splitlines()) == 1


def test_w15_who_is_known_stands_in_the_line_by_the_entrys_own_name(site: Idp) -> None:
    browser = site.browser(CAMPUS)
    browser.submit(browser.visit(SP), j_username="ＡＬＩＣＥ", j_password="guessed")
    assert is_success(prove_password(site.browser(CAMPUS)))

    assert [line["username"] for line in read_json_lines(site.conf)] == ["alice", "alice"]
