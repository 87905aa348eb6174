"""What the directory says of a right password: pages, and the way on where there is one (security.md W-12, W-13)."""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.cli.slapd_entries import PEOPLE_DN, SUFFIX, Person
from idp.core.codes import Code
from idp.core.secret import Secret
from tests.login.conftest import OTHER_SP, SP
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.sites import MakeIdp, is_refusal, is_success, password_of, prove_password
from tests.parts.slapd import PEOPLE, RunningSlapd, start_slapd

PASSWORD = "old or not, right"
CHANGE_URL = "https://password.example.ac.jp/change"
CHANGE = f'[plugins.password]\nchange_url = "{CHANGE_URL}"\n[plugins.clientcert]\nask = "always"\n'
HOUR = timedelta(hours=1)
POLICIES = {
    "grace": ("pwdMaxAge: 86400", "pwdGraceAuthNLimit: 3"),
    "soon": ("pwdMaxAge: 345600", "pwdExpireWarning: 345600"),
    "later": ("pwdMaxAge: 31536000", "pwdExpireWarning: 31535999"),
}
CHANGED = {"grace": 24 * 365 * HOUR, "soon": 20 * HOUR, "later": 20 * HOUR}


def person_under(policy: str) -> Person:
    """A person whose password is as old as the policy's case wants, by the directory's own clock."""
    changed = (datetime.now(UTC) - CHANGED[policy]).strftime("%Y%m%d%H%M%SZ")
    extra = {"pwdPolicySubentry": (f"cn=of-{policy},ou=policies,{SUFFIX}",), "pwdChangedTime": (changed,)}
    return Person(policy, Secret(PASSWORD), "P", policy, f"{policy}@example.ac.jp", extra=extra)


@pytest.fixture
def policy_slapd(tmp_path: Path) -> Iterator[RunningSlapd]:
    running = start_slapd(tmp_path, (*PEOPLE, *(person_under(policy) for policy in POLICIES)))
    for policy, lines in POLICIES.items():
        words = "\n".join(("objectClass: device", "objectClass: pwdPolicy", "pwdAttribute: userPassword", *lines))
        running.server.apply(f"dn: cn=of-{policy},ou=policies,{SUFFIX}\nchangetype: add\n{words}\n")
    yield running
    running.server.stop()


@pytest.fixture
def site(make_idp: MakeIdp, policy_slapd: RunningSlapd) -> Idp:
    return make_idp(policy_slapd, plugins_toml=CHANGE)


@pytest.mark.parametrize(
    ("username", "code"),
    [
        pytest.param("expired", Code.PASSWORD_EXPIRED, id="W-12-expired"),
        pytest.param("reset", Code.PASSWORD_MUST_CHANGE, id="W-12-must-change"),
    ],
)
def test_a_password_that_ended_has_a_page_with_the_way_to_a_new_one(site: Idp, username: str, code: Code) -> None:
    browser = site.browser(CAMPUS)

    page = prove_password(browser, username)

    assert (page.name, page.code, page.saml_response) == ("error", code, None)
    assert CHANGE_URL in page.html
    assert "_eventId_return" in page.buttons
    back = browser.submit(page, "return")
    judged = browser.judged(back, SP)
    assert (judged.status, judged.sub_status) == ("Responder", "AuthnFailed")
    assert browser.visit(OTHER_SP).name == "password"


@pytest.mark.parametrize("username", ["expired", "reset"], ids=["W-12-expired", "W-12-must-change"])
def test_who_does_not_know_the_password_learns_nothing_of_it(site: Idp, username: str) -> None:
    browser = site.browser(CAMPUS)

    assert is_refusal(browser.submit(browser.visit(SP), j_username=username, j_password="no"), Code.WRONG_PASSWORD)


def sign_in(idp: Idp, username: str, address: str = CAMPUS) -> tuple[Browser, Page]:
    browser = idp.browser(address)
    return browser, browser.submit(browser.visit(SP), j_username=username, j_password=PASSWORD)


