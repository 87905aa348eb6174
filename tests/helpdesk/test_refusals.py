"""What is kept of a refusal: for the help desk alone, for a week, and of nobody who is not known."""

from collections.abc import Iterator

import pyotp
import pytest

from idp.core.codes import Code
from idp.core.secret import Secret
from idp.flow.refusals import KEPT, KIND, MOST, NOBODY, Refusal
from idp.plugin import Hint
from plugins.totp.codes import hint_of, matching_step
from tests.login.conftest import OTHER_SP, SP
from tests.parts.site import CAMPUS, OUTSIDE, Idp
from tests.parts.sites import MakeIdp, at_code, password_of
from tests.parts.slapd import RunningSlapd

SEED = Secret(b"12345678901234567890")


@pytest.fixture
def idp(make_idp: MakeIdp, slapd: RunningSlapd) -> Iterator[Idp]:
    return make_idp(slapd)


def kept(idp: Idp, username: str = "alice") -> tuple[Refusal, ...]:
    subject = idp.site.directory.find(username)
    assert subject is not None
    return idp.site.refusals.recent(subject.id, idp.clock())


@pytest.mark.parametrize(
    ("steps", "hint"),
    [
        (-8, Hint("behind", {"minutes": "4"})),
        (-3, Hint("behind", {"minutes": "1.5"})),
        (10, Hint("ahead", {"minutes": "5"})),
        (11, None),
        (-11, None),
    ],
)
def test_t11_a_clock_that_is_off_is_kept_for_the_help_desk_and_the_page_says_nothing_of_it(
    idp: Idp, steps: int, hint: Hint | None
) -> None:
    browser, page = at_code(idp)

    page = browser.submit(page, tokencode=idp.code(steps=steps))

    assert page.code == Code.WRONG_CODE
    assert "clock is" not in page.html
    [refusal] = kept(idp)
    assert (refusal.code, refusal.method, refusal.hint) == (Code.WRONG_CODE, "totp", hint)
    assert (refusal.network, refusal.address, refusal.entity_id) == ("outside", OUTSIDE, SP.entity_id)


def test_t11_a_clock_that_is_off_is_looked_for_only_after_the_password_was_right(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)

    browser.submit(browser.visit(SP), j_username="alice", j_password="wrong", tokencode=idp.code(steps=-8))

    [refusal] = kept(idp)
    assert (refusal.code, refusal.method, refusal.hint) == (Code.WRONG_PASSWORD, "password", None)


def test_a_code_that_was_used_is_kept_as_used(idp: Idp) -> None:
    browser, page = at_code(idp)
    browser.submit(page, tokencode=idp.code())
    browser, page = at_code(idp)

    assert browser.submit(page, tokencode=idp.code()).code == Code.WRONG_CODE
    assert [each.hint for each in kept(idp)] == [Hint("used")]


def test_t39_looking_for_the_clock_takes_the_same_work_whatever_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    work = []
    real = pyotp.TOTP.generate_otp
    monkeypatch.setattr(pyotp.TOTP, "generate_otp", lambda self, step: work.append(step) or real(self, step))
    codes = [real(pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), 1000 + steps) for steps in (-10, 0, 3, 99)]

    spent = []
    for code in codes:
        work.clear()
        hint_of(SEED, code, 1000, 1)
        spent.append(len(work))

    assert len(set(spent)) == 1
    assert matching_step(SEED, codes[0], 1000, 10) == 990


def test_w08_a_name_that_nobody_has_takes_the_same_writing_and_is_not_kept(idp: Idp) -> None:
    browser = idp.browser(OUTSIDE)

    browser.submit(browser.visit(SP), j_username="no-such-person", j_password="wrong")

    row = idp.site.store.get(KIND, NOBODY)
    assert row is not None
    assert b"no-such-person" not in row


NOT_THAT_ONE = f"""\
[[login.rules]]
name = "not that one"
service_providers = ["{OTHER_SP.entity_id}"]
groups = ["cn=staff,ou=groups,dc=example,dc=ac,dc=jp"]
require = "refuse"

[[login.rules]]
name = "campus"
"""


def test_a_rule_that_refused_is_kept_with_its_name(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = make_idp(slapd, replace=(('[[login.rules]]\nname = "campus"\n', NOT_THAT_ONE),))
    browser = idp.browser(CAMPUS)

    browser.submit(browser.visit(OTHER_SP), j_username="alice", j_password=password_of("alice"))

    assert [(each.code, each.rule) for each in kept(idp)] == [(Code.REFUSED_BY_RULE, "not that one")]


def test_a_refusal_is_kept_for_a_week_and_the_last_twenty_of_them(idp: Idp) -> None:
    subject = idp.site.directory.find("bob")
    assert subject is not None
    for number in range(MOST + 5):
        idp.site.refusals.record(subject, Refusal(idp.clock(), Code.WRONG_CODE, "totp", rule=str(number)))

    assert [each.rule for each in kept(idp, "bob")] == [str(number) for number in reversed(range(5, MOST + 5))]
    idp.clock.now += KEPT
    assert kept(idp, "bob") == ()
