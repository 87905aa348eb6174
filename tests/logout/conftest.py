"""A site with service providers that take part in single logout, each in its own way."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.login.steps import LOGOUT
from tests.parts.authn_requests import post_body, redirect_query, sign_enveloped
from tests.parts.judge import JudgedAssertion
from tests.parts.logout_messages import logout_request, name_id_of
from tests.parts.service_provider import POST, Slo, TestSP
from tests.parts.site import BASE_URL, Browser, Idp, Page, make_conf
from tests.parts.slapd import RunningSlapd, slapd

__all__ = ["slapd"]

SP = TestSP("sp")
OTHER = TestSP("other")
POSTED = TestSP("posted")
SILENT = TestSP("silent")
"""One that offers no logout."""
SLO = "https://sp.example.org/slo"
ANSWERS = "https://sp.example.org/slo/answers"
OTHER_SLO = "https://other.example.org/slo?tenant=1"
POSTED_SLO = "https://posted.example.org/slo"
PASSWORD = "alice's Password 1"
REDIRECT_PATH = "/idp/profile/SAML2/Redirect/SLO"
POST_PATH = "/idp/profile/SAML2/POST/SLO"
SOAP_PATH = "/idp/profile/SAML2/SOAP/SLO"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def idp(tmp_path: Path, slapd: RunningSlapd) -> Iterator[Idp]:
    idp = Idp.load(make_conf(tmp_path / "conf", slapd))
    try:
        idp.register(SP, slo=[Slo(SLO, response_location=ANSWERS)], display_names={"en": "Library"})
        idp.register(OTHER, slo=[Slo(OTHER_SLO)], display_names={"en": "Mail"})
        idp.register(POSTED, slo=[Slo(POSTED_SLO, POST)], display_names={"en": "Files"})
        idp.register(SILENT, display_names={"en": "Wiki"})
        yield idp
    finally:
        idp.close()


@dataclass
class Person:
    """Somebody at a browser, and what each service provider was told of them last."""

    browser: Browser
    told: dict[str, JudgedAssertion]

    @property
    def idp(self) -> Idp:
        return self.browser.idp

    def visit(self, *sps: TestSP) -> "Person":
        """Log in to service providers, by the session where there is one."""
        for sp in sps:
            self.idp.clock.advance(seconds=1)
            page = self.browser.visit(sp)
            if page.name == "password":
                page = self.browser.log_in(page, "alice", PASSWORD)
            self.told[sp.name] = self.browser.judged(page, sp).the_assertion
        return self

    @property
    def is_logged_in(self) -> bool:
        """Whether there is a session of this browser that could be ended."""
        return self.browser.get(LOGOUT).buttons != []

    def message(self, sp: TestSP = SP, path: str = REDIRECT_PATH, **changes: object) -> bytes:
        """Write what `sp` would ask for to be logged out of what it was told, unsigned."""
        told = self.told[sp.name]
        given: dict[str, object] = {
            "now": self.idp.clock(),
            "destination": BASE_URL + path,
            "name_id": name_id_of(told),
            "session_indexes": (str(told.session_index),),
        }
        return logout_request(sp, **{**given, **changes})  # type: ignore[arg-type]

    def ask(
        self, sp: TestSP = SP, *, browser: Browser | None = None, signer: TestSP | None = None, **changes: object
    ) -> Page:
        """Come to us from `sp` with its signed request by Redirect."""
        query = redirect_query(self.message(sp, **changes), relay_state="where I was", sign_with=(signer or sp).key)
        return (browser or self.browser).get(f"{REDIRECT_PATH}?{query}")

    def post(self, sp: TestSP = SP, **changes: object) -> Page:
        """Come to us from `sp` with its signed request by POST, as another site's form does: without our cookies."""
        xml = sign_enveloped(self.message(sp, POST_PATH, **changes), sp.key)
        return self.idp.browser().request("POST", POST_PATH, data=post_body(xml, relay_state="x"), content_type=FORM)


@pytest.fixture
def person(idp: Idp) -> Person:
    """Somebody who is logged in at SP and nowhere else."""
    return Person(idp.browser(), {}).visit(SP)


def location_of(page: Page) -> str:
    """Give where a redirect leads."""
    return page.response.headers["Location"]
