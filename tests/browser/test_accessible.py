"""Everybody can use every page: with other eyes, at 400 % zoom, in the dark, by keyboard, without script."""

import pytest

from tests.browser.accessible import ZOOMED, unreached, violations
from tests.browser.chromium import DESKTOP, Person
from tests.browser.conftest import SitDown
from tests.browser.looks import faint_texts, small_targets, too_wide
from tests.browser.pages import PAGES, Shown
from tests.browser.university import University

pytestmark = pytest.mark.slow

LANGUAGES = ("ja", "en")
every_page = pytest.mark.parametrize("shown", [pytest.param(shown, id=shown.name) for shown in PAGES])


@pytest.mark.parametrize("language", LANGUAGES)
@every_page
def test_r06_everybody_can_use_the_page(person: SitDown, univ: University, shown: Shown, language: str) -> None:
    someone = person(language, campus=shown.campus)
    _come_to(someone, univ, shown)
    assert someone.page.locator("html").get_attribute("lang") == language

    for scheme in ("light", "dark"):
        someone.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert violations(someone.page) == [], scheme
        assert faint_texts(someone.page) == [], scheme
    assert unreached(someone.page) == []
    someone.page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    assert not too_wide(someone.page)
    assert small_targets(someone.page) == []
    assert violations(someone.page) == [], "zoomed"


@every_page
def test_r07_the_page_is_come_to_without_script(person: SitDown, univ: University, shown: Shown) -> None:
    someone = person("ja", campus=shown.campus, script=False, size=DESKTOP)

    _come_to(someone, univ, shown)


def _come_to(someone: Person, univ: University, shown: Shown) -> None:
    shown.go(someone, univ)
    assert (someone.at, someone.problem if shown.problem else "") == (shown.at, shown.problem)


def test_what_not_everybody_can_use_is_found(person: SitDown, univ: University) -> None:
    someone = person("en")
    someone.begin(univ.library)
    someone.page.evaluate("document.querySelectorAll('label').forEach(each => each.remove())")
    someone.page.evaluate("document.querySelector('button').style.outline = 'none'")
    someone.page.evaluate("() => { document.querySelector('summary').onfocus = event => event.target.blur() }")

    assert [line.partition(":")[0] for line in violations(someone.page)] == ["label", "label"]
    assert [line.partition(": <")[0] for line in unreached(someone.page)] == [
        "does not show the focus",
        "is not reached",
    ]
