"""Logging in with a recovery code: each works once, whoever is faster, and the person is told (N18, R10)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.secret import Secret
from idp.plugin import Binding
from plugins.recovery.codes import codes_of, normalise
from plugins.recovery.credential import RECOVERY
from tests.login.conftest import SP
from tests.parts.recovery_codes import give_codes, set_in_directory, subject_of
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, Page
from tests.parts.sites import MakeIdp, another_worker, is_success, password_of, prove_password
from tests.parts.slapd import RunningSlapd
from tests.parts.smtp import PostOffice
from tests.recovery.conftest import METHODS

MFA = "https://refeds.org/profile/mfa"


@dataclass
class Place:
    """A site, and alice's codes. Alice has an app as well."""

    idp: Idp
    codes: tuple[str, ...]

    def at_code(
        self, username: str = "alice", browser: Browser | None = None, **request: object
    ) -> tuple[Browser, Page]:
        """Give a browser outside and its page that takes a recovery code."""
        browser = browser or self.idp.browser(OUTSIDE)
        page = prove_password(browser, username, **request)
        return browser, browser.submit(page, "recovery") if page.name == "totp" else page


@pytest.fixture
def place(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Place:
    idp = make_idp(own_slapd, methods=METHODS, plugins_toml="")
    return Place(idp, give_codes(idp, "alice"))


def test_a_recovery_code_is_a_second_factor_and_works_once(place: Place) -> None:
    browser, page = place.at_code(authn_context_class_refs=(MFA,))
    assert page.name == "recovery"
    answer = browser.submit(page, recovery_code=place.codes[3])

    assert browser.judged(answer, SP).the_assertion.authn_context == MFA
    found = set_in_directory(place.idp, "alice")
    assert (found.left, found.count, found.failures) == ("1110111111", 9, 0)
    browser, page = place.at_code()
    page = browser.submit(page, recovery_code=place.codes[3])
    assert (page.saml_response, page.code) == (None, Code.WRONG_CODE)
    assert is_success(browser.submit(page, recovery_code=place.codes[4].lower()))


def test_the_page_says_how_many_are_left(place: Place) -> None:
    browser, page = place.at_code()
    assert "Codes left: 10." in page.html
    browser.submit(page, recovery_code=place.codes[0])

    assert "Codes left: 9." in place.at_code()[1].html


def test_one_recovery_code_twice_in_parallel_wins_once(
    place: Place, make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    other = another_worker(place.idp, make_idp, own_slapd)
    other.service_providers = place.idp.service_providers
    seats = [place.at_code(browser=idp.browser(OUTSIDE)) for idp in (place.idp, other, place.idp, other)]

    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda seat: seat[0].submit(seat[1], recovery_code=place.codes[0]), seats))

    assert sum(map(is_success, pages)) == 1
    assert set_in_directory(place.idp, "alice").left == "0111111111"


def test_two_codes_at_once_are_both_used_up(place: Place, make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    other = another_worker(place.idp, make_idp, own_slapd)
    other.service_providers = place.idp.service_providers
    seats = [place.at_code(browser=idp.browser(OUTSIDE)) for idp in (place.idp, other)]

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda seat, code: seat[0].submit(seat[1], recovery_code=code), seats, place.codes[:2]))

    assert all(map(is_success, pages))
    assert set_in_directory(place.idp, "alice").left == "0011111111"


def test_a_new_set_is_the_end_of_the_old_one(place: Place) -> None:
    browser, page = place.at_code()
    new = give_codes(place.idp, "alice", seed=bytes(32))

    page = browser.submit(page, recovery_code=place.codes[0])
    assert page.code == Code.WRONG_CODE
    assert is_success(browser.submit(page, recovery_code=new[0]))


def test_who_has_used_them_all_is_told_so(place: Place) -> None:
    subject, tools = subject_of(place.idp, "alice"), place.idp.site.tools("recovery")
    found = set_in_directory(place.idp, "alice")
    assert tools.credentials.swap(subject, found.credential, RECOVERY, {"state": b"0" * 9 + b"1"})
    browser, page = place.at_code()
    assert is_success(browser.submit(page, recovery_code=place.codes[9]))

    assert place.at_code()[1].code == Code.NO_RECOVERY_CODES
    assert place.at_code("dave")[1].code in {Code.NO_RECOVERY_CODES, Code.APP_NOT_REGISTERED}


