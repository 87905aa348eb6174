"""Rules and networks in a whole site: which rule decided stands in every line, and edits count at once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.cli.slapd_entries import GROUPS_DN
from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import MFA, PASSWORD, PPT, TIME_SYNC
from tests.parts.service_provider import TestSP
from tests.parts.site import CAMPUS, OUTSIDE, Browser, Clock, Idp, Page
from tests.parts.sites import MakeIdp, password_of, prove_password
from tests.parts.slapd import RunningSlapd

SENSITIVE = "https://example.ac.jp/category/sensitive"
VAULT = TestSP("vault")
CAMPUS_RULE = '[[login.rules]]\nname = "campus"\n'
VPN = "192.0.2.200"
NETWORKS = '[networks.campus]\nranges = ["192.0.2.0/24", "2001:db8:c::/48"]\nexcept = ["192.0.2.128/25"]\n'


def rules(*texts: str) -> tuple[tuple[str, str], ...]:
    """Put rules before those that are there."""
    text = "".join(f"[[login.rules]]\n{each}\n\n" for each in texts)
    return ((CAMPUS_RULE, text + CAMPUS_RULE),)


def without_rules(idp_toml: Path) -> None:
    """Take every rule away."""
    text = idp_toml.read_text()
    begin = text.index("[[login.rules]]")
    idp_toml.write_text(text[:begin] + text[text.index("[[login.authn_contexts]]") :])


def events(idp: Idp) -> list[dict[str, object]]:
    """Give the audit events so far."""
    return [json.loads(line) for line in (idp.conf / "log" / "audit.json").read_text().splitlines()]


def decided(idp: Idp) -> list[tuple[object, object, object]]:
    """Give decision, network and rule of each event."""
    return [(each["decision"], each["network"], each.get("rule")) for each in events(idp)]


def alarms(text: str) -> list[str]:
    """Give the alarms of a process log."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line["message"] for line in lines if line["event"] == "alarm"]


def log_in(browser: Browser, sp: TestSP = SP, username: str = "alice") -> Page:
    page = browser.visit(sp)
    return browser.submit(page, j_username=username, j_password=password_of(username))


