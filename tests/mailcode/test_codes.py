"""Codes by mail: security.md E-01 to E-08 and E-10."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest

from idp.core.codes import Code
from idp.plugin import Ask, Outcome, Proved, Purpose, Subject, Tools, Visit, Wrong
from idp.plugin.conformance import Case, check_method
from plugins.mailcode import PLUGIN
from plugins.mailcode.method import MailCodeMethod
from tests.parts.off_campus import OffCampus, address_of, password_of
from tests.parts.site import OUTSIDE


def method(site: OffCampus) -> MailCodeMethod:
    found = site.idp.site.methods["mailcode"].method
    assert isinstance(found, MailCodeMethod)
    return found


def tools(site: OffCampus) -> Tools:
    return site.idp.site.toolbox("mailcode", site.idp.clock())


def visit(site: OffCampus, username: str = "carol", purpose: Purpose = Purpose.REGISTER) -> Visit:
    return Visit(purpose, site.idp.site.directory.find(username), "outside", "en", "browser")


def sent(site: OffCampus, to: Visit) -> Visit:
    """Have a code sent; gives the visit that comes back with it."""
    ask = method(site).announce(to, tools(site))
    assert isinstance(ask, Ask)
    assert ask.problem is None
    return replace(to, state=ask.state)


def enter(site: OffCampus, back: Visit, code: str) -> Outcome:
    return method(site).resume(replace(back, form={"mailcode": code}), tools(site))


def problem(outcome: Outcome) -> Code | None:
    return outcome.code if isinstance(outcome, Wrong) else outcome.problem if isinstance(outcome, Ask) else None


def test_e01_a_code_is_six_random_digits(site: OffCampus) -> None:
    digits: Counter[str] = Counter()
    codes = set()
    for _ in range(40):
        sent(site, visit(site))
        codes.add(site.code())
        digits.update(site.code())
        site.idp.clock.advance(hours=7)

    assert all(re.fullmatch(r"[0-9]{6}", each) for each in codes)
    assert len(codes) > 35
    assert len(digits) == 10


def test_e01_a_code_lives_ten_minutes(site: OffCampus) -> None:
    back = sent(site, visit(site))
    code = site.code()

    site.idp.clock.advance(minutes=10)
    assert problem(enter(site, back, code)) is Code.MAIL_CODE_SPENT
    again = sent(site, visit(site))
    site.idp.clock.advance(minutes=10, seconds=-1)
    assert isinstance(enter(site, again, site.code()), Proved)


def test_e01_a_code_is_good_once(site: OffCampus) -> None:
    back = sent(site, visit(site))

    assert isinstance(enter(site, back, site.code()), Proved)
    assert problem(enter(site, back, site.code())) is Code.MAIL_CODE_SPENT


def test_e01_nothing_that_is_kept_tells_the_code(site: OffCampus) -> None:
    """A letter that waits is in records.sqlite, as it will be in the mailbox; nothing else has the code."""
    sent(site, visit(site))
    code = site.code()
    files = [file for name in ("state", "log") for file in Path(site.idp.conf, name).glob("[!r]*") if file.is_file()]

    assert len(files) > 1
    for file in files:
        assert code.encode() not in file.read_bytes(), file


def test_e01_it_is_a_confirmation_and_no_factor(site: OffCampus) -> None:
    proved = enter(site, sent(site, visit(site)), site.code())

    assert isinstance(proved, Proved)
    assert proved.proof.factors == frozenset()


def test_e02_a_code_stands_five_tries(site: OffCampus) -> None:
    back = sent(site, visit(site))
    wrong = f"{(int(site.code()) + 1) % 10**6:06}"

    assert [problem(enter(site, back, wrong)) for _ in range(5)] == [Code.WRONG_MAIL_CODE] * 5
    assert problem(enter(site, back, site.code())) is Code.MAIL_CODE_SPENT


def test_e02_three_codes_are_sent_in_six_hours(site: OffCampus) -> None:
    for _ in range(3):
        sent(site, visit(site))

    refused = method(site).announce(visit(site), tools(site))

    assert problem(refused) is Code.TOO_MANY_MAIL_CODES
    assert isinstance(refused, Ask)
    assert refused.values["wait"] == "360"
    assert site.sent() == 3
    site.idp.clock.advance(hours=6)
    sent(site, visit(site))
    assert site.sent() == 4


def test_e02_tries_are_counted_over_all_codes_of_a_person(site: OffCampus) -> None:
    for _ in range(3):
        browser, page = site.open()
        for _ in range(5):
            page = browser.submit(page, mailcode="000000")
            assert page.code == Code.WRONG_MAIL_CODE

    site.idp.clock.advance(minutes=1)
    assert browser.submit(page, mailcode="000000").code == Code.TOO_MANY_CODES


@pytest.mark.parametrize("number", range(5))
def test_e03_of_two_who_enter_the_right_code_at_once_one_wins(site: OffCampus, number: int) -> None:
    back = sent(site, visit(site))
    code = site.code()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: enter(site, back, code), range(2)))

    assert sum(isinstance(each, Proved) for each in outcomes) == 1


def test_e04_a_code_is_good_in_its_own_conversation_alone(site: OffCampus) -> None:
    one, page = site.open()
    code = site.code()
    other, there = site.open()

    assert other.submit(there, mailcode=code).code == Code.WRONG_MAIL_CODE
    assert one.submit(page, mailcode=code).name == "register"
    assert other.get(page.action).status == 403


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda back, bob: replace(back, subject=bob), id="E-04-another-person"),
        pytest.param(lambda back, bob: replace(back, purpose=Purpose.RESET), id="E-04-another-purpose"),
        pytest.param(lambda back, bob: replace(back, state=b"0" * 32), id="E-04-another-step"),
        pytest.param(lambda back, bob: replace(back, state=b""), id="E-04-no-step"),
    ],
)
def test_e04_a_code_is_good_for_whom_and_what_it_was_sent(site: OffCampus, change: object) -> None:
    back = sent(site, visit(site))
    bob = site.idp.site.directory.find("bob")

    assert isinstance(enter(site, change(back, bob), site.code()), Wrong)  # type: ignore[operator]
    assert isinstance(enter(site, back, site.code()), Proved)


def test_e04_after_a_change_of_the_address_the_code_is_void(site: OffCampus) -> None:
    back = sent(site, visit(site))
    code = site.code()
    site.write_address("carol", "carol@other.example.net")

    assert isinstance(enter(site, back, code), Wrong)


def unusable(site: OffCampus, why: str) -> None:
    """Leave carol without an address that may be written to."""
    if why == "none":
        site.write_address("carol")
    elif why == "own":
        site.write_address("carol", "carol@example.ac.jp")
    else:
        site.write_address("carol", "carol@new.example.net", changed=site.idp.clock() - timedelta(days=6))


@pytest.mark.parametrize("why", [pytest.param(each, id=f"E-05-{each}") for each in ("none", "own", "too-new")])
def test_e05_without_an_address_the_page_is_the_same_and_nothing_is_sent(site: OffCampus, why: str) -> None:
    usual = re.sub(r"<strong>[^<]*</strong>", "", site.open()[1].html)
    unusable(site, why)
    before = site.sent()

    browser, page = site.open()

    assert (page.name, page.status, page.code) == ("mailcode", 200, None)
    assert _without_tokens(re.sub(r"<strong>[^<]*</strong>", "", page.html)) == _without_tokens(usual)
    assert site.sent() == before
    assert browser.submit(page, mailcode="123456").code == Code.WRONG_MAIL_CODE


def _without_tokens(html: str) -> str:
    return re.sub(r'(execution=|value=")[0-9a-f.]{20,}', r"\1", html)


def test_e05_nobody_sees_the_same_page(site: OffCampus) -> None:
    nobody = Visit(Purpose.REGISTER, None, "outside", "en", "browser")

    ask = method(site).announce(nobody, tools(site))

    assert isinstance(ask, Ask)
    assert ask.page == "mailcode"
    assert isinstance(enter(site, replace(nobody, state=ask.state), "123456"), Wrong)


def test_e05_it_takes_as_long(site: OffCampus) -> None:
    """Measured by turns, so that what else the machine does falls on both; the fastest of each is its own time."""
    site.write_address("bob")
    times: dict[str, list[float]] = {"carol": [], "bob": []}
    for _ in range(20):
        for username, taken in times.items():
            here, now = visit(site, username), tools(site)
            begun = perf_counter()
            method(site).announce(here, now)
            taken.append(perf_counter() - begun)
        site.idp.clock.advance(hours=7)

    assert 1 / 2 < min(times["bob"]) / min(times["carol"]) < 2


def test_e05_mail_is_limited_for_all_together_and_told(site: OffCampus, monkeypatch: pytest.MonkeyPatch) -> None:
    few = MailCodeMethod(method(site)._settings.model_copy(update={"most_an_hour": 2}))
    alarms: list[str] = []
    for username in ("carol", "bob", "carol"):
        ask = few.announce(visit(site, username), replace(tools(site), alarm=alarms.append))

    assert problem(ask) is Code.TOO_MANY_MAIL_CODES
    assert site.sent() == 2
    assert alarms == ["more than 2 codes by mail in an hour"]


@pytest.mark.parametrize(("days", "expected"), [(6.9, 0), (7.1, 1)])
def test_e06_an_address_changed_within_seven_days_is_not_written_to(
    site: OffCampus, days: float, expected: int
) -> None:
    site.write_address("carol", "thief@mail.example.org", changed=site.idp.clock() - timedelta(days=days))

    site.open()

    assert site.sent() == expected


def test_e06_where_the_directory_does_not_tell_what_was_seen_here_counts(site: OffCampus) -> None:
    settings = method(site)._settings.model_copy(update={"changed_attribute": "title"})
    seen, subject = MailCodeMethod(settings), visit(site).subject
    assert subject is not None
    assert seen.verdict(subject, tools(site)) == "too-new"

    site.idp.clock.advance(days=7, seconds=-1)
    assert seen.verdict(subject, tools(site)) == "too-new"
    site.idp.clock.advance(seconds=1)
    assert seen.verdict(subject, tools(site)) == "usable"
    site.write_address("carol", "carol@other.example.net")
    assert seen.verdict(subject, tools(site)) == "too-new"


def test_e06_an_entry_that_has_not_changed_for_a_week_has_no_new_address(site: OffCampus) -> None:
    settings = method(site)._settings.model_copy(update={"changed_attribute": ""})
    by_entry, subject = MailCodeMethod(settings), visit(site).subject
    assert subject is not None
    changed = tools(site).people.attributes(subject)["modifytimestamp"][0]

    site.idp.clock.now = site.idp.clock.now.strptime(changed, "%Y%m%d%H%M%S%z") + timedelta(days=7)

    assert by_entry.verdict(subject, tools(site)) == "usable"


@pytest.mark.parametrize("address", ["carol@example.ac.jp", "CAROL@Mail.Example.AC.JP", "carol@cs.example.ac.jp"])
def test_e06_the_accounts_own_mailbox_is_not_written_to(site: OffCampus, address: str) -> None:
    site.write_address("carol", address)

    site.open()

    assert site.sent() == 0


@pytest.mark.parametrize("value", ["carol@mail.example.net\r\nBcc: eve@example.org", "a@example.net, eve@example.org"])
def test_e07_a_line_end_in_the_directory_is_no_second_recipient(site: OffCampus, value: str) -> None:
    site.write_address("carol", value)

    site.open()

    assert site.received() == []


def test_e08_a_letter_that_cannot_be_kept_ends_the_step_and_nothing_falls_through(site: OffCampus) -> None:
    file = site.idp.site.settings.records_path
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    file.mkdir()

    browser, page = site.open()

    assert page.status == 503
    assert browser.get("/idp/account/register").name == "password"


def test_e08_while_the_mail_server_is_away_the_code_waits(site: OffCampus) -> None:
    site.office.answers["RCPT"] = "451 later"
    browser, page = site.open()
    assert page.name == "mailcode"
    assert site.sent() == 0
    assert browser.submit(page, mailcode="000000").name == "mailcode"

    site.office.answers.clear()
    site.idp.clock.advance(minutes=2)

    assert browser.submit(page, mailcode=site.code()).name == "register"


def test_e10_another_way_and_back_carries_nothing_over(site: OffCampus) -> None:
    browser, page = site.open()
    first = site.code()
    page = browser.submit(page, "activation")
    assert page.name == "activation"
    page = browser.submit(page, "mailcode")

    assert site.sent() == 2
    assert browser.submit(page, mailcode=first).code == Code.WRONG_MAIL_CODE
    assert browser.submit(page, "activation").name == "activation"


def test_e10_a_code_sent_for_one_way_is_none_of_another(site: OffCampus) -> None:
    browser, page = site.open()
    code = site.code()
    page = browser.submit(page, "activation")

    page = browser.submit(page, activation=code)

    assert (page.name, page.code) == ("activation", Code.WRONG_ACTIVATION)
    assert browser.submit(page, mailcode=code).name == "activation"


def test_a_new_code_makes_the_one_before_void(site: OffCampus) -> None:
    browser, page = site.open()
    first = site.code()

    page = browser.submit(page, "again")

    assert browser.submit(page, mailcode=first).code == Code.WRONG_MAIL_CODE
    assert browser.submit(page, mailcode=site.code()).name == "register"


def test_the_page_seen_again_sends_nothing_more(site: OffCampus) -> None:
    browser, page = site.open()
    for _ in range(3):
        assert browser.get(page.action).name == "mailcode"

    assert site.sent() == 1


def test_the_page_masks_the_address(site: OffCampus) -> None:
    _, page = site.open()

    assert "c***@mail.example.net" in page.html
    assert address_of("carol") not in page.html


@pytest.mark.parametrize("typed", [" １２３４５６ ", "123 456"])
def test_a_code_as_people_type_it_is_judged(site: OffCampus, typed: str) -> None:
    browser, page = site.open()

    assert browser.submit(page, mailcode=typed).code == Code.WRONG_MAIL_CODE
    assert browser.submit(page, mailcode="").code == Code.CODE_EMPTY
    assert browser.submit(page, mailcode="abcdef").code == Code.CODE_FORMAT


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_letter_says_what_it_is_and_what_to_do_if_it_was_not_you(site: OffCampus, language: str) -> None:
    browser = site.idp.browser(OUTSIDE, language)
    browser.submit(browser.get("/idp/account/register"), j_username="carol", j_password=password_of("carol"))

    letter = site.received()[-1]

    assert letter.recipients == [address_of("carol")]
    assert {"ja": "パスワードを変更", "en": "Change it"}[language] in letter.text
    assert "http" not in letter.text


def test_it_keeps_the_rules_of_methods(site: OffCampus) -> None:
    def make() -> Tools:
        site.idp.clock.advance(hours=7)
        return tools(site)

    def subject() -> Subject | None:
        return visit(site).subject

    assert subject() is not None
    check_method(PLUGIN, make, [Case("carol", visit(site), wrong={"mailcode": "000000"})])
