"""Nobody learns who exists: unknown, wrong, locked and disabled look and last the same (security.md W-08, W-09)."""

import re
from statistics import median
from time import perf_counter

import pytest

from idp.core.codes import Code
from idp.directory.result import Entry
from tests.login.conftest import SP
from tests.parts.logs import read_json_lines
from tests.parts.site import ASK_ALWAYS, CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.sites import GENEROUS, MakeIdp, is_refusal, is_success, never_lock, password_of
from tests.parts.slapd import RunningSlapd

PEOPLE_DN = "ou=people,dc=example,dc=ac,dc=jp"
UNKNOWN = "nobody1"
ENDED = "person00"
KINDS = {
    "unknown": (UNKNOWN, "whatever it is"),
    "wrong": ("person01", "whatever it is"),
    "locked": ("locked", "whatever it is"),
    "locked-right": ("locked", password_of("locked")),
    "disabled": (ENDED, "whatever it is"),
    "disabled-right": (ENDED, password_of(ENDED)),
    "expired": ("expired", "whatever it is"),
    "must-change": ("reset", "whatever it is"),
    "two-entries": ("twin@example.ac.jp", "twin Password"),
}
SAMPLES = 60
CLOSE_S = 0.010


@pytest.fixture
def calm(make_idp: MakeIdp, own_slapd: RunningSlapd, monkeypatch: pytest.MonkeyPatch) -> Idp:
    """A site that counts nobody out, over a directory that locks nobody out, with one account that has ended.

    slapd keeps no pwdEndTime; it is put into what is read, as 389 Directory Server's nsAccountLock would be.
    """
    never_lock(own_slapd)
    first = Entry.first

    def with_end(entry: Entry, attribute: str) -> bytes | None:
        ended = attribute == "nsAccountLock" and entry.dn.startswith(f"uid={ENDED},")
        return b"TRUE" if ended else first(entry, attribute)

    monkeypatch.setattr(Entry, "first", with_end)
    either = ('# user_filter = "(uid={username})"', 'user_filter = "(|(uid={username})(mail={username}))"')
    return make_idp(own_slapd, replace=(either,), plugins_toml=ASK_ALWAYS + GENEROUS)


def sign_in(browser: Browser, page: Page, username: str, password: str) -> Page:
    return browser.submit(page, j_username=username, j_password=password)


def comparable(page: Page, username: str) -> tuple[object, ...]:
    html = re.sub(r'value="\d+\.[0-9a-f]{64}"', "", page.html)
    html = html.replace(page.action.partition("=")[2], "").replace(f'value="{username}"', "value")
    headers = {name: value for name, value in page.response.headers.items() if name != "Content-Length"}
    return page.status, page.code, html, tuple(sorted(headers.items()))


def test_w08_every_refusal_is_the_same_page(calm: Idp) -> None:
    pages = {}
    for kind, (username, password) in KINDS.items():
        browser = calm.browser(OUTSIDE)
        pages[kind] = comparable(sign_in(browser, browser.visit(SP), username, password), username)

    assert pages["wrong"][:2] == (200, Code.WRONG_PASSWORD)
    assert [kind for kind, page in pages.items() if page != pages["wrong"]] == []


def test_w08_every_refusal_takes_as_long(calm: Idp) -> None:
    browsers = {kind: calm.browser(OUTSIDE) for kind in KINDS}
    pages = {kind: browser.visit(SP) for kind, browser in browsers.items()}
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(SAMPLES):
        for kind, (username, password) in KINDS.items():
            began = perf_counter()
            pages[kind] = sign_in(browsers[kind], pages[kind], username, password)
            taken[kind].append(perf_counter() - began)

    usual = median(taken["wrong"])
    apart = {kind: round(1000 * (median(samples) - usual), 2) for kind, samples in taken.items()}
    assert all(abs(difference) < 1000 * CLOSE_S for difference in apart.values()), apart


SPELLINGS = ("alice", "ALICE", "Alice ", "  alice", "ａｌｉｃｅ", "alice@example.ac.jp", "ALICE@EXAMPLE.AC.JP")


def test_w09_all_spellings_of_a_person_are_one_counter_one_subject_and_one_name(
    make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    either = ('# user_filter = "(uid={username})"', 'user_filter = "(|(uid={username})(mail={username}))"')
    idp = make_idp(own_slapd, replace=(either,))
    codes = []
    for number in range(3):
        for spelling in SPELLINGS:
            browser = idp.browser(f"203.0.113.{number}")
            codes.append(sign_in(browser, browser.visit(SP), spelling, "guessed").code)

    assert codes == [Code.WRONG_PASSWORD] * 10 + [Code.TOO_MANY_PASSWORDS] * 11
    wrong = [line for line in read_json_lines(idp.conf) if line["decision"] == "wrong"]
    assert {line["username"] for line in wrong} == {"alice"}
    assert len({line["subject_id"] for line in wrong}) == 1
    assert own_slapd.server.dump().count("pwdFailureTime: ") == 10


def test_w09_spellings_of_nobody_are_one_counter_too(idp: Idp) -> None:
    codes = []
    for spelling in ("Nobody2", "nobody2", " NOBODY2 ", "ｎｏｂｏｄｙ２") * 3:
        browser = idp.browser(OUTSIDE)
        codes.append(sign_in(browser, browser.visit(SP), spelling, "guessed").code)

    assert codes == [Code.WRONG_PASSWORD] * 10 + [Code.TOO_MANY_PASSWORDS] * 2


@pytest.mark.parametrize("spelling", SPELLINGS[:5], ids=lambda text: f"W-09-{text.strip()}")
def test_a_person_is_asserted_by_the_name_of_their_entry(idp: Idp, spelling: str) -> None:
    browser = idp.browser(CAMPUS)

    answer = sign_in(browser, browser.visit(SP), spelling, password_of("alice"))

    assert is_success(answer)
    assert browser.judged(answer, SP).friendly["uid"] == ("alice",)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        pytest.param("", password_of("alice"), id="W-03-no-name"),
        pytest.param("   ", password_of("alice"), id="W-03-blank-name"),
        pytest.param("alice", "", id="W-02-no-password"),
        pytest.param("alice", "    ", id="W-02-blank-password"),
    ],
)
def test_an_empty_field_is_asked_for_again_and_costs_nothing(idp: Idp, username: str, password: str) -> None:
    browser = idp.browser(CAMPUS)
    page = browser.visit(SP)
    for _ in range(12):
        page = sign_in(browser, page, username, password)
        assert is_refusal(page, Code.PASSWORD_EMPTY)

    assert is_success(sign_in(browser, page, "alice", password_of("alice")))


@pytest.mark.parametrize(
    "username",
    ["*", "*)(uid=*", "\\2a", "alice\0", "alice)(|(uid=*", 'a,+"\\<>;=#', "uid=alice", "x" * 300, "x" * 10_000],
    ids=lambda text: f"W-01-{text[:12]!r}",
)
def test_a_name_is_a_name_and_never_a_filter(idp: Idp, username: str) -> None:
    browser = idp.browser(CAMPUS)

    answer = sign_in(browser, browser.visit(SP), username, password_of("alice"))

    assert is_refusal(answer, Code.WRONG_PASSWORD)
