"""Every chain of methods, each of them right, wrong or broken: only what policy wants lets in (security.md T-25)."""

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from idp.plugin import registry
from tests.login.conftest import SP
from tests.parts.logs import read_json_lines
from tests.parts.site import ASK_ALWAYS, OUTSIDE, Browser, Idp, Page, make_conf
from tests.parts.sites import GENEROUS, password_of
from tests.parts.slapd import RunningSlapd
from tests.plugin.strangers import BAD, BEGINS, ENTRY, Answer, Stranger, ask, prove

SiteWith = Callable[..., Idp]
CHAINS = (
    ("password", "stranger"),
    ("password", "stranger", "totp"),
    ("password", "totp", "stranger"),
    ("password", "clientcert", "stranger", "totp"),
    ("password", "totp"),
    ("password",),
)
EITHER = '[[login.authn_contexts]]\nuri = "urn:test:stranger"\nmethods = ["password", "stranger"]\n'


@pytest.fixture(autouse=True)
def _as_good_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stranger, "wanted_begin", staticmethod(ask))
    monkeypatch.setattr(Stranger, "wanted_resume", staticmethod(prove))


@pytest.fixture(scope="module")
def sites(slapd: RunningSlapd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteWith]:
    """Gives the site of a chain, made once; the stranger is found as if it were installed."""
    made: dict[tuple[str, ...], Idp] = {}
    with pytest.MonkeyPatch.context() as patch:
        found = {**registry.discover(), "stranger": ENTRY}
        patch.setattr(registry, "discover", lambda: found)

        def site_with(*methods: str) -> Idp:
            if methods not in made:
                folder = tmp_path_factory.mktemp("matrix") / "conf"
                made[methods] = Idp.load(make_conf(folder, slapd, methods=methods, **_texts(methods)))  # type: ignore[arg-type]
                made[methods].register(SP)
            made[methods].clock.advance(seconds=60)
            made[methods].enrol("alice")
            return made[methods]

        yield site_with
    for idp in made.values():
        idp.close()


def _texts(methods: tuple[str, ...]) -> dict[str, object]:
    budgets = GENEROUS if "totp" in methods else GENEROUS.partition("[limits.totp]")[0]
    tables = (ASK_ALWAYS if "clientcert" in methods else "") + budgets + (EITHER if "stranger" in methods else "")
    return {"plugins_toml": tables}


def try_all(browser: Browser, page: Page, idp: Idp, given: dict[str, bool]) -> Page:
    """Send what is given, right or wrong, to whatever page asks, and try each other method that is offered."""
    tried: set[str] = set()
    for _ in range(8):
        if page.saml_response is not None or page.name in tried or page.name is None:
            return page
        tried.add(page.name)
        right = given.get(page.name, False)
        if page.name == "password":
            password = password_of("alice") if right else "wrong"
            page = browser.submit(page, j_username="alice", j_password=password)
        elif page.name == "totp":
            page = browser.submit(page, tokencode=idp.code() if right else "000000")
        elif page.name == "stranger":
            page = browser.submit(page, tokencode="good" if right else "bad")
        if page.name in tried:
            others = [name.removeprefix("_eventId_") for name in page.buttons]
            others = [name for name in others if name in {"totp", "stranger", "clientcert"} - tried]
            page = browser.submit(page, others[0]) if others else page
    return page


@pytest.mark.parametrize("methods", CHAINS, ids=["T-25-" + "-".join(chain) for chain in CHAINS])
def test_each_chain_lets_in_exactly_who_proved_two_kinds(sites: SiteWith, methods: tuple[str, ...]) -> None:
    for rights in product((True, False), repeat=len(methods)):
        given = dict(zip(methods, rights, strict=True))
        idp = sites(*methods)
        browser = idp.browser(OUTSIDE)
        page = try_all(browser, browser.visit(SP), idp, given)
        expected = given["password"] and (given.get("totp", False) or given.get("stranger", False))
        assert (page.saml_response is not None) is expected, (given, page.name, page.code)


def after_password(idp: Idp) -> tuple[Browser, Page]:
    browser = idp.browser(OUTSIDE)
    return browser, browser.submit(browser.visit(SP), j_username="alice", j_password=password_of("alice"))


@pytest.mark.parametrize("bad", BAD.values(), ids=[f"T-25-resume-{name}" for name in BAD])
def test_a_broken_judgement_is_never_a_proof(sites: SiteWith, monkeypatch: pytest.MonkeyPatch, bad: Answer) -> None:
    monkeypatch.setattr(Stranger, "wanted_resume", staticmethod(bad))
    idp = sites("password", "stranger")
    browser, page = after_password(idp)
    assert page.name == "stranger"

    answer = browser.submit(page, tokencode="good")

    assert answer.saml_response is None
    assert answer.status in {200, 503}
    events = [each for each in read_json_lines(idp.conf) if each["decision"] != "accepted"]
    if bad not in (BAD["asks-again"], BAD["raises-dependency-error"]):
        assert events[-1]["code"] == answer.code
        assert events[-1]["methods"] == ["stranger"]
    assert browser.get(page.action).saml_response is None


@pytest.mark.parametrize("bad", BEGINS.values(), ids=[f"T-25-begin-{name}" for name in BEGINS])
@pytest.mark.parametrize(
    "methods", [("password", "stranger"), ("password", "stranger", "totp")], ids=["alone", "first"]
)
def test_a_broken_beginning_is_never_a_proof(
    sites: SiteWith, monkeypatch: pytest.MonkeyPatch, bad: Answer, methods: tuple[str, ...]
) -> None:
    monkeypatch.setattr(Stranger, "wanted_begin", staticmethod(bad))
    idp = sites(*methods)

    browser, page = after_password(idp)

    assert page.saml_response is None
    down = bad is BAD["raises-dependency-error"]
    assert page.name == ("error" if len(methods) == 2 or down else "totp")
    if page.name == "totp":
        assert browser.submit(page, tokencode=idp.code()).saml_response is not None


@pytest.mark.parametrize(
    "bad",
    ["raises-value-error", "answers-none", "proves-another", "claims-more-factors"],
    ids=lambda bad: f"T-25-{bad}",
)
def test_one_broken_method_does_not_take_the_others_with_it(
    sites: SiteWith, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    monkeypatch.setattr(Stranger, "wanted_resume", staticmethod(BAD[bad]))
    idp = sites("password", "stranger", "totp")
    browser, page = after_password(idp)

    page = browser.submit(page, tokencode="good")
    assert (page.name, page.code) == ("totp", "A403")
    answer = browser.submit(page, tokencode=idp.code())
    assert browser.judged(answer, SP).friendly["uid"] == ("alice",)
