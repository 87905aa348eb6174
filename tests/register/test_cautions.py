"""Who changes nothing though the rules are met: the frozen, the dormant, who has a factor too new (T-33, T-36)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.cli.context import CommandContext
from idp.cli.registration import registration
from idp.core.codes import Code
from idp.core.proof import Binding
from idp.flow.history import Login
from tests.parts.off_campus import OffCampus
from tests.parts.site import CAMPUS, OUTSIDE, Idp, Page
from tests.parts.slapd import RunningSlapd
from tests.parts.smtp import PostOffice
from tests.register.steps import ACCOUNT, REGISTER, RESET, SP, Person, binding_of, credentials_of, events_of, someone

DAY = 24


@pytest.fixture
def site(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[OffCampus]:
    with PostOffice() as office:
        site = OffCampus(tmp_path / "conf", own_slapd, office, SP)
        site.give_card()
        yield site
        site.close()


def used(idp: Idp, username: str = "carol") -> None:
    """Note a login now."""
    subject = idp.site.directory.find(username)
    assert subject is not None
    idp.site.history.record(subject.id, Login(idp.clock(), "s", SP.entity_id, "campus", CAMPUS, ("password",)))


def watched(idp: Idp) -> None:
    """Begin to count: what was before is not known."""
    subject = idp.site.directory.find("carol")
    assert subject is not None
    idp.site.cautions.is_dormant(subject, idp.clock())


def by_card_and_mail(site: OffCampus, path: str = REGISTER) -> tuple[Person, Page]:
    browser, page = site.to_mail(path=path)
    return Person(site.idp, browser), browser.submit(page, mailcode=site.code())


@pytest.mark.parametrize(("days", "code"), [(179, None), (180, Code.ACCOUNT_DORMANT)])
def test_t36_an_account_that_was_not_used_for_180_days_registers_nothing_by_password(
    site: OffCampus, days: int, code: Code | None
) -> None:
    watched(site.idp)
    used(site.idp)
    site.idp.clock.advance(hours=days * DAY)

    page = someone(site.idp).open()

    assert (page.name, page.code) == ("error" if code else "register", code)
    assert credentials_of(site.idp) == ()


@pytest.mark.parametrize(("days", "code"), [(59, None), (60, Code.ACCOUNT_DORMANT)])
def test_t36_an_account_that_was_never_used_for_60_days_registers_nothing_by_password(
    site: OffCampus, own_slapd: RunningSlapd, days: int, code: Code | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched(site.idp)
    made = site.idp.clock()
    monkeypatch.setattr(site.idp.site.cautions, "_made_at", lambda subject: made)
    site.idp.clock.advance(hours=days * DAY)

    assert someone(site.idp).open().code == code


def test_t36_when_the_entry_was_made_is_read_in_the_directory(site: OffCampus) -> None:
    subject = site.idp.site.directory.find("carol")
    assert subject is not None

    made = site.idp.site.cautions._made_at(subject)

    assert made is not None
    assert f"{made:%Y%m%d%H%M%SZ}" in site.idp.site.tools("x").people.attributes(subject)["createtimestamp"]


def test_t36_nobody_is_dormant_before_logins_were_written_down_for_so_long(site: OffCampus) -> None:
    site.idp.clock.advance(hours=3000 * DAY)

    assert someone(site.idp).open().name == "register"


def test_t36_a_login_of_today_wakes_nobody(site: OffCampus) -> None:
    watched(site.idp)
    used(site.idp)
    site.idp.clock.advance(hours=200 * DAY)
    used(site.idp)
    assert someone(site.idp).open().code == Code.ACCOUNT_DORMANT

    site.idp.clock.advance(hours=25)
    assert someone(site.idp).open().name == "register"


def test_t36_a_dormant_account_registers_with_a_code_of_the_help_desk_and_not_with_card_and_mail(
    site: OffCampus,
) -> None:
    watched(site.idp)
    used(site.idp)
    site.idp.clock.advance(hours=200 * DAY)
    _, page = by_card_and_mail(site)
    assert page.code == Code.ACCOUNT_DORMANT

    browser, page = site.open()
    page = browser.submit(browser.submit(page, "activation"), activation=site.issue())

    assert Person(site.idp, browser).register(page).name == "account"


def test_t36_a_dormant_account_resets_nothing_by_password(make_site: object, site: OffCampus) -> None:
    someone(site.idp).register()
    watched(site.idp)
    used(site.idp)
    site.idp.clock.advance(hours=200 * DAY)

    _, page = by_card_and_mail(site, RESET)

    assert page.code == Code.ACCOUNT_DORMANT
    assert len(credentials_of(site.idp)) == 1


@pytest.mark.parametrize(("hours", "hindered"), [(23, True), (25, False)])
@pytest.mark.parametrize("path", [REGISTER, RESET])
def test_t33_an_app_bound_without_the_old_one_changes_nothing_else_for_a_day(
    site: OffCampus, path: str, hours: int, hindered: bool
) -> None:
    person, page = by_card_and_mail(site)
    person.register(page)
    site.idp.clock.advance(hours=hours)
    before = credentials_of(site.idp)

    again = Person(site.idp, site.idp.browser(OUTSIDE), key=person.key)
    page = again.open(path, code=person.code())

    assert page.code == (Code.FACTOR_TOO_NEW if hindered else None)
    if hindered:
        assert re.search(r"another \d+ minutes", page.html)
        assert [each.id for each in credentials_of(site.idp)] == [each.id for each in before]
        assert events_of(site.idp)[-1]["code"] == Code.FACTOR_TOO_NEW


def test_t33_in_that_day_it_logs_in(site: OffCampus) -> None:
    person, page = by_card_and_mail(site)
    person.register(page)

    assert person.log_in().name == "post"


def test_t33_an_app_bound_first_on_campus_or_by_a_factor_waits_for_nothing(site: OffCampus) -> None:
    person = someone(site.idp)
    person.register()
    assert binding_of(site.idp) == Binding.CAMPUS_FIRST
    site.idp.clock.advance(minutes=1)

    page = person.open(REGISTER, code=person.code())
    assert page.name == "register"
    person.register(page)
    site.idp.clock.advance(minutes=1)
    assert person.open(REGISTER, code=person.code()).name == "register"


def freeze(site: OffCampus) -> Page:
    """Follow the address of the last notice and press the button."""
    browser = site.idp.browser(OUTSIDE)
    return browser.submit(browser.get(stop_address(site)), "freeze")


def stop_address(site: OffCampus) -> str:
    letters = [each for each in site.received() if "not-me" in each.text]
    return re.findall(r"https://\S+/idp/account/not-me\?change=\S+", letters[-1].text)[0]


def test_people_r10_the_address_in_a_notice_opens_a_page_whose_button_alone_acts(site: OffCampus) -> None:
    someone(site.idp).register()
    browser = site.idp.browser(OUTSIDE)
    for _ in range(2):
        page = browser.get(stop_address(site))
        assert (page.name, page.status, page.buttons) == ("not-me", 200, ["_eventId_freeze"])
    subject = site.idp.site.directory.find("carol")
    assert subject is not None
    assert not site.idp.site.cautions.is_frozen(subject)

    done = browser.submit(page, "freeze")

    assert 'data-frozen="yes"' in done.html
    assert site.idp.site.cautions.is_frozen(subject)
    event = events_of(site.idp)[-1]
    assert (event["event"], event["username"], event["decision"]) == ("REGISTRATION_FROZEN", "carol", "changed")
    assert "totp registered" in str(event["reason"])


@pytest.mark.parametrize("path", [REGISTER, RESET])
def test_a_frozen_account_changes_nothing_with_whatever_proof(site: OffCampus, path: str) -> None:
    person = someone(site.idp)
    person.register()
    freeze(site)
    site.idp.clock.advance(minutes=2)
    before = credentials_of(site.idp)

    assert someone(site.idp).open(path, code=person.code()).code == Code.REGISTRATION_FROZEN
    site.idp.clock.advance(minutes=2)
    assert by_card_and_mail(site, path)[1].code == Code.REGISTRATION_FROZEN
    assert [each.id for each in credentials_of(site.idp)] == [each.id for each in before]


def test_a_freeze_falls_upon_a_registration_that_is_under_way(site: OffCampus) -> None:
    someone(site.idp).register()
    thief, page = by_card_and_mail(site)
    thief.scan(page)
    before = credentials_of(site.idp)
    freeze(site)

    answer = thief.browser.submit(page, "register", tokencode=thief.code())

    assert answer.code == Code.REGISTRATION_FROZEN
    assert [each.id for each in credentials_of(site.idp)] == [each.id for each in before]


def test_a_frozen_account_logs_in(site: OffCampus) -> None:
    person = someone(site.idp)
    person.register()
    freeze(site)

    assert person.log_in().name == "post"
    assert person.browser.get(ACCOUNT).status == 200


def run(site: OffCampus, *words: str) -> Result:
    return CliRunner().invoke(registration, list(words), obj=CommandContext(site.idp.conf, site.idp.site))


def test_the_help_desk_lifts_it_and_the_address_of_before_freezes_nothing_again(site: OffCampus) -> None:
    person = someone(site.idp)
    person.register()
    address = stop_address(site)
    freeze(site)

    site.idp.clock.advance(minutes=2)
    done = run(site, "unfreeze", "carol", "--reason", "came with her card")

    assert done.exit_code == 0, done.output
    [*_, event] = [each for each in events_of(site.idp) if each["event"] == "REGISTRATION_UNFREEZE"]
    assert (event["username"], event["decision"], event["reason"]) == ("carol", "changed", "came with her card")
    late = site.idp.browser(OUTSIDE).get(address)
    assert (late.status, late.code) == (410, Code.NOT_ME_STALE)
    assert someone(site.idp).open(REGISTER, code=person.code()).name == "register"


@pytest.mark.parametrize("words", [("unfreeze", "carol", "--reason", "x"), ("freeze", "carol"), ("freeze", "nobody")])
def test_what_cannot_be_lifted_or_has_no_reason_is_said(site: OffCampus, words: tuple[str, ...]) -> None:
    assert run(site, *words).exit_code in {1, 2}


def test_an_administrator_freezes_too(site: OffCampus) -> None:
    assert run(site, "freeze", "carol", "--reason", "called").exit_code == 0

    assert someone(site.idp).open().code == Code.REGISTRATION_FROZEN


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"), id="E-04-signature"),
        pytest.param(lambda value: "A" + value[1:], id="E-04-content"),
        pytest.param(lambda value: value.partition(".")[0], id="E-04-no-signature"),
        pytest.param(lambda value: "", id="E-04-nothing"),
        pytest.param(lambda value: value + "x" * 5000, id="E-04-too-long"),
    ],
)
def test_e04_an_address_of_nobodys_making_does_nothing(site: OffCampus, change: object) -> None:
    someone(site.idp).register()
    head, _, value = stop_address(site).partition("change=")
    browser = site.idp.browser(OUTSIDE)
    forged = f"{head}change={change(value)}"  # type: ignore[operator]

    for answer in (browser.get(forged), browser.post(forged, {"_eventId_freeze": ""})):
        assert (answer.status, answer.code) == (410, Code.NOT_ME_STALE)


def test_e04_an_address_is_good_for_thirty_days(site: OffCampus) -> None:
    someone(site.idp).register()
    address = stop_address(site)
    site.idp.clock.advance(hours=30 * DAY)

    assert site.idp.browser(OUTSIDE).get(address).code == Code.NOT_ME_STALE


def test_s07_another_site_cannot_press_the_button(site: OffCampus) -> None:
    someone(site.idp).register()
    browser = site.idp.browser(OUTSIDE)
    headers = {"Origin": "https://evil.example"}

    answer = browser.post(stop_address(site), {"_eventId_freeze": ""}, headers=headers)

    assert answer.status == 403
