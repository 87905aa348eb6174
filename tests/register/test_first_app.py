"""Registering an app on campus, as the university's page tells it, statement by statement."""

import re
from base64 import b64decode
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from idp.core.codes import Code
from idp.core.proof import Binding
from tests.parts.site import CAMPUS, OUTSIDE, Idp
from tests.register.steps import ACCOUNT, MFA, REGISTER, RESET, SP, TIME_SYNC, key_of, password_of, secrets_of, someone


def test_seed_03_an_app_is_set_up_and_registered_and_proves_its_owner(idp: Idp) -> None:
    person = someone(idp)

    page = person.register()

    assert (page.name, page.status) == ("account", 200)
    assert 'data-done="register"' in page.html
    for context in (TIME_SYNC, MFA):
        answer = person.log_in(authn_context_class_refs=(context,))
        assert person.browser.judged(answer, SP).authn_context == context


@pytest.mark.parametrize("language", ["ja", "en"])
def test_seed_04_the_page_says_which_app_to_take_on_each_system(idp: Idp, language: str) -> None:
    page = someone(idp, language=language).open()

    guides = dict(
        re.findall(r'data-guide="(\w+)">(.*?)(?=<details class="guide"|</li>\s*<li>\s*<h2)', page.html, re.DOTALL)
    )

    assert guides.keys() == {"ios", "android", "windows", "macos", "linux"}
    assert all("Google Authenticator" in guides[system] for system in ("ios", "android"))
    assert all("KeePassXC" in guides[system] for system in ("windows", "macos", "linux"))
    assert all(guide.count("<svg") >= 4 for guide in guides.values())
    moving = {"ja": "WinAuth をお使いの方（移行）", "en": "Moving from WinAuth"}[language]
    assert guides["windows"].index(moving) < guides["windows"].index("2018")
    assert page.html.count("WinAuth") == guides["windows"].count("WinAuth")


@pytest.mark.parametrize("path", [REGISTER, RESET])
def test_seed_05_from_the_campus_the_password_leads_to_the_page(idp: Idp, path: str) -> None:
    page = someone(idp).open(path)

    assert page.name == "register"
    assert page.buttons == ["_eventId_register", "_eventId_reset"]
    assert 'data-registered="no"' in page.html


@pytest.mark.parametrize("path", [REGISTER, RESET])
def test_seed_05_from_elsewhere_the_page_says_why_and_what_to_do(idp: Idp, path: str) -> None:
    browser = idp.browser(OUTSIDE)

    page = browser.get(path)

    assert (page.status, page.name, page.code) == (403, "error", Code.NOT_FROM_HERE)
    assert "campus network" in page.html


def test_seed_06_one_app_is_registered_and_no_more(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    first = person.key
    idp.clock.advance(seconds=30)
    person.register()

    assert person.key != first
    assert secrets_of(idp) == [person.key]


def test_seed_07_the_last_app_registered_is_the_valid_one(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    first = person.key
    page = person.open()
    assert 'data-registered="yes"' in page.html
    assert person.log_in(code=person.code(steps=3)).name == "post"

    done = person.register(person.open())

    assert 'data-done="replace"' in done.html
    assert person.log_in().name == "post"
    idp.clock.advance(seconds=90)
    assert person.log_in(code=person.code(steps=3, key=first)).code == Code.WRONG_CODE


def test_seed_17_where_no_qr_code_shows_reset_makes_a_new_one(idp: Idp) -> None:
    person = someone(idp)
    page = person.open()

    again = person.browser.submit(page, "reset")

    assert again.name == "register"
    assert key_of(again) != key_of(page)
    assert person.register(again).name == "account"


def test_seed_17_where_it_says_registered_though_no_app_is_reset_mends_it(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    person.key = None
    page = person.open()
    assert 'data-registered="yes"' in page.html

    asked = person.browser.submit(page, "reset")
    assert (asked.name, asked.buttons) == ("reset", ["_eventId_reset"])
    fresh = person.browser.submit(asked, "reset")

    assert fresh.name == "register"
    assert 'data-registered="no"' in fresh.html
    assert person.register(fresh).name == "account"
    assert person.log_in().name == "post"


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("steps", [-10, -2, 2, 10])
def test_seed_18_a_clock_that_is_wrong_is_told_with_seconds_direction_and_both_codes(
    idp: Idp, language: str, steps: int
) -> None:
    person = someone(idp, language=language)
    page = person.scan(person.open())

    page = person.browser.submit(page, "register", tokencode=person.code(steps))

    assert (page.name, page.code) == ("register", Code.CLOCK_WRONG)
    assert "W100070" in page.html
    assert f'data-drift="{steps * 30}"' in page.html
    assert f"{abs(steps) * 30} " in page.html
    words = {"ja": ("進んで", "遅れて"), "en": ("ahead of", "behind")}[language]
    assert (words[0] in page.html, words[1] in page.html) == (steps > 0, steps < 0)
    assert "2026-11-24 09:00:00 JST" in page.html
    assert key_of(page) == person.key
    assert person.register(page).name == "account"


@pytest.mark.parametrize("steps", [-11, 11, 1000])
def test_seed_18_any_other_wrong_code_leaves_the_registration_open(idp: Idp, steps: int) -> None:
    person = someone(idp)
    page = person.scan(person.open())

    page = person.browser.submit(page, "register", tokencode=person.code(steps))

    assert (page.name, page.code) == ("register", Code.WRONG_FIRST_CODE)
    assert "not complete" in page.html
    assert "shared secret key" in page.html
    assert "W100070" not in page.html
    assert person.register(page).name == "account"


def test_t11_the_clock_is_told_of_at_registration_alone(idp: Idp) -> None:
    person = someone(idp)
    person.register()

    page = person.log_in(code=person.code(steps=8))

    assert page.code == Code.WRONG_CODE
    assert "W100070" not in page.html
    assert "drift" not in page.html


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", Code.CODE_EMPTY), ("12345", Code.CODE_FORMAT), ("abcdef", Code.CODE_FORMAT), ("1234567", Code.CODE_FORMAT)],
)
def test_t09_what_is_no_code_is_asked_for_again_with_the_same_key(idp: Idp, typed: str, code: Code) -> None:
    person = someone(idp)
    page = person.scan(person.open())

    again = person.browser.submit(page, "register", tokencode=typed)

    assert (again.name, again.code) == ("register", code)
    assert key_of(again) == person.key


def test_t09_a_code_as_people_type_it_is_taken(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())
    wide = person.code().translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})

    assert person.browser.submit(page, "register", tokencode=f" {wide[:3]} {wide[3:]} ").name == "account"