@pytest.mark.parametrize(
    ("username", "said"),
    [
        pytest.param("grace", "2", id="W-12-grace"),
        pytest.param("soon", "3 days", id="W-12-expires-soon"),
    ],
)
def test_a_warning_is_read_and_then_the_login_goes_on(site: Idp, username: str, said: str) -> None:
    browser, notice = sign_in(site, username)

    assert (notice.name, notice.saml_response, notice.code) == ("notice", None, None)
    assert CHANGE_URL in notice.html
    assert said in notice.html
    answer = browser.submit(notice)
    assert browser.judged(answer, SP).friendly["uid"] == (username,)


def test_w12_a_warning_of_a_year_is_none(site: Idp) -> None:
    assert is_success(sign_in(site, "later")[1])


def test_w12_the_last_grace_login_is_the_last(site: Idp) -> None:
    names = [sign_in(site, "grace")[1].name for _ in range(4)]

    assert names == ["notice", "notice", "notice", "error"]


def test_w12_after_the_warning_the_second_step_is_still_asked_for(site: Idp) -> None:
    site.enrol("soon")
    browser, notice = sign_in(site, "soon", OUTSIDE)

    page = browser.submit(notice)
    assert page.name == "certificate"
    assert is_success(browser.submit(browser.submit(page, "totp"), tokencode=site.code()))


@pytest.mark.parametrize("how", ["", "&lang=ja"], ids=["W-12-reload", "W-12-other-language"])
def test_a_notice_seen_again_is_the_same_notice(site: Idp, how: str) -> None:
    browser, notice = sign_in(site, "grace")

    again = browser.get(notice.action + how)

    assert again.name == "notice"
    assert is_success(browser.submit(again))


def test_w12_a_notice_lets_nobody_else_in(site: Idp) -> None:
    browser, notice = sign_in(site, "grace")
    thief = site.browser(CAMPUS)
    thief.visit(SP)

    assert thief.submit(notice).status == 403
    assert browser.visit(OTHER_SP).name == "password"
    other = browser.submit(notice, j_username="bob", j_password="whatever")
    assert browser.judged(other, SP).friendly["uid"] == ("grace",)


@pytest.mark.parametrize("size", [64, 128, 1024], ids=lambda size: f"W-13-{size}-bytes")
def test_a_long_password_is_passed_unchanged(site: Idp, policy_slapd: RunningSlapd, size: int) -> None:
    password = ("Pa ss-" * 200)[: size - 1] + "!"
    policy_slapd.server.apply(
        f"dn: uid=long,{PEOPLE_DN}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: L\nsn: L\n"
        f"userPassword: {password}\n"
    )
    browser = site.browser(CAMPUS)

    assert is_success(browser.submit(browser.visit(SP), j_username="long", j_password=password))
    shorter = site.browser(CAMPUS)
    assert is_refusal(
        shorter.submit(shorter.visit(SP), j_username="long", j_password=password[:-1]), Code.WRONG_PASSWORD
    )


@pytest.mark.parametrize("size", [1025, 4096], ids=lambda size: f"W-13-{size}-bytes")
def test_a_password_of_over_a_kibibyte_is_wrong(site: Idp, policy_slapd: RunningSlapd, size: int) -> None:
    browser = site.browser(CAMPUS)

    answer = browser.submit(browser.visit(SP), j_username="alice", j_password="é" * (size // 2) + "x" * (size % 2))

    assert is_refusal(answer, Code.WRONG_PASSWORD)
    assert "pwdFailureTime" not in policy_slapd.server.dump()


@pytest.mark.parametrize("form", ["as-it-is", "NFC", "NFD", "NFKC"], ids=lambda form: f"W-13-{form}")
def test_a_password_is_its_octets(site: Idp, form: str) -> None:
    right = password_of("unicode")
    typed = right if form == "as-it-is" else unicodedata.normalize(form, right)  # type: ignore[arg-type]
    browser = site.browser(CAMPUS)

    answer = browser.submit(browser.visit(SP), j_username="unicode", j_password=typed)

    assert is_success(answer) is (typed == right)