def test_a_recovery_code_is_never_the_first_question(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, methods=("password", "recovery", "totp"), plugins_toml="")
    codes = give_codes(idp, "alice")
    browser = idp.browser(OUTSIDE)
    page = prove_password(browser)
    assert (page.name, page.buttons[-1]) == ("totp", "_eventId_recovery")
    assert is_success(browser.submit(browser.submit(page, "recovery"), recovery_code=codes[0]))

    browser.client.delete_cookie("__Host-warifu_session", domain="idp.example.ac.jp")
    assert prove_password(browser).name == "totp"


def test_g02_wrong_recovery_codes_and_wrong_numbers_are_one_budget(place: Place) -> None:
    browser, page = place.at_code()
    for _ in range(5):
        page = browser.submit(page, recovery_code="0000-0000-0000-0000")
        assert page.code == Code.WRONG_CODE

    assert browser.submit(page, recovery_code=place.codes[0]).code == Code.TOO_MANY_CODES
    browser = place.idp.browser(OUTSIDE)
    page = prove_password(browser)
    assert browser.submit(page, tokencode=place.idp.code()).code == Code.TOO_MANY_CODES


def test_a_hundred_wrong_ones_in_a_row_stop_them(place: Place) -> None:
    subject, tools = subject_of(place.idp, "alice"), place.idp.site.tools("recovery")
    found = set_in_directory(place.idp, "alice")
    assert tools.credentials.swap(subject, found.credential, RECOVERY, {"failures": b"99"})
    browser, page = place.at_code()
    browser.submit(page, recovery_code="0000-0000-0000-0000")

    assert place.at_code()[1].code == Code.RECOVERY_CODES_STOPPED


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", Code.CODE_EMPTY), ("12", Code.CODE_FORMAT), ("*" * 16, Code.CODE_FORMAT), ("x" * 10_000, Code.CODE_FORMAT)],
)
def test_c82_what_is_no_code_is_told_so_and_not_counted(place: Place, typed: str, code: Code) -> None:
    browser, page = place.at_code()

    assert browser.submit(page, recovery_code=typed).code == code
    assert set_in_directory(place.idp, "alice").failures == 0


def test_nothing_of_the_codes_is_readable_in_the_directory_or_written_down(
    place: Place, own_slapd: RunningSlapd
) -> None:
    browser, page = place.at_code()
    browser.submit(page, recovery_code=place.codes[0])

    kept = own_slapd.server.dump() + "".join(file.read_text() for file in (place.idp.conf / "log").iterdir())
    for code in place.codes:
        assert code not in kept
        assert normalise(code) not in kept


def test_a_code_bound_by_the_password_alone_makes_nothing_stronger(place: Place) -> None:
    give_codes(place.idp, "alice", seed=bytes(32), binding=Binding.CAMPUS_REPLACED)
    browser, page = place.at_code(authn_context_class_refs=(MFA,))

    page = browser.submit(page, recovery_code=codes_of(Secret(bytes(32)), 1)[0])

    assert page.saml_response is None or not is_success(page)


@pytest.fixture
def told(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Iterator[tuple[Place, PostOffice]]:
    with PostOffice() as office:
        idp = make_idp(own_slapd, methods=METHODS, plugins_toml="", mail_toml=office.toml())
        yield Place(idp, give_codes(idp, "alice")), office


def test_r10_the_person_is_told_by_mail_that_a_code_was_used(told: tuple[Place, PostOffice]) -> None:
    place, office = told
    browser, page = place.at_code()
    page = browser.submit(page, recovery_code="0000-0000-0000-0000")
    browser.submit(page, recovery_code=place.codes[0])

    outbox = place.idp.site.outbox
    assert outbox is not None
    outbox.deliver(place.idp.clock)
    (letter,) = office.received
    assert "A recovery code was used" in str(letter.message["Subject"])
    assert letter.recipients == ["alice@example.ac.jp"]
    assert place.codes[0] not in letter.text


def test_r10_a_code_of_which_nobody_could_be_told_is_not_used(
    told: tuple[Place, PostOffice], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _ = told
    browser, page = place.at_code()
    monkeypatch.setattr(place.idp.site.outbox, "post", _fail)

    answer = browser.submit(page, recovery_code=place.codes[0])

    assert (answer.status, answer.code) == (503, Code.RECORDS_DOWN)
    assert set_in_directory(place.idp, "alice").count == 10
    monkeypatch.undo()
    assert is_success(browser.submit(browser.get(page.action), recovery_code=place.codes[0]))


def test_on_campus_nobody_is_asked_for_one(place: Place) -> None:
    browser = place.idp.browser(CAMPUS)

    assert is_success(browser.log_in(browser.visit(SP), "alice", password_of("alice")))


def _fail(*given: object, **named: object) -> str:
    raise DependencyError(Code.RECORDS_DOWN, "made to fail")
