"""Several apps, each with a name: added by proof of one that stands, renamed and removed one by one (max_apps)."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.core.codes import Code
from idp.core.secret import Secret
from idp.plugin import Binding
from plugins.totp.codes import code_at, step_at
from plugins.totp.credential import FURTHER, TOTP, apps_of
from tests.parts.site import CAMPUS, Idp, Page
from tests.register.conftest import MakeSite
from tests.register.steps import ACCOUNT, REGISTER, RESET, Person, events_of, key_of, someone

MANY = '[limits.password]\nperson = ["1000/1d"]\n[limits.totp]\nperson = ["1000/1d"]\n'


@pytest.fixture
def many(make_site: MakeSite) -> Idp:
    """A site that lets three apps stand, where what is registered is changed with one of them only."""
    return make_site(plugins_toml=f"{MANY}[plugins.totp]\nmax_apps = 3\n")


def labels_of(idp: Idp, username: str = "carol") -> list[str]:
    tools = idp.site.tools("totp")
    subject = tools.people.find(username)
    assert subject is not None
    return [app.label for app in apps_of(subject, tools, 3)]


def add(person: Person, label: str, **open_with: str) -> tuple[Secret, Page]:
    """Register one more app; give its key and the page that comes after."""
    page = person.open(REGISTER, **open_with)
    key = key_of(page)
    answer = person.browser.submit(page, "register", tokencode=person.code(key=key), label=label)
    person.idp.clock.advance(seconds=90)
    return key, answer


@pytest.fixture
def two(many: Idp) -> tuple[Person, list[Secret]]:
    """Carol with two apps, and their keys."""
    person = someone(many)
    first, _ = add(person, "スマホ")
    person.key = first
    second, page = add(person, "Lab PC", code=person.code())
    assert 'data-done="add"' in page.html
    return person, [first, second]


def change_url(person: Person, label: str) -> str:
    """Give the address by which one app is renamed or removed."""
    account = person.open(ACCOUNT, code=person.code())
    section = account.html.split(f"<h3>{label}</h3>")[1]
    found = re.search(r'href="(/idp/account/reset\?[^"]+)"', section)
    assert found is not None
    person.idp.clock.advance(seconds=90)
    person.browser = person.idp.browser(CAMPUS, "en")
    return found[1].replace("&amp;", "&")


def test_two_apps_stand_under_their_names_and_each_logs_in(two: tuple[Person, list[Secret]], many: Idp) -> None:
    person, keys = two

    assert labels_of(many) == ["スマホ", "Lab PC"]
    for key in keys:
        page = person.log_in(code=code_at(key, step_at(many.clock()) + 3))
        assert page.name == "post"


def test_a_further_app_wants_one_that_stands(two: tuple[Person, list[Secret]], many: Idp) -> None:
    thief = someone(many)

    page = thief.open(REGISTER)

    assert page.name == "totp"
    assert labels_of(many) == ["スマホ", "Lab PC"]


def test_t34_a_page_from_before_the_first_app_registers_none_beside_it(many: Idp) -> None:
    person, thief = someone(many), someone(many)
    before = thief.open(REGISTER)
    key = key_of(before)
    add(person, "mine")

    answer = thief.browser.submit(before, "register", tokencode=code_at(key, step_at(many.clock())))

    assert answer.name != "account"
    assert labels_of(many) == ["mine"]


def test_what_is_bound_by_one_of_several_is_bound_by_a_factor(two: tuple[Person, list[Secret]], many: Idp) -> None:
    tools = many.site.tools("totp")
    subject = tools.people.find("carol")
    assert subject is not None

    assert [app.binding for app in apps_of(subject, tools, 3)] == [Binding.CAMPUS_FIRST, Binding.FACTOR]
    assert len(tools.credentials.list(subject, TOTP)) == len(tools.credentials.list(subject, FURTHER)) == 1


def test_beyond_what_may_stand_one_has_to_go_first(two: tuple[Person, list[Secret]], many: Idp) -> None:
    person, _ = two
    add(person, "third", code=person.code())

    page = person.open(REGISTER, code=person.code())

    assert page.name == "several"
    assert "You can have 3 at a time" in page.html
    assert labels_of(many) == ["スマホ", "Lab PC", "third"]
    chosen = re.findall(r'name="credential" value="([0-9a-f]+)"', page.html)[1]
    removing = person.browser.submit(page, "choose", credential=chosen)
    assert removing.name == "reset"
    assert 'data-done="reset"' in person.browser.submit(removing, "reset").html
    assert labels_of(many) == ["スマホ", "third"]


def test_one_is_removed_and_the_other_goes_on(two: tuple[Person, list[Secret]], many: Idp) -> None:
    person, keys = two
    url = change_url(person, "スマホ")
    page = person.open(url, code=person.code())

    done = person.browser.submit(page, "reset")

    assert 'data-done="reset"' in done.html
    assert labels_of(many) == ["Lab PC"]
    refused = person.log_in(code=code_at(keys[0], step_at(many.clock()) + 3))
    assert refused.code == str(Code.WRONG_CODE)
    assert person.log_in(code=code_at(keys[1], step_at(many.clock()) + 3)).name == "post"


def test_removing_wants_one_that_stands(two: tuple[Person, list[Secret]], many: Idp) -> None:
    person, _ = two
    url = change_url(person, "Lab PC")

    page = person.open(url)

    assert page.name == "totp"


@pytest.mark.parametrize("label", ["スマホ", "Lab PC"], ids=["on the person's entry", "on one of its own"])
def test_one_is_renamed(two: tuple[Person, list[Secret]], many: Idp, label: str) -> None:
    person, keys = two
    url = change_url(person, label)
    page = person.open(url, code=person.code())

    done = person.browser.submit(page, "rename", label=" <b>新しい\u202e\u0007 名前</b> ")

    assert 'data-done="rename"' in done.html
    assert "&lt;b&gt;新しい 名前&lt;/b&gt;" in done.html
    assert labels_of(many) == ["<b>新しい 名前</b>" if each == label else each for each in ["スマホ", "Lab PC"]]
    for key in keys:
        assert person.log_in(code=code_at(key, step_at(many.clock()) + 3)).name == "post"
    decisions = [event["decision"] for event in events_of(many) if event.get("event") == "RENAME"]
    assert decisions == ["started", "changed"]


def test_when_an_app_was_last_used_is_said(two: tuple[Person, list[Secret]], many: Idp) -> None:
    person, _ = two
    person.log_in()
    page = person.open(ACCOUNT, code="")
    page = page if page.name == "account" else person.browser.submit(page, tokencode=person.code(1))

    assert page.name == "account", page.name
    assert len(re.findall("data-used", page.html)) == 1


def test_one_that_is_gone_meanwhile_is_not_removed_again(two: tuple[Person, list[Secret]], many: Idp) -> None:
    person, _ = two
    url = change_url(person, "Lab PC")
    other = Person(many, many.browser(CAMPUS, "en"), key=person.key)
    first, second = person.open(url, code=person.code()), None
    many.clock.advance(seconds=90)
    second = other.open(url, code=other.code())

    person.browser.submit(first, "reset")
    answer = other.browser.submit(second, "reset")

    assert answer.code == str(Code.OTHER_WAS_FIRST)
    assert labels_of(many) == ["スマホ"]


def test_of_many_added_at_once_no_more_than_allowed_stand(many: Idp) -> None:
    person = someone(many)
    person.key, _ = add(person, "first")
    pages = []
    for number in range(4):
        one = Person(many, many.browser(CAMPUS, "en"), key=person.key)
        page = one.open(REGISTER, code=person.code())
        pages.append((one, page, code_at(key_of(page), step_at(many.clock()) + 3 * (3 - number))))
        many.clock.advance(seconds=90)
    many.clock.advance(seconds=-90)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: each[0].browser.submit(each[1], "register", tokencode=each[2]), pages))

    assert 2 <= len(labels_of(many)) <= 3


def test_an_address_that_names_nothing_of_the_person_s_is_told_so(two: tuple[Person, list[Secret]]) -> None:
    person, _ = two

    page = person.open(f"{RESET}?method=totp&credential={'0' * 32}", code=person.code())

    assert page.code == str(Code.OTHER_WAS_FIRST)
