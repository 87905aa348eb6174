"""A right password is a login only where the account is in order (security.md W-02, W-08, W-12)."""

import pytest

from idp.core.codes import Code
from tests.login.conftest import SP
from tests.login.steps import SESSION, cookie
from tests.parts.site import Idp
from tests.parts.sites import is_refusal, is_success, password_of


@pytest.mark.parametrize(
    ("username", "code"),
    [
        pytest.param("reset", Code.PASSWORD_MUST_CHANGE, id="W-12-must-change"),
        pytest.param("expired", Code.PASSWORD_EXPIRED, id="W-12-expired"),
        pytest.param("locked", Code.WRONG_PASSWORD, id="W-08-locked"),
    ],
)
def test_w12_only_an_account_in_order_is_logged_in(idp: Idp, username: str, code: Code) -> None:
    browser = idp.browser()

    answer = browser.submit(browser.visit(SP), j_username=username, j_password=password_of(username))

    assert is_refusal(answer, code)
    assert cookie(browser, SESSION) is None


@pytest.mark.parametrize("password", ["", " "])
def test_w02_an_empty_password_is_no_try(idp: Idp, password: str) -> None:
    browser = idp.browser()
    page = browser.visit(SP)
    for _ in range(15):
        page = browser.submit(page, j_username="alice", j_password=password)
        assert page.code == str(Code.PASSWORD_EMPTY)

    assert is_success(browser.submit(page, j_username="alice", j_password=password_of("alice")))
