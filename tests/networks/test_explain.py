"""`warifu policy explain` says of each rule whether it fits and why not, and what a login does."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.cli.main import main
from idp.cli.slapd_entries import GROUPS_DN
from plugins.totp.codes import code_at, step_at
from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import MFA, PPT, TIME_SYNC
from tests.parts.served import register
from tests.parts.site import ASK_ALWAYS, CAMPUS, OUTSIDE, SEED, Idp, make_conf
from tests.parts.sites import MakeIdp, password_of
from tests.parts.slapd import RunningSlapd, free_port

SENSITIVE = "https://example.ac.jp/category/sensitive"
ROWS = f"""\
[[login.rules]]
name = "職員は二要素"
groups = ["cn=staff,{GROUPS_DN}"]
service_providers = ["{OTHER_SP.entity_id}"]
require = "two-factors"

[[login.rules]]
name = "sensitive"
entity_categories = ["{SENSITIVE}"]
networks = ["outside"]
require = "refuse"

[[login.rules]]
name = "campus"
"""

WAYS = 'name = "register elsewhere"\naction = "register"\nways = [["password", "clientcert"], ["password", "totp"]]'


@pytest.fixture
def idp(make_idp: MakeIdp, slapd: RunningSlapd) -> Idp:
    idp = make_idp(slapd, replace=(('[[login.rules]]\nname = "campus"\n', ROWS),))
    idp.register(SP, entity_categories=[SENSITIVE])
    return idp


def explain(conf: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["policy", "explain", "--conf", str(conf), *words])


def explained(idp: Idp, username: str = "alice", *, sp: str = SP.entity_id, place: str = CAMPUS, **more: str) -> dict:  # type: ignore[type-arg]
    options = [word for name, value in more.items() for word in (f"--{name.replace('_', '-')}", value)]
    done = explain(idp.conf, "--user", username, "--sp", sp, "--from", place, "--json", *options)
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_each_rule_is_told_with_why_it_does_not_fit(idp: Idp) -> None:
    done = explain(idp.conf, "--user", "alice", "--sp", SP.entity_id, "--from", CAMPUS)

    assert done.exit_code == 0
    for text in (
        "person            alice (uid=alice,ou=people,dc=example,dc=ac,dc=jp), account active",
        f"groups            cn=staff,{GROUPS_DN}",
        f"service provider  {SP.entity_id} ({SP.entity_id})",
        f"categories        {SENSITIVE}",
        f"from              {CAMPUS}, network campus",
        f"    1  職員は二要素        does not fit: the service provider is not {OTHER_SP.entity_id}",
        "    2  sensitive           does not fit: campus is not outside",
        "    3  campus              DECIDES: password",
        "    4  everywhere else     would fit, but comes later (two-factors)",
        "    5  register on campus  does not fit: it is about register",
        "  password       asks who the person is",
        "  clientcert     offered",
        "  totp           offered",
        "Must be proved: one factor",
        f"  password -> {PPT}",
    ):
        assert text in done.output.splitlines(), f"{text}\n{done.output}"


def test_the_first_row_that_fits_decides_and_says_what_helps(idp: Idp) -> None:
    found = explained(idp, sp=OTHER_SP.entity_id)

    assert (found["rule"], found["require"]) == ("職員は二要素", "two-factors")
    assert [(each["methods"], each["authn_context"]) for each in found["ways"]][1] == (["password", "totp"], TIME_SYNC)
    assert [each["name"] for each in found["rules"] if each["decides"]] == ["職員は二要素"]


def test_who_has_no_app_is_told_so(idp: Idp) -> None:
    done = explain(idp.conf, "--user", "bob", "--sp", OTHER_SP.entity_id, "--from", OUTSIDE)

    assert "  totp           not offered: A205" in done.output
    assert [each["code"] for each in explained(idp, "bob")["methods"]] == [None, None, "A205"]


def test_a_rule_that_refuses_is_told_as_the_service_provider_hears_it(idp: Idp) -> None:
    found = explained(idp, place=OUTSIDE)

    assert found["refused"] == {"code": "A402", "status": "RequestDenied"}
    assert (found["rule"], found["ways"]) == ("sensitive", [])
    assert "nothing helps" in explain(idp.conf, "--user", "alice", "--sp", SP.entity_id, "--from", OUTSIDE).output


def test_a_requested_class_says_which_bindings_count(idp: Idp) -> None:
    [_, app] = explained(idp, authn_context=MFA)["ways"]

    assert (app["methods"], app["authn_context"]) == (["password", "totp"], MFA)
    assert "campus-first" in app["bindings"]
    assert "campus-replaced" not in app["bindings"]


def test_a_class_that_is_not_ours_cannot_be_met(idp: Idp) -> None:
    found = explained(idp, authn_context="urn:unknown")

    assert found["refused"] == {"code": "P202", "status": "NoAuthnContext"}


def test_ways_are_told_with_what_the_person_can_prove_of_them(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    old, new = 'name = "register elsewhere"\naction = "register"\nrequire = "refuse"', WAYS
    idp = make_idp(slapd, methods=("password", "totp"), replace=((old, new),), plugins_toml=ASK_ALWAYS)

    done = explain(idp.conf, "--user", "bob", "--from", OUTSIDE, "--action", "register")
    found = json.loads(explain(idp.conf, "--user", "bob", "--from", OUTSIDE, "--action", "register", "--json").stdout)

    for text in (
        "    4  register elsewhere  DECIDES: password + clientcert or password + totp",
        "  clientcert     offered, in ways that name it",
        "Must be proved: one of the ways of the rule",
        "  password + clientcert",
    ):
        assert text in done.output.splitlines(), f"{text}\n{done.output}"
    [rule] = [each for each in found["rules"] if each["decides"]]
    assert (rule["require"], rule["ways"]) == ("ways", [["password", "clientcert"], ["password", "totp"]])
    assert [each["methods"] for each in found["ways"]] == [["password", "clientcert"]]
    assert [each["for_ways_alone"] for each in found["methods"]] == [False, False, True]


@pytest.mark.parametrize(
    ("action", "place", "rule", "require"),
    [
        ("register", CAMPUS, "register on campus", "password"),
        ("register", OUTSIDE, "register elsewhere", "refuse"),
        ("replace", OUTSIDE, "replace elsewhere", "refuse"),
        ("reset", CAMPUS, "reset on campus", "two-factors"),
    ],
)
def test_other_actions_need_no_service_provider(idp: Idp, action: str, place: str, rule: str, require: str) -> None:
    done = explain(idp.conf, "--user", "alice", "--from", place, "--action", action, "--json")

    found = json.loads(done.stdout)
    assert (found["rule"], found["require"], found["service_provider"]) == (rule, require, None)
    assert bool(found["refused"]) is (require == "refuse")


def test_what_cannot_be_told_is_said_and_ends_with_1(idp: Idp) -> None:
    nobody = explain(idp.conf, "--user", "nobody", "--sp", SP.entity_id, "--from", CAMPUS)
    no_sp = explain(idp.conf, "--user", "alice", "--sp", "https://nobody.example.org", "--from", CAMPUS)

    assert (nobody.exit_code, no_sp.exit_code) == (1, 1)
    assert "'nobody'" in nobody.output
    assert "no service provider 'https://nobody.example.org' is registered" in no_sp.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--user", "alice", "--sp", SP.entity_id, "--from", "campus"), "'campus' is not an address"),
        (("--user", "alice", "--sp", SP.entity_id, "--from", "192.0.2.010"), "is not an address"),
        (("--user", "alice", "--from", CAMPUS), "say --sp ENTITYID"),
        (("--user", "alice", "--sp", SP.entity_id), "--from"),
        (("--user", "alice", "--from", CAMPUS, "--action", "dance"), "dance"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2(idp: Idp, words: tuple[str, ...], says: str) -> None:
    done = explain(idp.conf, *words)

    assert done.exit_code == 2
    assert says in done.output


def test_a_directory_that_is_away_is_said(tmp_path: Path, slapd: RunningSlapd) -> None:
    conf = make_conf(tmp_path / "conf", slapd, ldap_uri=f"ldap://127.0.0.1:{free_port()}")
    register(conf, SP)

    done = explain(conf, "--user", "alice", "--sp", SP.entity_id, "--from", CAMPUS)

    assert done.exit_code == 1
    assert "D101" in done.output


def test_an_account_out_of_use_is_said(idp: Idp) -> None:
    done = explain(idp.conf, "--user", "locked", "--sp", SP.entity_id, "--from", CAMPUS)

    assert "The account is locked" in done.output


def test_x10_the_question_is_written_down_and_no_secret_is_shown(idp: Idp) -> None:
    done = explain(idp.conf, "--user", "alice", "--sp", SP.entity_id, "--from", CAMPUS, "--json")

    [event] = [json.loads(line) for line in (idp.conf / "log" / "audit.json").read_text().splitlines()]
    assert (event["event"], event["username"], event["decision"]) == ("POLICY_EXPLAIN", "alice", "read")
    assert event["actor"]
    assert SEED.reveal().decode() not in done.output
    assert code_at(SEED, step_at(idp.clock())) not in done.output


def test_networks_that_cannot_be_used_are_said(idp: Idp) -> None:
    file = idp.conf / "idp.toml"
    file.write_text(file.read_text().replace('["192.0.2.0/24", "2001:db8:c::/48"]', "[]").replace("except", "# except"))
    with file.open("a") as stream:
        stream.write('\n[networks.lab]\nfile = "nothing.txt"\n')

    done = explain(idp.conf, "--user", "alice", "--sp", OTHER_SP.entity_id, "--from", CAMPUS)

    assert f"from              {CAMPUS}, network outside" in done.output
    assert "networks.lab" in done.stderr


@pytest.mark.parametrize("place", [CAMPUS, OUTSIDE])
@pytest.mark.parametrize("username", ["alice", "bob"])
@pytest.mark.parametrize("sp", [SP, OTHER_SP], ids=["sp", "other"])
def test_a_login_goes_as_the_explanation_says(idp: Idp, sp: object, username: str, place: str) -> None:
    found = explained(idp, username, sp=sp.entity_id, place=place)  # type: ignore[attr-defined]
    browser = idp.browser(place)
    page = browser.visit(sp)  # type: ignore[arg-type]

    if page.name == "password":
        page = browser.submit(page, j_username=username, j_password=password_of(username))

    event = [json.loads(line) for line in (idp.conf / "log" / "audit.json").read_text().splitlines()][-1]
    if page.name == "post":
        assert (event["rule"], event["network"]) == (found["rule"], found["from"]["network"])
    if found["refused"]:
        assert browser.judged(page, sp).sub_status == found["refused"]["status"]  # type: ignore[arg-type]
    elif found["ways"][0]["methods"] == ["password"]:
        assert browser.judged(page, sp).authn_context == found["ways"][0]["authn_context"]  # type: ignore[arg-type]
    else:
        assert page.name == found["ways"][0]["methods"][1].replace("clientcert", "certificate")
