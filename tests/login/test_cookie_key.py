"""The key of form tokens is exchanged without anybody noticing (security.md K-05)."""

from pathlib import Path

import pytest

from idp.cli.keys import write_random_key
from tests.login.conftest import SP
from tests.parts.site import Idp
from tests.parts.sites import is_success


def rotate(idp: Idp, *, keep_old: bool) -> Idp:
    """Give the same site with a new key in front."""
    write_random_key(idp.conf / "keys" / "cookie-new.key")
    file = Path(idp.conf) / "idp.toml"
    old = '["keys/cookie.key"]' if keep_old else "[]"
    file.write_text(
        file.read_text().replace(
            'cookie = "keys/cookie.key"', f'cookie = "keys/cookie-new.key"\nprevious_cookie = {old}', 1
        )
    )
    return Idp.load(idp.conf, idp.clock)


@pytest.mark.parametrize("keep_old", [pytest.param(True, id="K-05-kept"), pytest.param(False, id="K-05-gone")])
def test_a_form_shown_before_comes_back_after(idp: Idp, keep_old: bool) -> None:
    browser = idp.browser()
    page = browser.visit(SP)
    after = rotate(idp, keep_old=keep_old)
    try:
        _move(browser, after)
        page = browser.submit(page, j_username="alice", j_password="alice's Password 1")
    finally:
        after.close()

    assert is_success(page) == keep_old
    assert keep_old or page.code == "S103"


def test_k05_a_session_survives(idp: Idp) -> None:
    browser = idp.browser()
    assert is_success(browser.submit(browser.visit(SP), j_username="alice", j_password="alice's Password 1"))
    after = rotate(idp, keep_old=False)
    try:
        _move(browser, after)
        assert is_success(browser.visit(SP))
    finally:
        after.close()


def _move(browser: object, idp: Idp) -> None:
    """Let the browser, its cookies with it, speak to another process of the site."""
    cookies = browser.client._cookies  # type: ignore[attr-defined]
    browser.client = idp.application.test_client()  # type: ignore[attr-defined]
    browser.client._cookies = cookies  # type: ignore[attr-defined]
    browser.idp = idp  # type: ignore[attr-defined]
