"""A browser that a person trusts spares them the second factor where a rule says so; it proves nothing (people.md R9).

Off by default; per service provider; ends by itself, by hand, and with what it was given for.
"""

import hashlib
import json
from typing import Any

import pytest
from click.testing import CliRunner

from idp.cli.main import main
from idp.core.errors import ConfigError
from idp.flow.trusted import password_changed
from tests.account.conftest import OTHER_SP, SP, MakeSite
from tests.account.steps import ACCOUNT, SESSIONS, logged_in, part, password_of
from tests.parts.site import OUTSIDE, Browser, Idp, Page
from tests.parts.smtp import PostOffice

TRUSTED = "/idp/account/browsers"
TRUST = "__Host-warifu_trust"
HOST = "idp.example.ac.jp"
MFA = "https://refeds.org/profile/mfa"
PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
ELSEWHERE = '[[login.rules]]\nname = "everywhere else"\nrequire = "two-factors"\n'
REMEMBERED = (
    f'[[login.rules]]\nname = "trusted"\nservice_providers = ["{SP.entity_id}"]\n'
    f'require = "two-factors"\nremembered = true\n\n{ELSEWHERE}'
)


@pytest.fixture
def site(make_site: MakeSite) -> Idp:
    """A site where browsers may be trusted at one service provider."""
    return make_site(replace=((ELSEWHERE, REMEMBERED),), campus_replace="password")


def _to_the_code(browser: Browser, sp: object = SP, **options: object) -> Page:
    page = browser.visit(sp, **options)  # type: ignore[arg-type]
    return browser.submit(page, j_username="alice", j_password=password_of("alice"))


def _trusting(idp: Idp, browser: Browser | None = None) -> Browser:
    """Give a browser that alice has trusted, and whose session is over."""
    browser = browser or idp.browser(OUTSIDE)
    page = _to_the_code(browser)
    page = browser.submit(page, "totp") if page.name == "certificate" else page
    assert 'name="trust_browser"' in page.html
    page = browser.submit(page, tokencode=idp.code(), trust_browser="yes")
    browser.judged(page, SP)
    _log_out(browser)
    idp.clock.advance(minutes=1)
    return browser


def _log_out(browser: Browser) -> None:
    browser.client.delete_cookie("__Host-warifu_session", domain=HOST)


def _is_spared(browser: Browser) -> bool:
    spared = _to_the_code(browser).saml_response is not None
    _log_out(browser)
    return spared


def test_without_a_rule_nothing_is_ever_trusted(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)
    page = browser.submit(_to_the_code(browser), "totp")
    assert "trust_browser" not in page.html

    page = browser.submit(page, tokencode=idp.code(), trust_browser="yes")

    assert page.saml_response is not None
    assert browser.client.get_cookie(TRUST, domain=HOST) is None
    assert "Browsers you trust" not in browser.get(ACCOUNT).html


def test_a_trusted_browser_spares_the_second_factor_and_states_a_password(site: Idp) -> None:
    browser = _trusting(site)

    judged = browser.judged(_to_the_code(browser), SP)

    assert judged.authn_context == PPT


def test_who_does_not_tick_the_box_is_asked_again(site: Idp) -> None:
    browser = site.browser(OUTSIDE)
    page = browser.submit(_to_the_code(browser), "totp")
    browser.judged(browser.submit(page, tokencode=site.code()), SP)
    _log_out(browser)

    assert not _is_spared(browser)


@pytest.mark.parametrize("context", [MFA, TIME_SYNC])
def test_it_never_counts_as_a_factor(site: Idp, context: str) -> None:
    browser = _trusting(site)

    page = _to_the_code(browser, authn_context_class_refs=(context,))

    assert page.saml_response is None
    assert "trust_browser" not in browser.submit(page, "totp").html


def test_another_service_provider_asks_for_the_second_factor(site: Idp) -> None:
    assert _to_the_code(_trusting(site), OTHER_SP).saml_response is None


def test_no_errand_and_no_look_at_the_account_is_spared_anything(make_site: MakeSite) -> None:
    site = make_site(replace=((ELSEWHERE, ELSEWHERE + "remembered = true\n"),))
    browser = _trusting(site)

    page = browser.submit(browser.get(ACCOUNT), j_username="alice", j_password=password_of("alice"))

    assert page.name != "account"


def test_it_is_good_for_its_days(site: Idp) -> None:
    browser = _trusting(site)
    site.clock.advance(days=29)
    assert _is_spared(browser)
    site.clock.advance(days=1)
    assert not _is_spared(browser)


def test_it_is_bound_to_the_person(site: Idp) -> None:
    site.enrol("bob")
    browser = _trusting(site)

    page = browser.submit(browser.visit(SP), j_username="bob", j_password=password_of("bob"))

    assert page.saml_response is None


def test_it_is_bound_to_the_browser(site: Idp) -> None:
    stolen = _trusting(site).client.get_cookie(TRUST, domain=HOST)
    assert stolen is not None
    thief = site.browser(OUTSIDE)
    thief.client.set_cookie(TRUST, stolen.value, domain=HOST, secure=True)

    assert not _is_spared(thief)


def test_s01_its_cookie_is_for_this_host_alone_and_opens_nothing_by_itself(site: Idp) -> None:
    browser = _trusting(site)
    kept = browser.client.get_cookie(TRUST, domain=HOST)
    assert kept is not None

    assert (kept.secure, kept.http_only, kept.same_site, kept.path) == (True, True, "Lax", "/")
    assert browser.visit(SP).name == "password"
    assert kept.value.encode() not in (site.conf / "state" / "store.sqlite").read_bytes()


