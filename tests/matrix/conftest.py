"""A site whose second factor may be a matrix card."""

from dataclasses import dataclass

import pytest

from plugins.matrix.grid import Card
from tests.parts.cards import give_card
from tests.parts.site import OUTSIDE, Browser, Idp, Page
from tests.parts.sites import MakeIdp, make_idp, prove_password
from tests.parts.slapd import RunningSlapd, own_slapd, slapd

__all__ = ["make_idp", "own_slapd", "slapd"]

METHODS = ("password", "totp", "matrix")


@dataclass
class Place:
    """A site, and alice's card there. Alice has an app as well, which is offered first."""

    idp: Idp
    card: Card

    def at_cells(self, username: str = "alice", browser: Browser | None = None) -> tuple[Browser, Page]:
        """Give a browser outside and its page that asks for cells."""
        browser = browser or self.idp.browser(OUTSIDE)
        page = prove_password(browser, username)
        return browser, browser.submit(page, "matrix") if page.name == "totp" else page


@pytest.fixture
def place(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Place:
    idp = make_idp(own_slapd, methods=METHODS, plugins_toml="")
    return Place(idp, give_card(idp, "alice"))
