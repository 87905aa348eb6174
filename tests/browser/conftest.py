"""One university and one browser in each network, for the tests of this folder; each test has its own people."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import Person, chromium, sit_down
from tests.browser.university import University, university

SitDown = Callable[..., Person]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the pictures be kept; `make screenshots` does."""
    parser.addoption("--pictures", type=Path, default=None, help="the folder to keep the pictures of the pages in")


@pytest.fixture(scope="package")
def univ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[University]:
    """The university."""
    with university(tmp_path_factory.mktemp("university")) as running:
        yield running


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def at_home(playwright: Playwright, univ: University) -> Iterator[Browser]:
    """A browser outside the campus."""
    with chromium(playwright, univ, "outside") as browser:
        yield browser


@pytest.fixture(scope="package")
def on_campus(playwright: Playwright, univ: University) -> Iterator[Browser]:
    """A browser in the campus network."""
    with chromium(playwright, univ, "campus") as browser:
        yield browser


@pytest.fixture
def person(univ: University, request: pytest.FixtureRequest) -> Iterator[SitDown]:
    """Gives a function that sits somebody down at a browser, at home or on campus.

    No browser may have complained at the end: of a policy violated, a script that failed, a file that is missing.
    """
    seated: list[Person] = []

    def make(language: str = "en", *, campus: bool = False, **options: object) -> Person:
        browser = request.getfixturevalue("on_campus" if campus else "at_home")
        seated.append(sit_down(browser, univ, language, **options))  # type: ignore[arg-type]
        return seated[-1]

    yield make
    for each in seated:
        each.context.close()
    assert [complaint for each in seated for complaint in each.complaints] == []