def test_seed_19_enter_registers_as_the_button_does(idp: Idp) -> None:
    person = someone(idp)
    page = person.scan(person.open())

    done = person.browser.post(page.action, {**page.hidden, "tokencode": person.code()})

    assert done.name == "account"
    assert 'data-done="register"' in done.html


def test_t01_the_code_that_registered_proves_nothing_again(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    used = person.code()
    browser = idp.browser(OUTSIDE)

    page = browser.log_in(browser.visit(SP), "carol", password_of("carol"), code=used)

    assert (page.name, page.code) == ("totp", Code.WRONG_CODE)


def test_the_key_stands_in_the_picture_the_link_and_the_text(idp: Idp) -> None:
    page = someone(idp).open()
    link = re.search(r'href="(otpauth://[^"]+)"', page.html)
    assert link

    uri = urlsplit(link[1].replace("&amp;", "&"))
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/Warifu:carol")
    assert parse_qs(uri.query) == {
        "secret": [re.findall(r'data-key="([A-Z2-7]+)"', page.html)[0]],
        "issuer": ["Warifu"],
    }
    groups = re.findall(r"<span>([A-Z2-7]{4})</span>", page.html)
    assert "".join(groups) in page.html
    assert len(groups) == 8
    picture = re.search(r'<img class="qr" src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', page.html)
    assert picture
    assert b64decode(picture[1]).startswith(b"<svg ")
    assert "key below" in picture[2]


def test_design_14_the_account_page_says_what_is_registered_since_when_and_how(idp: Idp) -> None:
    person = someone(idp)
    assert 'data-registered="no"' in person.open(ACCOUNT).html
    person.register()

    page = person.browser.get(ACCOUNT)

    assert page.name == "account"
    assert 'data-registered="yes"' in page.html
    assert "2026-11-24 09:00 JST" in page.html
    assert f'data-binding="{Binding.CAMPUS_FIRST}"' in page.html
    assert 'href="/idp/account/register?method=totp"' in page.html
    assert 'href="/idp/account/reset?method=totp"' in page.html


def test_the_account_page_outside_wants_what_a_login_wants_there(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    person.browser = idp.browser(OUTSIDE)
    idp.clock.advance(seconds=30)

    page = person.open(ACCOUNT)
    assert page.name == "totp"
    assert person.browser.submit(page, tokencode=person.code()).name == "account"
    assert person.browser.get(ACCOUNT).name == "account"


@pytest.mark.parametrize("query", ["?method=password", "?method=", "?method=totp2", "?method=__class__"])
def test_what_cannot_be_registered_is_not_there(idp: Idp, query: str) -> None:
    assert idp.browser(CAMPUS).get(f"{REGISTER}{query}").status == 404
