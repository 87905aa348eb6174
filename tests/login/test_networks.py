"""Where a person is decides what is asked, and nobody says so but us and the named proxy (security.md N-01 to N-07)."""

from pathlib import Path

import pytest

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import PASSWORD, PPT, single_factor
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Idp, make_conf
from tests.parts.slapd import RunningSlapd

FORWARDING = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP", "Via")
PROXY = "127.0.0.1"


def _is_campus(browser: Browser) -> bool:
    """One factor is enough on campus alone."""
    page = browser.submit(browser.visit(SP), j_username="alice", j_password=PASSWORD)
    assert page.name in {"post", "certificate"}
    return page.name == "post"


def _behind_proxy(idp: Idp, forwarded: str | None, *, peer: str = PROXY) -> Browser:
    browser = idp.browser(peer)
    browser.listener = "plain"
    browser.headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return browser


@pytest.mark.parametrize("name", [pytest.param(name, id=f"N-01-{name}") for name in FORWARDING])
def test_a_forwarded_address_is_not_believed_on_the_main_listener(idp: Idp, name: str) -> None:
    browser = idp.browser(OUTSIDE)
    browser.headers = {name: f"for={CAMPUS}" if name == "Forwarded" else CAMPUS}
    assert not _is_campus(browser)

    browser = idp.browser(CAMPUS)
    browser.headers = {name: OUTSIDE}
    assert _is_campus(browser)


@pytest.mark.parametrize(
    ("forwarded", "peer", "is_campus"),
    [
        pytest.param(CAMPUS, PROXY, True, id="N-01-from-the-proxy"),
        pytest.param(CAMPUS, "", True, id="N-01-from-the-socket"),
        pytest.param(OUTSIDE, PROXY, False, id="N-01-outside"),
        pytest.param(f"{CAMPUS}, {OUTSIDE}", PROXY, False, id="N-01-only-what-the-proxy-added"),
        pytest.param(f"{OUTSIDE}, {CAMPUS}", PROXY, True, id="N-01-what-the-client-wrote-is-passed-over"),
        pytest.param(CAMPUS, "127.0.0.2", False, id="N-01-not-from-the-proxy"),
        pytest.param(CAMPUS, CAMPUS, False, id="N-01-from-campus-itself"),
        pytest.param(None, PROXY, False, id="N-02-absent"),
        pytest.param("", PROXY, False, id="N-02-empty"),
        pytest.param("unknown", PROXY, False, id="N-02-unknown"),
        pytest.param(f"{CAMPUS}:4711", PROXY, False, id="N-02-port"),
        pytest.param("192.0.02.010", PROXY, False, id="N-02-octal"),
        pytest.param("3221225994", PROXY, False, id="N-02-number"),
        pytest.param("fe80::1%eth0", PROXY, False, id="N-02-zone"),
        pytest.param(f"{CAMPUS},", PROXY, False, id="N-02-nothing-last"),
        pytest.param(", ".join([CAMPUS] * 1000), PROXY, False, id="N-02-10-kB"),
        pytest.param(f"[{CAMPUS}]", PROXY, False, id="N-02-brackets"),
        pytest.param("2001:db8:c::17", PROXY, True, id="N-03-v6"),
        pytest.param("2001:db8:d::17", PROXY, False, id="N-03-v6-outside"),
        pytest.param(f"::ffff:{CAMPUS}", PROXY, True, id="N-03-mapped"),
        pytest.param("::ffff:198.51.100.7", PROXY, False, id="N-03-mapped-outside"),
        pytest.param("192.0.2.129", PROXY, False, id="N-03-except"),
    ],
)
def test_on_the_plain_listener_the_proxys_word_alone_counts(
    idp: Idp, forwarded: str | None, peer: str, is_campus: bool
) -> None:
    assert _is_campus(_behind_proxy(idp, forwarded, peer=peer)) is is_campus


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8:c::1", "::ffff:192.0.2.1"])
def test_n03_both_families_are_campus_on_the_main_listener(idp: Idp, address: str) -> None:
    assert _is_campus(idp.browser(address))


def test_n04_the_rule_is_that_of_the_moment_of_issue(idp: Idp) -> None:
    browser = idp.browser(CAMPUS)
    page = browser.visit(SP)
    browser.address = OUTSIDE
    page = browser.submit(page, j_username="alice", j_password=PASSWORD)
    assert page.name == "certificate"

    browser.address = CAMPUS

    assert browser.judged(browser.get(page.action), SP).authn_context == PPT


def test_n06_a_session_of_campus_is_stepped_up_outside(idp: Idp) -> None:
    browser = idp.browser(CAMPUS)
    single_factor(browser)
    browser.address = OUTSIDE

    page = browser.visit(OTHER_SP)
    assert page.name == "certificate"
    judged = browser.judged(browser.submit(browser.submit(page, "totp"), tokencode=idp.code()), OTHER_SP)
    assert judged.friendly["uid"] == ("alice",)
    assert browser.judged(browser.visit(SP), SP).status == "Success"


def test_n06_passively_it_is_no_session_outside(idp: Idp) -> None:
    browser = idp.browser(CAMPUS)
    single_factor(browser)
    browser.address = OUTSIDE

    assert browser.judged(browser.visit(OTHER_SP, is_passive=True), OTHER_SP).sub_status == "NoPassive"


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"campus_ranges": (), "campus_exceptions": ()}, id="N-07-no-ranges"),
        pytest.param(
            {"campus_ranges": ("192.0.2.0/24",), "campus_exceptions": ("192.0.2.0/24",)}, id="N-07-all-excepted"
        ),
    ],
)
def test_without_ranges_everybody_is_outside(tmp_path: Path, slapd: RunningSlapd, answers: dict[str, object]) -> None:
    site = Idp.load(
        make_conf(tmp_path / "conf", slapd, plugins_toml='[plugins.clientcert]\nask = "always"\n', **answers)
    )
    try:
        site.register(SP)
        assert not _is_campus(site.browser(CAMPUS))
    finally:
        site.close()


@pytest.mark.parametrize("path", ["/idp/profile/Logout", "/idp/shibboleth", "/idp/health", "/idp/error"])
def test_every_page_of_the_plain_listener_bears_the_same_headers(idp: Idp, path: str) -> None:
    assert _behind_proxy(idp, CAMPUS).get(path).status == 200
