"""Several apps of a person: all are judged at once, a code counts once over all, failures in a row are the person's."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from idp.core.codes import Code
from idp.core.secret import Secret
from idp.plugin import Binding, Confirmed, Outcome, Proved, Purpose, Refused, Subject, Visit, Wrong
from plugins.totp.codes import code_at, step_at
from plugins.totp.credential import FURTHER, TOTP, TOTPCredential, apps_of
from plugins.totp.enrol import AppEnrolment
from plugins.totp.method import TOTPMethod
from plugins.totp.settings import TOTPSettings
from tests.parts.site import Idp
from tests.parts.sites import MANY_CONNECTIONS, MakeIdp
from tests.parts.slapd import RunningSlapd

ONE, TWO, THREE = (Secret(f"key number {number} of carol".encode()[:20]) for number in (1, 2, 3))


@pytest.fixture
def site(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Idp:
    return make_idp(own_slapd, replace=(MANY_CONNECTIONS,))


def carol(site: Idp) -> Subject:
    subject = site.site.tools("totp").people.find("carol")
    assert subject is not None
    return subject


def give(site: Idp, keys: Sequence[Secret], bindings: Sequence[Binding] = (), *, most: int = 3) -> None:
    """Register apps with these keys; the step they are confirmed with is an hour ago."""
    enrolment, tools, subject = AppEnrolment(1, most), site.site.tools("totp"), carol(site)
    for number, key in enumerate(keys):
        confirmed = Confirmed(key.reveal() + (step_at(tools.now) - 120).to_bytes(8, "big") + f"app {number}".encode())
        binding = bindings[number] if bindings else Binding.FACTOR
        beside = enrolment.registered(subject, tools)
        if beside:
            assert enrolment.add(subject, confirmed, beside, binding, tools)
        else:
            assert enrolment.enrol(subject, confirmed, None, binding, tools)


def apps(site: Idp, most: int = 3) -> tuple[TOTPCredential, ...]:
    return apps_of(carol(site), site.site.tools("totp"), most)


def judge(site: Idp, code: str, *, most: int = 3, stop_after: int = 100) -> Outcome:
    method = TOTPMethod(TOTPSettings(max_apps=most, stop_after=stop_after))
    visit = Visit(Purpose.LOGIN, carol(site), "outside", "en", "browser", form={"tokencode": code})
    return method.resume(visit, site.site.tools("totp"))


def code_of(site: Idp, key: Secret, steps: int = 0) -> str:
    return code_at(key, step_at(site.clock()) + steps)


def test_any_of_the_apps_proves_and_says_how_it_was_bound(site: Idp) -> None:
    bindings = (Binding.CAMPUS_FIRST, Binding.FACTOR, Binding.CAMPUS_REPLACED)
    give(site, (ONE, TWO, THREE), bindings)

    proved = [judge(site, code_of(site, key)) for key in (THREE, ONE, TWO)]

    assert all(isinstance(each, Proved) for each in proved)
    found = [each.proof.binding for each in proved if isinstance(each, Proved)]
    assert found == [Binding.CAMPUS_REPLACED, Binding.CAMPUS_FIRST, Binding.FACTOR]


@pytest.mark.parametrize("key", [ONE, TWO, THREE], ids=["first", "second", "third"])
def test_t01_a_code_of_any_app_is_accepted_once(site: Idp, key: Secret) -> None:
    give(site, (ONE, TWO, THREE))
    code = code_of(site, key)

    assert isinstance(judge(site, code), Proved)
    assert isinstance(judge(site, code), Wrong)


def test_t01_a_code_that_fits_two_apps_is_accepted_once_over_both(site: Idp) -> None:
    give(site, (ONE, TWO, TWO))
    code = code_of(site, TWO)

    assert isinstance(judge(site, code), Proved)
    assert isinstance(judge(site, code), Wrong)
    assert [app.last_step == step_at(site.clock()) for app in apps(site)] == [False, True, True]


def test_a_code_that_fits_two_apps_is_worth_what_the_weaker_is(site: Idp) -> None:
    give(site, (TWO, TWO), (Binding.FACTOR, Binding.CAMPUS_REPLACED))

    proved = judge(site, code_of(site, TWO))

    assert isinstance(proved, Proved)
    assert proved.proof.binding is Binding.CAMPUS_REPLACED


@pytest.mark.parametrize("keys", [(ONE, TWO), (TWO, TWO)], ids=["one-app", "two-apps"])
def test_t02_of_many_at_once_one_counts(site: Idp, keys: Sequence[Secret]) -> None:
    give(site, keys)
    code, together = code_of(site, TWO), Barrier(12)

    def use(_: int) -> bool:
        together.wait()
        return isinstance(judge(site, code), Proved)

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(use, range(12))) == 1


def test_t05_failures_in_a_row_are_the_person_s_whatever_apps_they_have(site: Idp) -> None:
    give(site, (ONE, TWO, THREE))
    for _ in range(5):
        assert isinstance(judge(site, "000000", stop_after=5), Wrong)

    stopped = judge(site, code_of(site, THREE), stop_after=5)

    assert stopped == Refused(Code.APP_STOPPED)
    assert sum(app.failures for app in apps(site)) == 5


def test_t05_a_right_code_of_any_app_ends_the_row(site: Idp) -> None:
    give(site, (ONE, TWO))
    for _ in range(4):
        judge(site, "000000", stop_after=5)

    assert isinstance(judge(site, code_of(site, TWO), stop_after=5), Proved)

    assert [app.failures for app in apps(site)] == [0, 0]


def test_t05_whoever_removes_an_app_keeps_the_count_of_the_others(site: Idp) -> None:
    give(site, (ONE, TWO))
    for number in (0, 1):
        app = apps(site)[number]
        site.site.tools("totp").credentials.swap(carol(site), app.credential, app.kind, {"failures": b"4"})
    enrolment, tools = AppEnrolment(1, 3), site.site.tools("totp")

    assert enrolment.withdraw(carol(site), enrolment.registered(carol(site), tools)[0], tools)

    assert [app.failures for app in apps(site)] == [4]


def test_t39_every_app_is_computed_whichever_the_code_fits(site: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    give(site, (ONE, TWO, THREE))
    tried: list[Secret] = []

    def note(secret: Secret, code: str, step: int, window: int) -> int | None:
        tried.append(secret)
        return step if secret == ONE else None

    monkeypatch.setattr("plugins.totp.method.matching_step", note)

    assert isinstance(judge(site, "000000"), Proved)
    assert tried == [ONE, TWO, THREE]


def test_x02_an_older_copy_of_any_app_accepts_nothing_again(site: Idp) -> None:
    give(site, (ONE, TWO))
    code = code_of(site, TWO)
    assert isinstance(judge(site, code), Proved)
    app = apps(site)[1]
    assert site.site.tools("totp").credentials.swap(carol(site), app.credential, FURTHER, {"last_step": b"1"})

    assert isinstance(judge(site, code), Wrong)


def test_where_one_may_stand_the_further_ones_count_no_more_and_go_with_the_next_change(site: Idp) -> None:
    give(site, (ONE, TWO, THREE))

    assert isinstance(judge(site, code_of(site, TWO), most=1), Wrong)
    assert isinstance(judge(site, code_of(site, ONE), most=1), Proved)

    one, tools, subject = AppEnrolment(1, 1), site.site.tools("totp"), carol(site)
    (former,) = one.registered(subject, tools)
    confirmed = Confirmed(THREE.reveal() + (step_at(tools.now) - 9).to_bytes(8, "big"))
    assert one.enrol(subject, confirmed, former, Binding.FACTOR, tools)
    assert [app.secret for app in apps(site)] == [THREE]


def test_with_one_app_nothing_but_the_person_s_own_entry_is_written(site: Idp) -> None:
    give(site, (ONE,), most=1)

    credentials = site.site.tools("totp").credentials
    assert len(credentials.list(carol(site), TOTP)) == 1
    assert credentials.list(carol(site), FURTHER) == ()
