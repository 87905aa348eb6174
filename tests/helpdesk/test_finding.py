"""Finding a person and seeing how things are with them."""

import pytest

from idp.core.codes import Code
from tests.helpdesk.desk import HOME, PERSON, Desk
from tests.login.conftest import SP
from tests.parts.site import OUTSIDE
from tests.parts.sites import password_of


@pytest.mark.parametrize("typed", ["bob", "bob@example.ac.jp", "bob@ex", " bob "])
def test_a_person_is_found_by_user_name_or_mail_whole_or_begun(desk: Desk, typed: str) -> None:
    page = desk.staff().find(typed)

    assert page.name == "helpdesk-person"
    assert "<h1>bob</h1>" in page.html


@pytest.mark.parametrize("typed", ["b", "bo", "*", "b*", "(", ")(uid=*", "\\2a", "no-such-person", "\0"])
def test_w01_nothing_else_finds_anybody(desk: Desk, typed: str) -> None:
    page = desk.staff().find(typed)

    assert (page.name, page.code) == ("helpdesk", Code.DESK_NOBODY_FOUND)


def test_several_are_listed_to_choose_from_and_never_everybody(desk: Desk) -> None:
    worker = desk.staff()

    page = worker.find("twin")
    assert [name in page.html for name in ("twin1", "twin2", "bob")] == [True, True, False]
    assert worker.find("person").html.count('class="line"') == 10


def test_more_than_twenty_are_not_shown(desk: Desk) -> None:
    directory = desk.idp.site.directory

    assert len(directory.search("person", ("mail",), 10) or ()) == 10
    assert directory.search("person", ("mail",), 9) is None


def test_searches_are_counted_and_written_down_without_what_was_typed(desk: Desk) -> None:
    worker = desk.staff()
    worker.find("secret-typed-by-mistake")
    for _ in range(29):
        worker.find("bob")

    assert worker.find("bob").code == Code.DESK_TOO_MANY_SEARCHES
    events = desk.events("FIND")
    assert (events[0]["actor"], events[0]["reason"], events[-1]["code"]) == ("carol", "0 found", "H104")
    assert "secret-typed-by-mistake" not in (desk.idp.conf / "log" / "audit.json").read_text()


def test_a_search_from_another_site_finds_nothing(desk: Desk) -> None:
    worker = desk.staff()
    page = worker.come_in()

    forged = worker.browser.post(HOME, {"person": "bob", "csrf_token": "0.x"})
    crossed = worker.browser.post(
        HOME, {**page.hidden, "person": "bob"}, headers={"Origin": "https://evil.example.org"}
    )

    assert (forged.code, crossed.code) == (Code.FORM_FORGED, Code.FORM_FORGED)
    assert desk.events("FIND") == []


@pytest.mark.parametrize("identity", ["", "x", "00000000-0000-0000-0000-000000000000", "*", "%C3%A9", "x" * 100])
def test_an_address_of_nobody_is_not_there(desk: Desk, identity: str) -> None:
    assert desk.staff().browser.get(f"{PERSON}?id={identity}").status == 404


def test_a_look_at_a_person_is_written_down(desk: Desk) -> None:
    desk.staff().look("bob")

    [event] = desk.events("LOOK")
    assert (event["actor"], event["username"], event["decision"]) == ("carol", "bob", "read")


@pytest.mark.parametrize(
    ("language", "slow", "wrong"),
    [("en", "clock is about 4 minutes slow", "Have the password typed again"), ("ja", "約 4 分遅れて", "もう一度入力")],
)
def test_refusals_are_told_in_plain_words_with_what_to_do(desk: Desk, language: str, slow: str, wrong: str) -> None:
    browser = desk.idp.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), j_username="bob", j_password="wrong")
    page = browser.submit(page, j_username="bob", j_password=password_of("bob"))
    browser.submit(page, tokencode=desk.idp.code(steps=-8))

    page = desk.staff(language=language).look("bob")

    assert slow in page.html
    assert wrong in page.html
    assert OUTSIDE in page.html


def test_what_is_registered_and_counted_is_told(desk: Desk) -> None:
    desk.guess()

    page = desk.staff().look("bob")

    assert 'data-binding="campus-first"' in page.html
    assert 'data-tries="spent"' in page.html
    assert "5 wrong tries. The next one may be made in 5 minutes" in page.html
    assert 'data-account="active"' in page.html


@pytest.mark.parametrize(("username", "state"), [("locked", "locked"), ("reset", "must-change")])
def test_the_state_of_the_account_is_told(desk: Desk, username: str, state: str) -> None:
    assert f'data-account="{state}"' in desk.staff().look(username).html


def test_no_secret_is_on_the_page(desk: Desk) -> None:
    page = desk.staff().look("bob")

    assert "GEZDGNBVGY3TQOJQ" not in page.html
    assert desk.idp.code() not in page.html
    assert password_of("bob") not in page.html