def test_a_category_of_the_service_providers_metadata_decides(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    row = f'name = "sensitive"\nentity_categories = ["{SENSITIVE}"]\nrequire = "two-factors"'
    idp = make_idp(slapd, replace=rules(row))
    idp.register(VAULT, entity_categories=[SENSITIVE])
    browser = idp.browser(CAMPUS)

    assert log_in(browser).name == "post"
    page = browser.visit(VAULT)
    assert page.name == "certificate"
    answer = browser.submit(browser.submit(page, "totp"), tokencode=idp.code())
    assert browser.judged(answer, VAULT).authn_context == TIME_SYNC

    assert decided(idp) == [("accepted", "campus", "campus"), ("accepted", "campus", "sensitive")]


def test_who_is_in_no_group_that_is_let_in_is_told_so_after_the_password(
    make_idp: MakeIdp, slapd: RunningSlapd
) -> None:
    staff = f'name = "staff"\ngroups = ["CN=Staff, {GROUPS_DN.upper()}"]\nrequire = "password"'
    idp = make_idp(slapd, replace=rules(staff, 'name = "nobody else"\nrequire = "refuse"'))

    assert idp.browser(OUTSIDE).judged(log_in(idp.browser(OUTSIDE)), SP).authn_context == PPT
    browser = idp.browser(OUTSIDE)
    assert browser.judged(log_in(browser, username="bob"), SP).sub_status == "RequestDenied"

    assert decided(idp) == [("accepted", "outside", "staff"), ("refused", "outside", "nobody else")]


def test_a_group_that_is_refused_is_refused_with_a_session_too(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    row = f'name = "no staff"\ngroups = ["cn=staff,{GROUPS_DN}"]\nservice_providers = ["{OTHER_SP.entity_id}"]\n'
    idp = make_idp(slapd, replace=rules(row + 'require = "refuse"'))
    browser = idp.browser(CAMPUS)
    assert log_in(browser).name == "post"

    for passive in (False, True):
        judged = browser.judged(browser.visit(OTHER_SP, is_passive=passive), OTHER_SP)
        assert judged.sub_status == "RequestDenied"

    assert [each[2] for each in decided(idp)] == ["campus", "no staff", "no staff"]


def test_a_requested_class_decides(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    row = f'name = "no mfa for guests"\nauthn_contexts = ["{MFA}"]\nnetworks = ["outside"]\nrequire = "refuse"'
    idp = make_idp(slapd, replace=rules(row))
    browser = idp.browser(OUTSIDE)

    judged = browser.judged(browser.visit(SP, authn_context_class_refs=(PPT, MFA)), SP)

    assert judged.sub_status == "RequestDenied"
    assert browser.visit(SP).name == "password"


def test_every_line_of_a_login_names_the_rule(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    """Wrong password, wrong code, nothing left to try, back to the service, passively, an unknown class, the answer."""
    idp = make_idp(slapd)
    browser = idp.browser(OUTSIDE)
    page = browser.submit(browser.visit(SP), j_username="alice", j_password="wrong")
    page = browser.submit(page, j_username="alice", j_password=PASSWORD)
    page = browser.submit(browser.submit(page, "totp"), tokencode="000000")
    browser.submit(page, tokencode=idp.code())
    other = idp.browser(OUTSIDE)
    page = other.submit(prove_password(other, "bob"), "totp")
    other.submit(page, "return")
    idp.browser(OUTSIDE).visit(SP, is_passive=True)
    idp.browser(CAMPUS).visit(SP, authn_context_class_refs=("urn:unknown",))

    found = decided(idp)
    assert found == [
        ("wrong", "outside", "everywhere else"),
        ("wrong", "outside", "everywhere else"),
        ("accepted", "outside", "everywhere else"),
        ("refused", "outside", "everywhere else"),
        ("refused", "outside", "everywhere else"),
        ("refused", "campus", "campus"),
    ]


def test_where_no_rule_fits_the_line_says_so(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    made = make_idp(slapd)
    without_rules(made.conf / "idp.toml")
    idp = make_idp(slapd, conf=made.conf)
    idp.register(SP)
    browser = idp.browser(CAMPUS)
    page = browser.submit(browser.visit(SP), j_username="alice", j_password="wrong")

    browser.log_in(page, "alice", PASSWORD, code=idp.code())

    assert decided(idp) == [("wrong", "campus", "(no rule)"), ("accepted", "campus", "(no rule)")]


def test_n06_a_session_of_campus_is_stepped_up_outside_and_is_enough_again_on_campus(
    make_idp: MakeIdp, slapd: RunningSlapd
) -> None:
    idp = make_idp(slapd)
    browser = idp.browser(CAMPUS)
    assert log_in(browser).name == "post"

    browser.address = OUTSIDE
    page = browser.visit(OTHER_SP)
    assert page.name == "certificate"
    browser.address = CAMPUS
    assert browser.judged(browser.get(page.action), OTHER_SP).authn_context == PPT
    browser.address = OUTSIDE
    assert browser.visit(OTHER_SP).name == "certificate"

    assert decided(idp) == [("accepted", "campus", "campus"), ("accepted", "campus", "campus")]


def test_n04_a_code_sent_on_campus_is_judged_by_where_the_answer_is_asked_for(
    make_idp: MakeIdp, slapd: RunningSlapd
) -> None:
    """A rule refuses the guests' network: what was proved before one went there is not given away there."""
    guests = '[networks.guests]\nranges = ["203.0.113.0/24"]\n\n[login]\n'
    row = 'name = "no guests"\nnetworks = ["guests"]\nrequire = "refuse"'
    idp = make_idp(slapd, replace=(("[login]\n", guests), *rules(row)))
    browser = idp.browser(OUTSIDE)
    page = browser.submit(prove_password(browser), "totp")
    browser.address = "203.0.113.7"

    page = browser.submit(page, tokencode=idp.code())

    assert browser.judged(page, SP).sub_status == "RequestDenied"
    assert decided(idp) == [("refused", "guests", "no guests")]


def _turned(idp: Idp, *, ranges: str) -> None:
    file = idp.conf / "idp.toml"
    file.write_text(file.read_text().replace('ranges = ["192.0.2.0/24", "2001:db8:c::/48"]', f"ranges = {ranges}"))


def test_n04_networks_edited_between_password_and_answer_count_at_the_answer(
    make_idp: MakeIdp, slapd: RunningSlapd
) -> None:
    idp = make_idp(slapd)
    browser = idp.browser(CAMPUS)
    page = browser.visit(SP)
    _turned(idp, ranges='["2001:db8:c::/48"]')
    idp.clock.advance(seconds=1)

    assert browser.submit(page, j_username="alice", j_password=PASSWORD).name == "certificate"


@pytest.mark.parametrize(
    ("text", "is_campus"),
    [
        pytest.param('["192.0.2.0/24"]', True, id="another-list"),
        pytest.param('["203.0.113.0/24"]', False, id="without-it"),
        pytest.param("[]", False, id="N-07-empty"),
        pytest.param('["192.0.2.0/24', False, id="N-07-not-TOML"),
        pytest.param('["192.0.2.0/99"]', False, id="N-07-no-range"),
    ],
)
def test_an_edit_counts_without_a_restart(
    make_idp: MakeIdp, slapd: RunningSlapd, text: str, *, is_campus: bool
) -> None:
    idp = make_idp(slapd)
    assert log_in(idp.browser(CAMPUS)).name == "post"

    _turned(idp, ranges=text)
    idp.clock.advance(seconds=1)

    assert log_in(idp.browser(CAMPUS)).name == ("post" if is_campus else "certificate")


@pytest.fixture
def listed(make_idp: MakeIdp, slapd: RunningSlapd) -> Idp:
    """A site whose campus is in a file of its own, with its log in another."""
    clock = Clock()
    made = make_idp(slapd, replace=((NETWORKS, '[networks.campus]\nfile = "campus.txt"\n'),))
    (made.conf / "campus.txt").write_text("192.0.2.0/24\nexcept 192.0.2.128/25\nend\n")
    text = (made.conf / "idp.toml").read_text()
    (made.conf / "idp.toml").write_text(
        text.replace('# process_log = "log/process.log" ', 'process_log = "log/process.log" ')
    )
    return make_idp(slapd, conf=made.conf, clock=clock)


def test_n07_a_file_that_is_broken_puts_everybody_outside_and_raises_the_alarm(listed: Idp) -> None:
    listed.register(SP)
    assert (log_in(listed.browser(CAMPUS)).name, log_in(listed.browser(VPN)).name) == ("post", "certificate")
    (listed.conf / "campus.txt").write_text("192.0.2.0/24\nexcept 192.0")
    listed.clock.advance(seconds=1)

    assert log_in(listed.browser(CAMPUS)).name == "certificate"

    [alarm] = alarms((listed.conf / "log" / "process.log").read_text())
    assert "campus.txt: its last line is not 'end'" in alarm
    assert b'warifu_failures_total{code="' in listed.site.metrics.render()
    assert "networks.campus" in listed.browser().get("/idp/health").html
    (listed.conf / "campus.txt").write_text("192.0.2.0/24\nend\n")
    listed.clock.advance(seconds=1)
    assert log_in(listed.browser(VPN)).name == "post"
    assert listed.browser().get("/idp/health").html == "ok\n"


def test_n07_what_is_being_written_is_not_yet_there(listed: Idp) -> None:
    listed.register(SP)
    file = listed.conf / "campus.txt"
    with file.open("w") as stream:
        stream.write("192.0.2.0/24\n")
        stream.flush()
        listed.clock.advance(seconds=1)
        assert log_in(listed.browser(CAMPUS)).name == "certificate"
        stream.write("end\n")
    listed.clock.now = datetime.fromtimestamp(file.stat().st_ctime, UTC) + timedelta(seconds=2)

    assert log_in(listed.browser(CAMPUS)).name == "post"


@pytest.mark.parametrize(
    "forwarded",
    [
        pytest.param(None, id="F-21-no-X-Forwarded-For"),
        pytest.param(f"{OUTSIDE}, 127.0.0.1", id="F-21-two-proxies"),
        pytest.param(f"{CAMPUS}, 127.0.0.1", id="F-21-two-proxies-on-campus"),
    ],
)
def test_a_proxy_that_says_too_little_puts_everybody_outside_and_the_operator_is_told(
    listed: Idp, forwarded: str | None
) -> None:
    listed.register(SP)
    browser = listed.browser("127.0.0.1")
    browser.listener = "plain"
    browser.headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    assert log_in(browser).name == "certificate"

    [alarm] = alarms((listed.conf / "log" / "process.log").read_text())
    assert "X-Forwarded-For" in alarm
