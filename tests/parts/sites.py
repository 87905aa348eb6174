"""Whole sites for tests that need one of their own: other limits, another directory, a second worker."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.core.codes import Code
from idp.core.secret import Secret
from tests.login.conftest import OTHER_SP, SP
from tests.parts.site import ASK_ALWAYS, OUTSIDE, Browser, Clock, Idp, Page, make_conf
from tests.parts.slapd import RunningSlapd, person

GENEROUS = '[limits.password]\nperson = ["10000/1d"]\naddress = ["10000/1d"]\n' + (
    '[limits.totp]\nperson = ["10000/1d"]\naddress = ["10000/1d"]\n'
)
"""Budgets that stand in nobody's way."""
MANY_CONNECTIONS = ("# connections = 4 ", "connections = 32 ")
BOBS_SEED = Secret(b"another key for bob.")

MakeIdp = Callable[..., Idp]


@pytest.fixture
def make_idp(tmp_path: Path) -> Iterator[MakeIdp]:
    """Gives a function that makes a site on a directory; alice has an app there."""
    made: list[Idp] = []

    def make(slapd: RunningSlapd, *, conf: Path | None = None, clock: Clock | None = None, **options: object) -> Idp:
        folder = conf
        if folder is None:
            options = {"plugins_toml": ASK_ALWAYS, **options}
            folder = make_conf(tmp_path / f"conf{len(made)}", slapd, **options)  # type: ignore[arg-type]
        idp = Idp.load(folder, clock)
        made.append(idp)
        if conf is None:
            idp.register(SP, OTHER_SP, want_assertions_signed=True)
            idp.enrol("alice")
        return idp

    yield make
    for idp in made:
        idp.close()


def another_worker(idp: Idp, make_idp: MakeIdp, slapd: RunningSlapd) -> Idp:
    """Give a second worker over the same configuration, store and clock."""
    return make_idp(slapd, conf=idp.conf, clock=idp.clock)


def go_on_at(browser: Browser, idp: Idp) -> Browser:
    """Have the browser, with its cookies, speak to another worker from now on."""
    browser.idp = idp
    browser.client.application = idp.application
    return browser


def forget_store(idp: Idp) -> None:
    """Take the store away as a flush or a new machine would."""
    store = idp.conf / "state" / "store.sqlite"
    for file in store.parent.glob("store.sqlite*"):
        file.unlink()


def password_of(username: str) -> str:
    """Give a person's password."""
    return person(username).password.reveal().decode()


def prove_password(browser: Browser, username: str = "alice", **request: object) -> Page:
    """Visit the service provider and prove the password; the next page."""
    page = browser.visit(SP, **request)  # type: ignore[arg-type]
    return browser.submit(page, j_username=username, j_password=password_of(username))


def ask_code(browser: Browser, username: str = "alice", **request: object) -> Page:
    """Go as far as the page that asks for the code; the browser must be outside or ask for two factors."""
    page = prove_password(browser, username, **request)
    if page.name == "certificate":
        page = browser.submit(page, "totp")
    if page.name != "totp":
        raise AssertionError(f"{page.status} {page.name} {page.code}")
    return page


def at_code(idp: Idp, username: str = "alice", address: str = OUTSIDE) -> tuple[Browser, Page]:
    """Give a new browser outside and its page that asks for the code."""
    browser = idp.browser(address)
    return browser, ask_code(browser, username)


def is_success(page: Page) -> bool:
    """Say whether the page posts an assertion."""
    return page.saml_response is not None and b"status:Success" in page.saml_response


def is_refusal(page: Page, code: Code) -> bool:
    """Say whether this page shows the code and posts nothing."""
    return page.saml_response is None and page.code == str(code)


def never_lock(slapd: RunningSlapd) -> None:
    """Take the directory's own lock away, so that a test may send as many wrong passwords as it likes."""
    default = "cn=default,ou=policies,dc=example,dc=ac,dc=jp"
    slapd.server.apply(f"dn: {default}\nchangetype: modify\nreplace: pwdMaxFailure\npwdMaxFailure: 0\n")
