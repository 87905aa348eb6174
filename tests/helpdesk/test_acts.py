"""Each act: by POST, with a reason, over nobody of one's rank, written down, told by mail, done once."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.plugin import Purpose
from plugins.activation.issuing import is_right
from plugins.activation.settings import ActivationSettings
from plugins.matrix.issuing import CardIssuing
from plugins.totp.credential import TOTP
from tests.helpdesk.desk import ACT, REASON, Desk
from tests.login.conftest import OTHER_SP, SP
from tests.parts.site import CAMPUS, OUTSIDE
from tests.parts.sites import password_of, prove_password

ACTS = ("unlock", "reset", "sessions")


def test_unlocking_gives_every_try_back(desk: Desk) -> None:
    assert desk.guess().code == Code.TOO_MANY_CODES or desk.guess(times=1).code == Code.TOO_MANY_CODES
    assert not desk.can_log_in()
    worker = desk.staff()

    done = worker.do(worker.open("unlock"))

    assert 'data-done="unlock"' in done.html
    assert desk.can_log_in()


def test_unlocking_gives_passwords_back_in_every_network_and_browser(desk: Desk) -> None:
    browser = desk.idp.browser(OUTSIDE)
    page = browser.visit(SP)
    for _ in range(11):
        page = browser.submit(page, j_username="bob", j_password="wrong")
    assert page.code == Code.TOO_MANY_PASSWORDS
    worker = desk.staff()

    worker.do(worker.open("unlock"))

    assert browser.submit(page, j_username="bob", j_password=password_of("bob")).name == "totp"


def test_t05_unlocking_lets_an_app_go_on_that_was_stopped(desk: Desk) -> None:
    tools = desk.idp.site.tools("totp")
    subject = tools.people.find("bob")
    assert subject is not None
    [credential] = tools.credentials.list(subject, TOTP)
    tools.credentials.swap(subject, credential, TOTP, {"failures": b"100"})
    worker = desk.staff()
    assert 'data-tries="stopped"' in worker.look("bob").html

    worker.do(worker.open("unlock"))

    assert desk.can_log_in()


def test_a_reset_takes_the_app_away_and_what_follows_is_a_first_registration(desk: Desk) -> None:
    worker = desk.staff()

    done = worker.do(worker.open("reset"))

    assert 'data-done="reset"' in done.html
    assert desk.registered("bob") == 0
    subject = desk.idp.site.directory.find("bob")
    assert subject is not None
    binding = desk.idp.site.registrations.binding
    assert binding("totp", Purpose.REGISTER, subject, (), "campus") == "campus-first"


def test_all_logins_of_a_person_end(desk: Desk) -> None:
    here, there = desk.idp.browser(CAMPUS), desk.idp.browser(CAMPUS)
    for browser in (here, there):
        prove_password(browser, "bob")
        assert browser.visit(OTHER_SP).saml_response is not None
    worker = desk.staff()

    worker.do(worker.open("sessions"))

    assert [browser.visit(OTHER_SP).name for browser in (here, there)] == ["password", "password"]
    assert desk.events("SESSIONS")[-1]["reason"] == f"{REASON} (2 ended)"


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_written_down_before_and_after_and_told_by_mail(desk: Desk, act: str) -> None:
    worker = desk.staff()

    worker.do(worker.open(act))

    started, done = desk.events(act.upper())
    for event in (started, done):
        assert (event["actor"], event["username"]) == ("carol", "bob")
        assert str(event["reason"]).startswith(REASON)
    assert started["decision"] == "started"
    assert done["decision"] == {"reset": "removed"}.get(act, "changed")
    [letter] = desk.letters()
    assert letter.recipients == ["bob@example.ac.jp"]
    assert "help desk" in letter.text or "窓口" in letter.text


@pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 301])
@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_without_a_reason_and_the_form_is_still_good(desk: Desk, act: str, reason: str) -> None:
    worker = desk.staff()

    page = worker.do(worker.open(act), reason)

    assert (page.name, page.code) == ("helpdesk-act", Code.DESK_REASON_MISSING)
    assert desk.events(act.upper()) == []
    assert worker.do(page).name == "helpdesk-person"


@pytest.mark.parametrize("act", ACTS)
def test_s08_a_get_never_acts(desk: Desk, act: str) -> None:
    worker = desk.staff()
    page = worker.open(act)
    link = worker.link(worker.look("bob"), act)

    again = worker.browser.get(f"{link}&reason={REASON.replace(' ', '+')}&_eventId_do=&form={page.hidden['form']}")

    assert again.name == "helpdesk-act"
    assert desk.events(act.upper()) == []
    assert desk.registered("bob") == 1


@pytest.mark.parametrize("act", ACTS)
def test_a_form_from_another_site_does_nothing(desk: Desk, act: str) -> None:
    worker = desk.staff()
    page = worker.open(act)
    fields = {**page.hidden, "reason": REASON, "_eventId_do": ""}

    crossed = worker.browser.post(page.action, fields, headers={"Origin": "https://evil.example.org"})
    forged = worker.browser.post(page.action, {**fields, "csrf_token": "0.x"})
    cookieless = desk.idp.browser(CAMPUS).post(page.action, fields)

    assert [each.code for each in (crossed, forged, cookieless)] == ["S103", "S103", "S104"]
    assert desk.events(act.upper()) == []


def test_a_form_is_good_once(desk: Desk) -> None:
    worker = desk.staff()
    page = worker.open("unlock")
    worker.do(page)

    again = worker.do(page)

    assert (again.status, again.code) == (409, Code.DESK_FORM_OLD)
    assert [each["decision"] for each in desk.events("UNLOCK")] == ["started", "changed", "refused"]


def test_a_form_that_is_too_old_does_nothing(desk: Desk) -> None:
    worker = desk.staff()
    page = worker.open("unlock")
    desk.idp.clock.advance(minutes=10)

    assert worker.do(page).code == Code.DESK_FORM_OLD


@pytest.mark.parametrize("change", [("bob", "dave"), ("unlock", "sessions")])
def test_a_form_serves_for_no_other_person_and_no_other_act(desk: Desk, change: tuple[str, str]) -> None:
    worker = desk.staff()
    page = worker.open("unlock")
    old, new = (desk.id_of(each) for each in change) if change[0] == "bob" else change
    fields = {**page.hidden, "reason": REASON}

    assert worker.browser.post(page.action.replace("&amp;", "&").replace(old, new), fields).code == Code.DESK_FORM_OLD


def test_a_form_of_one_of_the_staff_serves_no_other(desk: Desk) -> None:
    page = desk.staff().open("unlock")
    alice = desk.staff("alice")

    assert alice.do(page).code == Code.FORM_FORGED


def test_a_reset_is_of_what_was_seen(desk: Desk) -> None:
    worker = desk.staff()
    page = worker.open("reset")
    desk.idp.enrol("bob")

    assert worker.do(page).code == Code.DESK_FORM_OLD
    assert desk.registered("bob") == 1


def test_of_two_staff_at_once_one_resets(desk: Desk) -> None:
    workers = [desk.staff("alice"), desk.staff("carol")]
    pages = [worker.open("reset") for worker in workers]

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda pair: pair[0].do(pair[1]), zip(workers, pages, strict=True)))

    assert sorted(page.status for page in done) == [200, 409]
    assert len([each for each in desk.events("RESET") if each["decision"] == "removed"]) == 1
    assert len(desk.letters()) == 1


@pytest.mark.parametrize(
    ("staff", "person"), [("carol", "carol"), ("alice", "alice"), ("carol", "alice")], ids=["self", "top", "above"]
)
@pytest.mark.parametrize("act", ["unlock", "sessions"])
def test_nobody_acts_on_themselves_or_on_their_rank_or_a_higher_one(
    desk: Desk, staff: str, person: str, act: str
) -> None:
    worker = desk.staff(staff)

    looked = worker.look(person)
    asked = worker.browser.get(f"{ACT}?id={desk.id_of(person)}&act={act}")
    own = worker.open("unlock", "bob")
    posted = worker.browser.post(
        f"{ACT}?id={desk.id_of(person)}&act={act}", {**own.hidden, "reason": REASON, "_eventId_do": ""}
    )

    assert "data-act" not in looked.html
    assert 'data-part="not-over"' in looked.html
    assert [(each.status, each.code) for each in (asked, posted)] == [(403, Code.DESK_NOT_OVER)] * 2
    assert {each["decision"] for each in desk.events(act.upper()) if each["username"] == person} == {"refused"}


def test_a_freeze_is_told_and_lifted(desk: Desk) -> None:
    subject = desk.idp.site.directory.find("bob")
    assert subject is not None
    worker = desk.staff()
    assert "data-frozen" not in worker.look("bob").html
    desk.idp.site.cautions.freeze(subject, desk.idp.clock())
    assert "data-frozen" in worker.look("bob").html

    done = worker.do(worker.open("unfreeze"))

    assert 'data-done="unfreeze"' in done.html
    assert not desk.idp.site.cautions.is_frozen(subject)
    assert len(desk.letters()) == 1


def test_a_higher_rank_acts_on_a_lower_one(desk: Desk) -> None:
    worker = desk.staff("alice")

    assert 'data-done="unlock"' in worker.do(worker.open("unlock", "carol")).html


def test_a_role_has_its_acts_and_no_others(desk: Desk) -> None:
    worker = desk.staff("alice")

    assert 'data-act="sessions"' not in worker.look("bob").html
    page = worker.browser.get(f"{ACT}?id={desk.id_of('bob')}&act=sessions")

    assert (page.status, page.code) == (403, Code.DESK_NOT_ALLOWED)


@pytest.mark.parametrize("query", ["act=dance", "act=", "act=reset", "act=unlock&method=totp", "act=reset&method=x"])
def test_an_act_that_there_is_not_is_not_there(desk: Desk, query: str) -> None:
    assert desk.staff().browser.get(f"{ACT}?id={desk.id_of('bob')}&{query}").status == 404


def test_what_is_gone_is_said_before_a_reason_is_asked_for(desk: Desk) -> None:
    worker = desk.staff()
    link = worker.link(worker.look("bob"), "reset")
    worker.do(worker.open("reset"))

    page = worker.browser.get(link)

    assert (page.status, page.code) == (409, Code.DESK_OVERTAKEN)


def test_f07_where_the_audit_log_cannot_be_written_nothing_is_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = desk.staff()
    page = worker.open("reset")
    monkeypatch.setattr(
        desk.idp.site.audit, "record", lambda event: (_ for _ in ()).throw(DependencyError(Code.AUDIT_DOWN))
    )

    assert worker.do(page).status == 503
    assert desk.registered("bob") == 1


def test_a_code_is_shown_once_with_how_long_it_lives_and_opens_the_way_to_registering(coded: Desk) -> None:
    worker = coded.staff()

    page = worker.do(worker.open("issue"))

    assert page.name == "helpdesk-issued"
    found = re.search(r"data-code-issued>([A-Z2-9]{5}-[A-Z2-9]{5})<", page.html)
    assert found
    assert "<strong>10</strong> minutes" in page.html
    assert page.response.headers["Cache-Control"] == "no-store"
    assert found[1] not in worker.look("bob").html
    assert found[1] not in (coded.idp.conf / "log" / "audit.json").read_text()
    [letter] = coded.letters()
    assert found[1] not in letter.text
    tools, subject = coded.idp.site.tools("activation"), coded.idp.site.directory.find("bob")
    assert subject is not None
    assert is_right(subject, found[1].lower(), ActivationSettings(), tools)


def test_a_code_is_not_taken_back_by_an_act_that_it_does_not_have(coded: Desk) -> None:
    page = coded.staff().browser.get(f"{ACT}?id={coded.id_of('bob')}&act=revoke&method=activation")

    assert page.status == 404


def test_a_role_that_names_methods_issues_no_others(coded: Desk) -> None:
    staff = coded.staff("alice")

    assert 'data-act="issue"' not in staff.look("bob").html
    asked = staff.browser.get(f"{ACT}?id={coded.id_of('bob')}&act=issue&method=activation")
    assert asked.code == Code.DESK_NOT_ALLOWED


def test_g07_a_card_is_shown_once_and_the_one_before_is_worth_nothing(carded: Desk) -> None:
    worker, method = carded.staff(), carded.idp.site.methods["matrix"].method
    assert isinstance(method, CardIssuing)

    sheets = [worker.do(worker.open("issue")) for _ in range(2)]

    numbers = [re.findall(r"\d{4}-\d{4}", each.html)[0] for each in sheets]
    assert numbers[0] != numbers[1]
    assert "style-src" in sheets[1].response.headers["Content-Security-Policy"]
    assert sheets[1].response.headers["Cache-Control"] == "no-store"
    assert numbers[1] in worker.look("bob").html
    subject = carded.idp.site.directory.find("bob")
    assert subject is not None
    (held,) = method.cards(subject, carded.idp.site.tools("matrix"))
    assert held.card.number == numbers[1]
    texts = [held.card.text(cell) for cell in held.card.grid.cells]
    assert all(text in sheets[1].html for text in texts)
    looked = worker.look("bob").html
    assert not any(f">{text}<" in looked for text in texts)
    assert len(carded.letters()) == 2


def test_g07_a_card_is_taken_back(carded: Desk) -> None:
    worker = carded.staff()
    worker.do(worker.open("issue"))

    done = worker.do(worker.open("revoke"))

    assert done.name == "helpdesk-person"
    assert 'data-act="revoke"' not in done.html
    assert [each["decision"] for each in carded.events("REVOKE")] == ["started", "removed"]


def test_x10_no_secret_is_in_the_audit_log(desk: Desk) -> None:
    worker = desk.staff()
    worker.do(worker.open("reset"))

    text = (desk.idp.conf / "log" / "audit.json").read_text()
    assert password_of("bob") not in text
    assert "GEZDGNBVGY3TQOJQ" not in text
