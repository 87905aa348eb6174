"""What the account page says of each method."""

import pytest

from idp.core.codes import Code
from idp.core.errors import DependencyError, SealError
from tests.account.steps import ACCOUNT, logged_in
from tests.parts.site import Idp


@pytest.mark.parametrize("error", [DependencyError(Code.STORE_DOWN), SealError(Code.SEAL_BROKEN)])
def test_what_cannot_be_read_is_said_of_its_row_and_the_page_stays(
    idp: Idp, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    browser = logged_in(idp)

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(idp.site.registrations, "registered", fail)
    page = browser.get(ACCOUNT)

    assert (page.status, page.name) == (200, "account")
    assert 'data-registered="unknown"' in page.html
    assert "This cannot be read now." in page.html
    assert "/idp/account/register?" not in page.html


def test_the_language_chosen_is_kept_and_it_is_said_where(idp: Idp) -> None:
    browser = logged_in(idp)
    assert "kept in this browser for a year" in browser.get(f"{ACCOUNT}?lang=en").html

    browser.get(f"{ACCOUNT}?lang=ja")

    assert '<html lang="ja">' in browser.get(ACCOUNT).html
