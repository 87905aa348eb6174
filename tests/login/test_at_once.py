"""Two answers at one moment are one answer, and none leaves that was not written down (security.md A-11, F-07)."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import BROWSER, PASSWORD, SESSION, cookie, keep_cookie, single_factor, sso_url
from tests.parts.logs import read_json_lines
from tests.parts.site import Browser, Idp, Page


def _twin(idp: Idp, browser: Browser) -> Browser:
    twin = idp.browser()
    for name in (BROWSER, SESSION):
        value = cookie(browser, name)
        if value is not None:
            keep_cookie(twin, name, value)
    return twin


@pytest.mark.parametrize("how", [pytest.param("form", id="A-11-form"), pytest.param("session", id="A-11-session")])
def test_a11_of_two_answers_at_once_one_leaves(idp: Idp, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    browser = idp.browser()
    if how == "session":
        single_factor(browser)
    url = sso_url(idp, OTHER_SP)
    page = None if how == "session" else browser.get(url)
    twin = _twin(idp, browser)
    answers: list[Page] = []
    write = type(idp.site.writer).success

    def send(one: Browser) -> Page:
        if page is None:
            return one.get(url)
        return one.submit(page, j_username="alice", j_password=PASSWORD)

    def meanwhile(*given: object) -> object:
        """While the first answer is being written the same request comes in once more, and is quicker."""
        monkeypatch.undo()
        answers.append(send(twin))
        return write(*given)

    monkeypatch.setattr(type(idp.site.writer), "success", meanwhile)
    answers.append(send(browser))

    assert [answer.saml_response is not None for answer in answers] == [True, False]


def test_f07_an_assertion_has_its_line_before_it_leaves(idp: Idp) -> None:
    single_factor(idp.browser())

    assert [line["decision"] for line in read_json_lines(idp.conf)] == ["accepted"]


def test_f07_no_assertion_leaves_without_its_line(idp: Idp) -> None:
    browser = idp.browser()
    page = browser.visit(SP)
    settings = idp.site.settings.audit.model_copy(update={"log": Path("/dev/full")})
    site = replace(idp.site, audit=type(idp.site.audit)(settings, idp.clock))
    broken = Idp(idp.conf, idp.clock, site)
    browser.client.application = broken.application

    answer = browser.submit(page, j_username="alice", j_password=PASSWORD)

    assert (answer.status, answer.code, answer.saml_response) == (503, "D301", None)
    assert cookie(browser, SESSION) is None
