"""Passkeys with Chromium's own virtual authenticator: registered, after a password, in place of one, and in the way."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.accessible import ZOOMED, unreached, violations
from tests.browser.authenticator import VirtualAuthenticator
from tests.browser.chromium import DESKTOP, PHONE, Person, chromium, sit_down
from tests.browser.looks import faint_texts, small_targets, too_wide
from tests.browser.test_screenshots import Album
from tests.browser.university import University, university
from tests.parts.driver import Account
from tests.passkey.conftest import CONTEXT

pytestmark = pytest.mark.slow

MFA = "https://refeds.org/profile/mfa"
REGISTER = "/idp/account/register?method=passkey"
METHODS = ("password", "passkey", "clientcert", "totp")
LANGUAGES = ("ja", "en")
in_both_languages = pytest.mark.parametrize("language", LANGUAGES)

SitDown = Callable[..., Person]


@pytest.fixture(scope="module")
def univ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[University]:
    """A university where passkeys are enabled."""
    folder = tmp_path_factory.mktemp("passkeys")
    with university(folder, methods=METHODS, contexts_toml=CONTEXT) as running:
        yield running


@pytest.fixture(scope="module")
def browsers(playwright: Playwright, univ: University) -> Iterator[dict[bool, Browser]]:
    """A browser on campus, and one outside."""
    with ExitStack() as stack:
        yield {
            on_campus: stack.enter_context(chromium(playwright, univ, network))
            for on_campus, network in ((True, "campus"), (False, "outside"))
        }


@pytest.fixture
def person(univ: University, browsers: dict[bool, Browser]) -> Iterator[SitDown]:
    """Gives a function that sits somebody down; no browser may have complained at the end."""
    seated: list[Person] = []

    def make(language: str = "en", *, campus: bool = False, **options: object) -> Person:
        seated.append(sit_down(browsers[campus], univ, language, **options))  # type: ignore[arg-type]
        return seated[-1]

    yield make
    for each in seated:
        each.context.close()
    assert [complaint for each in seated for complaint in each.complaints] == []


def register(someone: Person, account: Account, name: str = "phone") -> None:
    """Register a passkey on campus."""
    someone.open(REGISTER)
    someone.enter_password(account)
    assert (someone.at, someone.main.locator("form").get_attribute("data-ceremony")) == ("register", "create")
    someone.page.locator("[name=label]").fill(name)
    someone.press("register")


def go_home(
    someone: Person, person: SitDown, authenticator: VirtualAuthenticator, language: str, *, verified: bool = True
) -> Person:
    """Take the same authenticator to a browser outside; with `verified` false it knows no finger there."""
    at_home = person(language)
    moved = VirtualAuthenticator.plug_in(at_home)
    moved.tell("setUserVerified", isUserVerified=verified)
    for each in authenticator.credentials:
        moved.tell("addCredential", credential=each)
    return at_home


@in_both_languages
def test_registered_on_campus_it_serves_after_a_password_and_alone(
    person: SitDown, univ: University, language: str
) -> None:
    newcomer, someone = univ.newcomer(), person(language, campus=True)
    authenticator = VirtualAuthenticator.plug_in(someone)
    register(someone, newcomer)
    assert someone.at == "account"
    assert "phone" in someone.main.inner_text()
    (made,) = authenticator.credentials
    assert made["rpId"] == "idp.univ.test"
    assert newcomer.username not in str(made["userHandle"])

    at_home = go_home(someone, person, authenticator, language)
    at_home.begin(univ.library)
    at_home.enter_password(newcomer)
    assert (at_home.at, at_home.focused) == ("passkey", "_eventId_proceed")
    at_home.press("proceed")
    assert at_home.arrive(univ.library).the_assertion.authn_context == MFA

    at_home.context.clear_cookies()
    at_home.begin(univ.courses)
    at_home.press("passkey")
    assert at_home.page.locator("[name=j_password]").count() == 0
    at_home.press("proceed")
    answer = at_home.arrive(univ.courses)
    assert answer.the_assertion.authn_context == MFA
    assert newcomer.username in str(answer.attributes)


@in_both_languages
def test_by_keyboard_alone(person: SitDown, univ: University, language: str) -> None:
    newcomer, someone = univ.newcomer(), person(language, campus=True)
    authenticator = VirtualAuthenticator.plug_in(someone)
    someone.open(REGISTER)
    someone.enter_password(newcomer)
    someone.tab_to("label")
    someone.page.keyboard.type("key")
    with someone.page.expect_navigation():
        someone.page.keyboard.press("Enter")
    assert someone.at == "account"

    at_home = go_home(someone, person, authenticator, language)
    at_home.begin(univ.library)
    at_home.page.locator("[name=j_username]").wait_for()
    at_home.tab_to("_eventId_passkey")
    with at_home.page.expect_navigation():
        at_home.page.keyboard.press("Enter")
    assert at_home.focused == "_eventId_proceed"
    with at_home.page.expect_navigation():
        at_home.page.keyboard.press("Enter")
    at_home.arrive(univ.library)


@in_both_languages
def test_a_device_that_has_one_already_is_told(person: SitDown, univ: University, language: str) -> None:
    newcomer, someone = univ.newcomer(), person(language, campus=True)
    authenticator = VirtualAuthenticator.plug_in(someone)
    register(someone, newcomer)
    someone.open(REGISTER)
    someone.enter_password(newcomer)
    if someone.at != "register":
        someone.press("proceed")

    someone.page.locator("[name=_eventId_register]").click()

    expect(someone.page.locator("[data-said]")).to_have_attribute("data-said", "registered")
    assert someone.page.locator("#said").inner_text().strip()
    assert len(authenticator.credentials) == 1


def test_what_is_cancelled_can_be_tried_again_or_done_otherwise(person: SitDown, univ: University) -> None:
    newcomer, someone = univ.newcomer(), person("ja", campus=True)
    authenticator = VirtualAuthenticator.plug_in(someone)
    register(someone, newcomer)
    at_home = person("ja")
    other = VirtualAuthenticator.plug_in(at_home)
    at_home.begin(univ.library)
    at_home.enter_password(newcomer)

    at_home.page.locator("[name=_eventId_proceed]").click()

    expect(at_home.page.locator("[data-said]")).to_have_attribute("data-said", "cancelled")
    assert at_home.focused == "_eventId_proceed"
    for each in authenticator.credentials:
        other.tell("addCredential", credential=each)
    at_home.press("proceed")
    at_home.arrive(univ.library)


def test_whom_the_authenticator_does_not_verify_is_told_and_not_let_in(person: SitDown, univ: University) -> None:
    newcomer, someone = univ.newcomer(), person(campus=True)
    authenticator = VirtualAuthenticator.plug_in(someone)
    register(someone, newcomer)
    at_home = go_home(someone, person, authenticator, "en", verified=False)
    at_home.begin(univ.library)
    at_home.press("passkey")

    at_home.page.locator("[name=_eventId_proceed]").click()

    expect(at_home.page.locator("[data-said]")).to_have_attribute("data-said", "cancelled")


def test_a_browser_without_passkeys_says_so_and_leads_on(person: SitDown, univ: University) -> None:
    account, someone = univ.account(), person("en")
    someone.context.add_init_script("delete window.PublicKeyCredential")
    someone.begin(univ.library)
    someone.press("passkey")

    expect(someone.page.locator("[data-said]")).to_have_attribute("data-said", "unsupported")
    assert not someone.page.locator("[name=_eventId_proceed]").is_visible()
    someone.press("password")
    someone.log_in(account)
    someone.arrive(univ.library)


@in_both_languages
def test_without_script_the_page_says_so_and_leads_on(person: SitDown, univ: University, language: str) -> None:
    account, someone = univ.account(), person(language, script=False)
    someone.begin(univ.library)
    someone.press("passkey")

    assert someone.page.locator("[data-says=script]").is_visible()
    assert not someone.page.locator("[name=_eventId_proceed]").is_visible()
    someone.press("password")
    someone.log_in(account)
    someone.arrive(univ.library)


def test_a_page_that_stood_open_fetches_itself_anew(person: SitDown, univ: University) -> None:
    newcomer, someone = univ.newcomer(), person(campus=True)
    authenticator = VirtualAuthenticator.plug_in(someone)
    register(someone, newcomer)
    at_home = go_home(someone, person, authenticator, "en")
    at_home.begin(univ.library)
    at_home.press("passkey")
    before = at_home.main.locator("form").get_attribute("data-options")
    at_home.page.evaluate("Object.defineProperty(performance, 'now', {value: () => 1e9})")

    at_home.press("proceed")

    assert at_home.at == "passkey"
    assert at_home.main.locator("form").get_attribute("data-options") is not None
    assert before is not None
    at_home.press("proceed")
    at_home.arrive(univ.library)


@in_both_languages
def test_r06_everybody_can_use_the_pages(person: SitDown, univ: University, language: str) -> None:
    newcomer, someone = univ.newcomer(), person(language, campus=True)
    VirtualAuthenticator.plug_in(someone)
    someone.open(REGISTER)
    someone.enter_password(newcomer)
    _can_be_used(someone)
    someone.press("register")
    _can_be_used(someone)
    someone.open(f"/idp/account/register?method=passkey&lang={language}")

    at_home = person(language)
    VirtualAuthenticator.plug_in(at_home)
    at_home.begin(univ.library)
    at_home.press("passkey")
    _can_be_used(at_home)
    at_home.page.locator("[name=_eventId_proceed]").click()
    expect(at_home.page.locator("[data-said]")).to_be_visible()
    _can_be_used(at_home)


def _can_be_used(someone: Person) -> None:
    size = someone.page.viewport_size
    for scheme in ("light", "dark"):
        someone.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert violations(someone.page) == [], scheme
        assert faint_texts(someone.page) == [], scheme
    assert unreached(someone.page) == []
    someone.page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    assert not too_wide(someone.page)
    assert small_targets(someone.page) == []
    someone.page.set_viewport_size(size or {"width": DESKTOP[0], "height": DESKTOP[1]})


@in_both_languages
def test_pictures(
    person: SitDown, univ: University, request: pytest.FixtureRequest, tmp_path: Path, language: str
) -> None:
    album = Album(request.config.getoption("--pictures", default=None) or tmp_path, language)
    newcomer, someone = univ.newcomer(), person(language, campus=True, size=PHONE)
    authenticator = VirtualAuthenticator.plug_in(someone)
    someone.open(REGISTER)
    someone.enter_password(newcomer)
    album.take(someone, "register-passkey")
    someone.page.locator("[name=label]").fill({"ja": "スマートフォン", "en": "Phone"}[language])
    someone.press("register")
    album.take(someone, "account-passkeys")

    at_home = go_home(someone, person, authenticator, language)
    at_home.begin(univ.library)
    at_home.enter_password(newcomer)
    album.take(at_home, "passkey")
    stranger = person(language)
    VirtualAuthenticator.plug_in(stranger)
    stranger.begin(univ.library)
    stranger.press("passkey")
    album.take(stranger, "passkey-alone")
    stranger.page.locator("[name=_eventId_proceed]").click()
    expect(stranger.page.locator("[data-said]")).to_be_visible()
    album.take(stranger, "passkey-cancelled")
    silent = person(language, script=False)
    silent.begin(univ.library)
    silent.press("passkey")
    album.take(silent, "passkey-without-script")
