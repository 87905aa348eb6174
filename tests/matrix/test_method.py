"""The matrix code page: the same cells until they are right, then never again (security.md 2I, G-01 to G-07)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.core.codes import Code
from plugins.matrix.credential import MATRIX
from tests.matrix.conftest import METHODS, Place
from tests.parts.cards import answers, card_in_directory, cells_of, give_card, subject_of, wrong_answers
from tests.parts.site import OUTSIDE
from tests.parts.sites import MakeIdp, another_worker, forget_store, is_success, prove_password
from tests.parts.slapd import RunningSlapd


def test_a_card_is_a_second_factor(place: Place) -> None:
    browser, page = place.at_cells()
    assert page.name == "matrix"
    assert len(cells_of(page)) == 3

    answer = browser.submit(page, **answers(place.card, page))

    assert is_success(answer)
    assert place.idp.site.audit is not None
    held = card_in_directory(place.idp, "alice")
    assert (held.position, held.failures) == (3, 0)
    assert held.credential.values["used_at"] == b"20261124000000Z"


def test_g01_the_same_cells_are_asked_for_until_they_are_right(place: Place) -> None:
    browser, page = place.at_cells()
    asked = cells_of(page)

    for _ in range(20):
        assert cells_of(browser.get(page.action)) == asked
    page = browser.submit(page, **wrong_answers(place.card, page))
    assert (page.code, cells_of(page)) == (Code.WRONG_CODE, asked)
    place.idp.clock.advance(hours=30)
    assert cells_of(place.at_cells()[1]) == asked
    forget_store(place.idp)
    browser, page = place.at_cells()
    assert cells_of(page) == asked

    assert is_success(browser.submit(page, **answers(place.card, page)))
    assert set(cells_of(place.at_cells()[1])).isdisjoint(asked)


def test_g04_two_tabs_and_two_browsers_have_one_question(place: Place) -> None:
    browser, first = place.at_cells()
    _, second = place.at_cells(browser=browser)
    other, third = place.at_cells()
    assert cells_of(first) == cells_of(second) == cells_of(third)

    assert is_success(browser.submit(first, **answers(place.card, first)))
    late = other.submit(third, **answers(place.card, third))

    assert (late.name, late.code) == ("matrix", Code.QUESTION_OVER)
    assert set(cells_of(late)).isdisjoint(cells_of(first))
    assert card_in_directory(place.idp, "alice").failures == 0
    assert is_success(other.submit(late, **answers(place.card, late)))


def test_g04_the_same_cells_sent_by_many_at_once_prove_once(
    place: Place, make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    workers = [place.idp, another_worker(place.idp, make_idp, own_slapd)]
    for worker in workers:
        worker.service_providers = place.idp.service_providers
    seats = []
    for number in range(4):
        browser = workers[number % 2].browser(OUTSIDE)
        seats.append(place.at_cells(browser=browser))

    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda seat: seat[0].submit(seat[1], **answers(place.card, seat[1])), seats))

    assert sum(map(is_success, pages)) == 1
    assert card_in_directory(place.idp, "alice").position == 3


def test_g02_wrong_cells_and_wrong_codes_are_one_budget(place: Place) -> None:
    browser, page = place.at_cells()
    for _ in range(3):
        page = browser.submit(page, **wrong_answers(place.card, page))
        assert page.code == Code.WRONG_CODE
    page = browser.submit(page, "totp")
    for _ in range(2):
        page = browser.submit(page, tokencode="000000")

    assert browser.submit(page, tokencode=place.idp.code()).code == Code.TOO_MANY_CODES
    page = place.at_cells()[1]
    browser, page = place.at_cells()
    page = browser.submit(page, **answers(place.card, page))

    assert (page.saml_response, page.code) == (None, Code.TOO_MANY_CODES)
    assert "matrix" in page.html


def test_g02_a_hundred_wrong_answers_in_a_row_stop_the_card(place: Place) -> None:
    subject, tools = subject_of(place.idp, "alice"), place.idp.site.tools("matrix")
    held = card_in_directory(place.idp, "alice")
    assert tools.credentials.swap(subject, held.credential, MATRIX, {"failures": b"99"})
    browser, page = place.at_cells()
    page = browser.submit(page, **wrong_answers(place.card, page))
    place.idp.clock.advance(days=1)

    browser, page = place.at_cells()
    assert page.code == Code.CARD_STOPPED
    assert cells_of(page) == ()

    card = give_card(place.idp, "alice")
    browser, page = place.at_cells()
    assert is_success(browser.submit(page, **answers(card, page)))


def test_a_right_answer_ends_the_row_of_wrong_ones(place: Place) -> None:
    browser, page = place.at_cells()
    page = browser.submit(page, **wrong_answers(place.card, page))
    assert card_in_directory(place.idp, "alice").failures == 1

    assert is_success(browser.submit(page, **answers(place.card, page)))

    assert card_in_directory(place.idp, "alice").failures == 0


def test_g03_a_card_warns_before_its_end_and_is_retired(place: Place) -> None:
    subject, tools = subject_of(place.idp, "alice"), place.idp.site.tools("matrix")
    page = place.at_cells()[1]
    assert "data-left" not in page.html
    held = card_in_directory(place.idp, "alice")
    assert tools.credentials.swap(subject, held.credential, MATRIX, {"state": str(3 * 24).encode()})

    browser, page = place.at_cells()
    assert 'data-left="2"' in page.html
    browser.submit(page, **answers(place.card, page))
    browser, page = place.at_cells()
    assert 'data-left="1"' in page.html
    assert is_success(browser.submit(page, **answers(place.card, page)))

    page = place.at_cells()[1]
    assert (page.code, cells_of(page)) == (Code.CARD_USED_UP, ())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param({}, Code.CODE_EMPTY, id="G-05-nothing"),
        pytest.param({"cell_1": ""}, Code.CODE_EMPTY, id="G-05-an-empty-cell"),
        pytest.param({"cell_1": "*"}, Code.CODE_FORMAT, id="G-05-a-wildcard"),
        pytest.param({"cell_1": "x" * 10_000}, Code.CODE_FORMAT, id="G-05-very-long"),
    ],
)
def test_g05_what_is_no_answer_is_told_so_and_not_counted(place: Place, typed: dict[str, str], code: Code) -> None:
    browser, page = place.at_cells()
    right = answers(place.card, page) if typed else {}

    page = browser.submit(page, **{**right, **typed})

    assert page.code == code
    assert card_in_directory(place.idp, "alice").failures == 0


def test_g05_a_cell_that_stands_twice_is_no_form(place: Place) -> None:
    browser, page = place.at_cells()
    fields = [*page.hidden.items(), *answers(place.card, page).items(), ("cell_1", "AA")]

    assert browser.post(page.action, fields).saml_response is None


def test_g05_which_cell_was_wrong_is_not_told(place: Place) -> None:
    browser, page = place.at_cells()
    all_wrong = {name: "AA" if text != "AA" else "CC" for name, text in answers(place.card, page).items()}

    one = browser.submit(page, **wrong_answers(place.card, page))
    page = browser.get(page.action)
    all_of_them = browser.submit(page, **all_wrong)

    def shown(html: str, token: str) -> str:
        return html.replace(token, "")

    assert shown(one.html, one.hidden["csrf_token"]) == shown(all_of_them.html, all_of_them.hidden["csrf_token"])


def test_g06_nothing_of_a_card_is_readable_in_the_directory(place: Place, own_slapd: RunningSlapd) -> None:
    dump = own_slapd.server.dump()

    assert "warifuCredentialSecret" in dump
    for text in (place.card.secret.reveal().hex(), "".join(map(place.card.text, place.card.grid.cells))):
        assert text not in dump


def test_g07_a_new_card_is_the_end_of_the_old_one(place: Place) -> None:
    browser, page = place.at_cells()
    new = give_card(place.idp, "alice")

    late = browser.submit(page, **answers(place.card, page))
    assert (late.code, new.number in late.html) == (Code.QUESTION_OVER, True)
    assert browser.submit(late, **answers(place.card, late)).code == Code.WRONG_CODE
    browser, page = place.at_cells()
    assert is_success(browser.submit(page, **answers(new, page)))


def test_who_has_no_card_is_told_so(place: Place) -> None:
    page = prove_password(place.idp.browser(OUTSIDE), "dave")

    assert page.saml_response is None
    assert page.code in {Code.APP_NOT_REGISTERED, Code.NO_CARD}


def test_a_site_may_ask_for_cells_again_if_it_says_so(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, methods=METHODS, plugins_toml="[plugins.matrix]\nreusable = true\n")
    card = give_card(idp, "alice")
    subject, tools = subject_of(idp, "alice"), idp.site.tools("matrix")
    tools.credentials.swap(subject, card_in_directory(idp, "alice").credential, MATRIX, {"state": b"78"})
    place = Place(idp, card)

    browser, page = place.at_cells()

    assert len(cells_of(page)) == 3
    assert "data-left" not in page.html
    assert is_success(browser.submit(page, **answers(card, page)))