def test_a_wrong_code_trusts_nothing(site: Idp) -> None:
    browser = site.browser(OUTSIDE)
    page = browser.submit(_to_the_code(browser), "totp")
    browser.submit(page, tokencode="000000", trust_browser="yes")

    assert browser.client.get_cookie(TRUST, domain=HOST) is None


def test_it_is_listed_and_taken_back(site: Idp) -> None:
    browser = _trusting(site)
    here = logged_in(site)
    page = here.get(ACCOUNT)
    assert f"outside the campus ({OUTSIDE})" in part(page, "trusted")
    [trusted] = site.site.trusted.of(site.site.directory.find("alice").id, site.clock())  # type: ignore[union-attr]

    done = here.post(TRUSTED, {**page.hidden, "browser": trusted.name, "_eventId_forget": ""})

    assert 'data-done="untrusted"' in done.html
    assert not _is_spared(browser)


def test_s07_another_sites_form_takes_nothing_back(site: Idp) -> None:
    browser, here = _trusting(site), logged_in(site)
    [trusted] = site.site.trusted.of(site.site.directory.find("alice").id, site.clock())  # type: ignore[union-attr]

    assert here.post(TRUSTED, {"browser": trusted.name}).status == 403
    assert _is_spared(browser)


def test_nobody_takes_anothers_back(site: Idp) -> None:
    browser, carol = _trusting(site), logged_in(site, "carol")
    [trusted] = site.site.trusted.of(site.site.directory.find("alice").id, site.clock())  # type: ignore[union-attr]
    token = site.site.tokens.make(_form_of_carol(site), 0, _browser_id(carol))

    carol.post(TRUSTED, {"csrf_token": token, "browser": trusted.name})

    assert _is_spared(browser)


def _form_of_carol(site: Idp) -> str:
    return f"account:{site.site.directory.find('carol').id}"  # type: ignore[union-attr]


def _browser_id(browser: Browser) -> str:
    kept = browser.client.get_cookie("__Host-warifu_browser", domain=HOST)
    assert kept is not None
    return hashlib.sha256(kept.value.encode()).hexdigest()


def test_it_ends_with_all_other_logins(site: Idp) -> None:
    browser = _trusting(site)
    logged_in(site, "alice")
    here = logged_in(site)
    here.post(SESSIONS, {**here.get(ACCOUNT).hidden, "_eventId_end": ""})

    assert not _is_spared(browser)


def test_it_ends_when_the_factor_is_taken_away(site: Idp) -> None:
    browser = _trusting(site)
    campus = site.browser()
    page = campus.submit(campus.get("/idp/account/reset"), j_username="alice", j_password=password_of("alice"))
    assert page.name == "reset"
    campus.submit(page, "reset")

    alice = site.site.directory.find("alice")
    assert alice is not None
    assert site.site.trusted.of(alice.id, site.clock()) == ()
    assert not _is_spared(browser)


def test_it_ends_when_an_administrator_steps_in(site: Idp) -> None:
    browser = _trusting(site)
    alice = site.site.directory.find("alice")
    assert alice is not None

    site.site.registrations.forgive("totp", alice)

    assert not _is_spared(browser)


def test_it_ends_when_the_password_changes(site: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = _trusting(site)
    changed = {"pwdchangedtime": ((site.clock()).strftime("%Y%m%d%H%M%SZ"),)}
    monkeypatch.setattr(site.site.trusted, "_password_changed", lambda _: password_changed(changed))

    assert not _is_spared(browser)


def test_it_is_written_to_the_audit_log(site: Idp) -> None:
    _trusting(site)

    assert "TRUSTED_BROWSER" in (site.conf / "log" / "audit.json").read_text()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_r10_the_person_is_told_by_mail(make_site: MakeSite, language: str) -> None:
    with PostOffice() as office:
        site = make_site(replace=((ELSEWHERE, REMEMBERED),), mail_toml=office.toml())
        _trusting(site, site.browser(OUTSIDE, language))
        outbox = site.site.outbox
        assert outbox is not None
        outbox.deliver(site.clock)

        [letter] = office.received
        assert site.site.words.text(language, "notice.trusted.title") in str(letter.message["Subject"])
        assert (letter.recipients, OUTSIDE in letter.text) == (["alice@example.ac.jp"], True)


def test_policy_explain_tells_of_it(site: Idp) -> None:
    def explained(sp: str, *more: str) -> Any:
        words = ("--conf", str(site.conf), "--user", "alice", "--sp", sp, "--from", OUTSIDE, "--json", *more)
        done = CliRunner().invoke(main, ["policy", "explain", *words])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)["remembered"]

    assert explained(SP.entity_id) is True
    assert explained(OTHER_SP.entity_id) is False
    assert explained(SP.entity_id, "--authn-context", MFA) is False


@pytest.mark.parametrize("rule", ['require = "password"', 'require = "two-factors"\naction = "register"'])
def test_a_rule_without_use_for_it_is_refused_at_start(make_site: MakeSite, rule: str) -> None:
    wrong = f'[[login.rules]]\nname = "x"\n{rule}\nremembered = true\n\n{ELSEWHERE}'

    with pytest.raises(ConfigError, match="remembered"):
        make_site(replace=((ELSEWHERE, wrong),))
