"""Registration keeps the rules of the conformance kit, on a real directory; a method that breaks one is named."""

from base64 import b32decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.plugin import (
    Ask,
    Binding,
    Code,
    Confirmed,
    DependencyError,
    Plugin,
    Refused,
    Registered,
    Secret,
    Subject,
    Tools,
    Trial,
    Visit,
    Wrong,
)
from idp.plugin.conformance import ConformanceError, EnrolCase, check_enrolment
from plugins import password, totp
from plugins.totp.codes import code_at, step_at
from plugins.totp.method import TOTPMethod
from plugins.totp.settings import TOTPSettings
from tests.parts.site import Idp
from tests.parts.sites import GENEROUS, MakeIdp
from tests.parts.slapd import RunningSlapd
from tests.plugin.test_conformance import subject_of, tools_of, visit_of


@pytest.fixture
def site(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Idp:
    return make_idp(own_slapd, plugins_toml=GENEROUS)


def right_form(ask: Ask, tools: Tools) -> Mapping[str, str]:
    return {"tokencode": code_at(Secret(b32decode(ask.values["key"])), step_at(tools.now))}


@pytest.fixture
def cases(site: Idp) -> list[EnrolCase]:
    """Of these alice has an app, carol has none."""
    return [
        EnrolCase(name, visit_of(subject_of(site, name)), right_form, {"tokencode": "000000"})
        for name in ("alice", "carol")
    ]


def test_the_one_time_password_keeps_the_rules(site: Idp, cases: list[EnrolCase]) -> None:
    check_enrolment(totp.PLUGIN, tools_of(site, "totp"), cases)


def standing(method: TOTPMethod, subject: Subject, tools: Tools) -> Registered | None:
    return next(iter(method.registered(subject, tools)), None)


@pytest.mark.parametrize("most", [2, 5])
def test_several_one_time_passwords_keep_the_rules(site: Idp, cases: list[EnrolCase], most: int) -> None:
    check_enrolment(totp.PLUGIN, tools_of(site, "totp"), cases, {"max_apps": most})


class WritesWhenOffering(TOTPMethod):
    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        tools.moments.put("offered", visit.state, tools.now + timedelta(minutes=1))
        return super().offer(visit, tools)


class OffersTheSame(TOTPMethod):
    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        return super().offer(replace(visit, state=b"one key for everybody"[:20]), tools)


class OffersAnotherWhenShownAgain(TOTPMethod):
    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        return super().offer(replace(visit, state=b""), tools)


class OffersNothing(TOTPMethod):
    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        return Refused(Code.METHOD_FAILED)


class WritesWhenConfirming(TOTPMethod):
    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        trial = super().confirm(visit, tools)
        if isinstance(trial, Confirmed) and visit.subject:
            self.enrol(visit.subject, trial, standing(self, visit.subject, tools), Binding.FACTOR, tools)
        return trial


class BelievesAnEmptyForm(TOTPMethod):
    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        return super().confirm(visit, tools) if visit.form.get("tokencode") else Confirmed(visit.state + bytes(8))


class BelievesAnyCode(TOTPMethod):
    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        trial = super().confirm(visit, tools)
        return Confirmed(visit.state + bytes(8)) if isinstance(trial, Wrong) else trial


class DoesNotCount(TOTPMethod):
    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        trial = super().confirm(visit, tools)
        return replace(trial.ask, problem=trial.code) if isinstance(trial, Wrong) else trial


class ForgetsTheOffer(TOTPMethod):
    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        trial = super().confirm(visit, tools)
        return replace(trial, ask=replace(trial.ask, state=b"")) if isinstance(trial, Wrong) else trial


class ConfirmsNothing(TOTPMethod):
    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        return Refused(Code.METHOD_FAILED)


class Raises(TOTPMethod):
    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        int(visit.form.get("tokencode") or "0")
        return super().confirm(visit, tools)


class RegistersNothing(TOTPMethod):
    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        return True


class BindsAsItLikes(TOTPMethod):
    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        return super().enrol(subject, confirmed, former, Binding.HELP_DESK, tools)


class OwnClock(TOTPMethod):
    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        return super().enrol(subject, confirmed, former, binding, replace(tools, now=datetime(2001, 1, 1, tzinfo=UTC)))


class ReplacesWhatever(TOTPMethod):
    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        return super().enrol(subject, confirmed, standing(self, subject, tools), binding, tools)


class SaysNothingWhenBroken(TOTPMethod):
    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        try:
            return super().registered(subject, tools)
        except DependencyError:
            return ()


class WithdrawsWhatever(TOTPMethod):
    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        found = standing(self, subject, tools)
        return found is not None and super().withdraw(subject, found, tools)


class WithdrawsNothing(TOTPMethod):
    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        return True


class WritesWhenLooking(TOTPMethod):
    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        tools.moments.put("seen", b"1", tools.now + timedelta(minutes=1))
        return super().registered(subject, tools)


class RegistersTheSame(TOTPMethod):
    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        return tuple(replace(each, id="the one") for each in super().registered(subject, tools))

    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        former = next(iter(TOTPMethod.registered(self, subject, tools)), None)
        return super().enrol(subject, confirmed, former, binding, tools)


class SaysTheKeyAlone(TOTPMethod):
    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        return tuple(each.id for each in super().registered(subject, tools))  # type: ignore[misc]


class AddsBesideAnything(TOTPMethod):
    def add(
        self, subject: Subject, confirmed: Confirmed, beside: tuple[Registered, ...], binding: Binding, tools: Tools
    ) -> bool:
        return super().add(subject, confirmed, self.registered(subject, tools), binding, tools)


class AddsInPlaceOfAnother(TOTPMethod):
    def add(
        self, subject: Subject, confirmed: Confirmed, beside: tuple[Registered, ...], binding: Binding, tools: Tools
    ) -> bool:
        if not beside or len(beside) >= self.most:
            return False
        found = super().add(subject, confirmed, beside, binding, tools)
        return found and super().rename(subject, beside[0], "another name", tools)


class RenamesNothing(TOTPMethod):
    def rename(self, subject: Subject, former: Registered, label: str, tools: Tools) -> bool:
        return True


def plugin_of(method: Callable[[TOTPSettings], TOTPMethod]) -> Plugin:
    return replace(totp.PLUGIN, make=method)


BROKEN: tuple[tuple[type[TOTPMethod], str], ...] = (
    (WritesWhenOffering, "offer-changes-nothing"),
    (OffersTheSame, "offers-are-new"),
    (OffersAnotherWhenShownAgain, "shown-again"),
    (OffersNothing, "offers"),
    (WritesWhenConfirming, "confirm-changes-nothing"),
    (BelievesAnEmptyForm, "empty-form-confirms-nothing"),
    (BelievesAnyCode, "wrong-confirms-nothing"),
    (DoesNotCount, "wrong-is-counted"),
    (ForgetsTheOffer, "wrong-keeps-the-offer"),
    (ConfirmsNothing, "right-form-confirms"),
    (Raises, "raises-nothing"),
    (RegistersNothing, "registers"),
    (BindsAsItLikes, "keeps-the-binding"),
    (OwnClock, "time-is-given"),
    (ReplacesWhatever, "compares-and-swaps"),
    (SaysNothingWhenBroken, "fails-closed"),
    (WithdrawsWhatever, "withdraws-what-stands"),
    (WithdrawsNothing, "withdraws"),
    (WritesWhenLooking, "registered-changes-nothing"),
    (RegistersTheSame, "replaces"),
    (SaysTheKeyAlone, "answers-an-outcome"),
    (AddsBesideAnything, "stays-within-most"),
    (AddsInPlaceOfAnother, "adds"),
    (RenamesNothing, "renames"),
)


@pytest.mark.parametrize(
    ("method", "rule"), BROKEN, ids=lambda value: value.__name__ if isinstance(value, type) else value
)
def test_a_registration_that_breaks_a_rule_is_refused_by_name(
    site: Idp, cases: list[EnrolCase], method: type[TOTPMethod], rule: str
) -> None:
    with pytest.raises(ConformanceError) as refused:
        check_enrolment(plugin_of(method), tools_of(site, "totp"), cases[1:], {"max_apps": 3})

    assert rule in {fault.rule for fault in refused.value.faults}
    assert all("totp, carol: " in fault.detail for fault in refused.value.faults)


def test_a_method_that_cannot_be_registered_is_named(site: Idp, cases: list[EnrolCase]) -> None:
    with pytest.raises(ConformanceError, match="enrollable: "):
        check_enrolment(password.PLUGIN, tools_of(site, "password"), cases)
