"""Registering from off campus, as the university's page tells it (seed-08 to seed-10), and T-31 to T-36 there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.core.codes import Code
from tests.parts.off_campus import OffCampus
from tests.parts.site import OUTSIDE
from tests.parts.slapd import RunningSlapd
from tests.parts.smtp import PostOffice
from tests.register.steps import (
    MFA,
    REGISTER,
    RESET,
    SP,
    TIME_SYNC,
    Person,
    binding_of,
    credentials_of,
    events_of,
    secrets_of,
)


@pytest.fixture
def site(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[OffCampus]:
    with PostOffice() as office:
        site = OffCampus(tmp_path / "conf", own_slapd, office, SP)
        site.give_card()
        yield site
        site.close()


def registering(site: OffCampus) -> Person:
    """Somebody outside who has come to the page of the key with card and mail."""
    browser, page = site.to_mail()
    assert page.name == "mailcode", (page.status, page.name, page.code)
    page = browser.submit(page, mailcode=site.code())
    person = Person(site.idp, browser)
    person.scan(page)
    person.page = page
    return person


def register(site: OffCampus) -> Person:
    person = registering(site)
    assert person.register(person.page).name == "account"
    return person


def test_seed_08_the_matrix_code_is_asked_for_behind_the_password(site: OffCampus) -> None:
    browser, page = site.open()

    assert page.name == "matrix"
    assert site.sent() == 0
    assert site.answer_card(browser, page).name == "mailcode"


def test_seed_08_without_a_card_the_help_desk_helps(site: OffCampus) -> None:
    browser, page = site.open(username="bob")

    assert (page.name, page.code) == ("activation", Code.NO_CARD)
    assert browser.submit(page, activation=site.issue("bob")).name == "register"


def test_seed_09_mail_to_the_recovery_address_is_read_and_the_app_registered(site: OffCampus) -> None:
    browser, page = site.to_mail()
    person = Person(site.idp, browser)

    done = person.register(browser.submit(page, mailcode=site.code()))

    assert done.name == "account"
    assert 'data-done="register"' in done.html
    assert binding_of(site.idp) == "card-and-mail"
    for context in (TIME_SYNC, MFA):
        assert person.log_in(authn_context_class_refs=(context,)).name == "post"


def test_seed_10_off_campus_too_one_app_and_the_last_one_is_valid(site: OffCampus) -> None:
    first = register(site).key
    site.idp.clock.advance(hours=25)
    _, page = site.open()
    assert (page.name, "_eventId_matrix" in page.buttons) == ("totp", True)

    person = register(site)

    assert secrets_of(site.idp) == [person.key]
    assert person.key != first
    assert person.log_in().name == "post"


def test_seed_10_the_audit_log_tells_the_way(site: OffCampus) -> None:
    register(site)

    [event] = [each for each in events_of(site.idp) if each["decision"] == "registered"]

    assert (event["rule"], event["network"], event["binding"]) == ("register elsewhere", "outside", "card-and-mail")
    assert event["methods"] == ["password", "matrix", "mailcode"]


def test_t33_with_the_password_alone_nothing_is_registered_off_campus(site: OffCampus) -> None:
    browser, page = site.open()
    for event in ("register", "reset", "proceed", "totp", "mailcode", "matrix"):
        page = browser.submit(page, event, tokencode="000000", mailcode="000000", activation="AAAAA-AAAAA")
        assert page.name == "matrix"
    page = browser.submit(page, "activation")
    page = browser.submit(page, "register", tokencode="000000", activation="AAAAA-AAAAA")

    assert page.name == "activation"
    assert credentials_of(site.idp) == ()
    assert site.received() == []


def test_t33_card_without_mail_registers_nothing(site: OffCampus) -> None:
    browser, page = site.to_mail()

    for event in ("register", "reset", "proceed", "matrix"):
        page = browser.submit(page, event, mailcode="000000", tokencode="000000")
        assert page.name == "mailcode"
    assert credentials_of(site.idp) == ()


def test_t33_what_was_proved_on_campus_is_not_enough_outside(site: OffCampus) -> None:
    thief = Person(site.idp, site.idp.browser())
    page = thief.scan(thief.open())
    thief.browser.address = OUTSIDE

    answer = thief.browser.submit(page, "register", tokencode=thief.code())

    assert answer.name == "matrix"
    assert credentials_of(site.idp) == ()


def test_t33_the_change_is_told_by_mail(site: OffCampus) -> None:
    register(site)

    letter = site.received()[-1]

    assert letter.recipients == ["carol@example.ac.jp"]
    assert "outside" in letter.text


def test_t31_the_page_of_the_key_is_kept_by_nobody_off_campus_too(site: OffCampus) -> None:
    one, other = registering(site), registering(site)

    assert one.page.response.headers["Cache-Control"] == "no-store"
    assert one.key != other.key


def test_t32_another_persons_code_lets_nobody_in(site: OffCampus) -> None:
    site.give_card("bob")
    mine, page = site.to_mail("bob")
    code = site.code()
    theirs, there = site.to_mail("carol")

    assert theirs.submit(there, mailcode=code).code == Code.WRONG_MAIL_CODE
    assert theirs.post(there.action, {**page.hidden, "mailcode": code, "_eventId_proceed": ""}).status == 403
    assert mine.submit(page, mailcode=code).name == "register"


def test_t34_of_two_that_register_off_campus_the_later_is_asked_for_the_present_app(site: OffCampus) -> None:
    first, second = registering(site), registering(site)
    first.register(first.page)

    answer = second.register(second.page)

    assert answer.name == "account"
    assert secrets_of(site.idp) == [second.key]


def test_t35_an_abandoned_registration_off_campus_leaves_nothing(site: OffCampus) -> None:
    registering(site)
    site.idp.clock.advance(minutes=16)

    assert credentials_of(site.idp) == ()
    assert site.open()[1].name == "matrix"


@pytest.mark.parametrize("path", [REGISTER, RESET])
def test_t36_with_the_password_alone_nothing_is_replaced_or_reset_off_campus(site: OffCampus, path: str) -> None:
    Person(site.idp, site.idp.browser()).register()
    old = secrets_of(site.idp)
    browser, page = site.open(path=path)

    for event in ("register", "reset", "proceed"):
        page = browser.submit(page, event, tokencode="000000")
        assert page.name == "totp"
    assert secrets_of(site.idp) == old


def test_t36_a_lost_app_is_taken_away_with_card_and_mail(site: OffCampus) -> None:
    Person(site.idp, site.idp.browser()).register()
    site.idp.clock.advance(minutes=2)

    browser, page = site.to_mail(path=RESET)
    page = browser.submit(page, mailcode=site.code())
    assert (page.name, page.buttons) == ("reset", ["_eventId_reset"])
    page = browser.submit(page, "reset")

    assert credentials_of(site.idp) == ()
    person = Person(site.idp, browser)
    assert person.register(page).name == "account"
    assert binding_of(site.idp) == "card-and-mail"
