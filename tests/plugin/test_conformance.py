"""Our own methods keep the rules of the conformance kit, on a real directory; a method that breaks one is named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.plugin import (
    Ask,
    CertificateEvidence,
    Claim,
    Code,
    Factor,
    Outcome,
    Plugin,
    Proof,
    Proved,
    Purpose,
    Refused,
    Settings,
    Subject,
    Tools,
    Visit,
    Wrong,
)
from idp.plugin.conformance import Case, ConformanceError, EnrolCase, check_enrolment, check_method
from plugins import clientcert, matrix, password, recovery, totp
from plugins.matrix.grid import question_at
from tests.parts.cards import card_in_directory, give_card
from tests.parts.client_certificates import SERVER, make_client_ca
from tests.parts.recovery_codes import give_codes
from tests.parts.site import ASK_ALWAYS, SEED, Idp
from tests.parts.sites import BOBS_SEED, GENEROUS, MakeIdp, never_lock, password_of
from tests.parts.slapd import RunningSlapd

SEEDS = {"alice": SEED, "bob": BOBS_SEED}


@pytest.fixture
def site(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Idp:
    idp = make_idp(own_slapd, plugins_toml=ASK_ALWAYS + GENEROUS)
    idp.enrol("bob", seed=BOBS_SEED)
    never_lock(own_slapd)
    return idp


def subject_of(idp: Idp, username: str) -> Subject:
    subject = idp.site.tools("password").people.find(username)
    if subject is None:
        raise ValueError(username)
    return subject


def visit_of(subject: Subject | None) -> Visit:
    return Visit(Purpose.LOGIN, subject, "outside", "en", "browser")


def tools_of(idp: Idp, name: str) -> Callable[[], Tools]:
    """Each call is half a minute later, so that a code is a new one."""

    def make() -> Tools:
        idp.clock.advance(seconds=30)
        return idp.site.tools(name)

    return make


def test_the_password_keeps_the_rules(site: Idp) -> None:
    wrong = {"j_username": "alice", "j_password": "not it, never"}
    cases = [
        Case(
            name,
            visit_of(subject_of(site, name) if known else None),
            right=lambda tools, name=name: {"j_username": name, "j_password": password_of(name)},  # type: ignore[misc]
            wrong=wrong,
            secret=("j_password",),
        )
        for name in ("alice", "bob")
        for known in (False, True)
    ]

    check_method(password.PLUGIN, tools_of(site, "password"), cases)


def test_the_one_time_password_keeps_the_rules(site: Idp) -> None:
    cases = [
        Case(
            name,
            visit_of(subject_of(site, name)),
            right=lambda tools, name=name: {"tokencode": site.code(seed=SEEDS[name])},  # type: ignore[misc]
            wrong={"tokencode": "000000"},
            once=True,
            secret=("tokencode",),
        )
        for name in SEEDS
    ]
    nobody = [Case("nobody", visit_of(None)), Case("carol", visit_of(subject_of(site, "carol")))]

    check_method(totp.PLUGIN, tools_of(site, "totp"), [*cases, *nobody])


def test_the_matrix_card_keeps_the_rules(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, methods=("password", "totp", "matrix"), plugins_toml=GENEROUS)
    cards = {name: give_card(idp, name) for name in ("alice", "bob")}

    def right(name: str) -> dict[str, str]:
        held = card_in_directory(idp, name)
        question = question_at(held.card, held.position, 3, reusable=False)
        assert question is not None
        return {f"cell_{n}": held.card.text(cell) for n, cell in enumerate(question.cells, start=1)}

    cases = [
        Case(
            name,
            visit_of(subject_of(idp, name)),
            right=lambda tools, name=name: right(name),  # type: ignore[misc]
            wrong={"cell_1": "AA", "cell_2": "AA", "cell_3": "AA"},
            once=True,
            secret=("cell_1", "cell_2", "cell_3"),
        )
        for name in cards
    ]
    nobody = [Case("nobody", visit_of(None)), Case("carol", visit_of(subject_of(idp, "carol")))]

    check_method(matrix.PLUGIN, tools_of(idp, "matrix"), [*cases, *nobody])


def test_recovery_codes_keep_the_rules(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, methods=("password", "totp", "recovery"), plugins_toml=GENEROUS)
    unused = {name: list(give_codes(idp, name, seed=name.encode().ljust(32))) for name in ("alice", "bob")}
    cases = [
        Case(
            name,
            visit_of(subject_of(idp, name)),
            right=lambda tools, name=name: {"recovery_code": unused[name].pop()},  # type: ignore[misc]
            wrong={"recovery_code": "0000-0000-0000-0000"},
            once=True,
            secret=("recovery_code",),
        )
        for name in unused
    ]
    nobody = [Case("nobody", visit_of(None)), Case("carol", visit_of(subject_of(idp, "carol")))]

    check_method(recovery.PLUGIN, tools_of(idp, "recovery"), [*cases, *nobody])


def test_the_making_of_recovery_codes_keeps_the_rules(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, methods=("password", "totp", "recovery"), plugins_toml=GENEROUS)
    cases = [
        EnrolCase(name, visit_of(subject_of(idp, name)), lambda ask, tools: {"kept": "yes"}, {"kept": "no"})
        for name in ("alice", "bob")
    ]

    check_enrolment(recovery.PLUGIN, tools_of(idp, "recovery"), cases)


@pytest.mark.parametrize("ask", ["always", "when-known"])
def test_the_client_certificate_keeps_the_rules(site: Idp, tmp_path: Path, ask: str) -> None:
    ca, foreign = make_client_ca("people", site.clock()), make_client_ca("foreign", site.clock())
    revoked = {name: ca.issue(name) for name in ("alice", "bob")}
    row = {"name": "people", "ca": ca.file(tmp_path / "ca.pem"), "crls": (ca.crl(tmp_path / "crl", *revoked.values()),)}
    cases = [
        Case(
            name,
            visit_of(subject_of(site, name)),
            certificate=CertificateEvidence(ca.issue(name).der),
            wrong_certificates=tuple(
                CertificateEvidence(each.der)
                for each in (foreign.issue(name), ca.issue(name, purposes=SERVER), revoked[name], ca.issue("carol"))
            ),
        )
        for name in ("alice", "bob")
    ]
    nobody = [Case("nobody", visit_of(None)), Case("carol", visit_of(subject_of(site, "carol")))]

    settings = {"ask": ask, "authorities": [row]}
    check_method(clientcert.PLUGIN, tools_of(site, "clientcert"), [*cases, *nobody], settings)


class Good:
    """A method that keeps the rules: it knows a word of each person."""

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        return Ask("page")

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        if visit.subject is None:
            return Refused(Code.METHOD_FAILED)
        attributes = tools.people.attributes(visit.subject)
        if visit.form.get("word") not in attributes.get("mail", ()):
            return Wrong(Code.WRONG_CODE, Ask("page"))
        return self.proved(visit.subject, tools)

    def proved(self, subject: Subject, tools: Tools) -> Outcome:
        return Proved(subject, Proof("good", frozenset({Factor.KNOWLEDGE}), tools.now))


class WritesInBegin(Good):
    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        tools.moments.put("x", b"1", tools.now + timedelta(minutes=1))
        return Ask("page")


class ProvesInBegin(Good):
    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        return self.proved(visit.subject, tools) if visit.subject else Ask("page")


class ProvesNothing(Good):
    def proved(self, subject: Subject, tools: Tools) -> Outcome:
        return Refused(Code.METHOD_FAILED)


class BelievesAnEmptyForm(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        return super().resume(visit, tools) if visit.form or not visit.subject else self.proved(visit.subject, tools)


class BelievesAnyState(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        known = visit.state == b"proved" and visit.subject
        return self.proved(known, tools) if known else super().resume(visit, tools)


class Raises(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        visit.form.get("word", "").encode("utf-8")
        int(visit.form.get("code", "1"))
        return super().resume(visit, tools)


class PassesWhenBroken(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        try:
            return super().resume(visit, tools)
        except Exception:
            return self.proved(visit.subject, tools) if visit.subject else Refused(Code.METHOD_FAILED)


class AsksInsteadOfWrong(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        outcome = super().resume(visit, tools)
        return Ask("page", problem=Code.WRONG_CODE) if isinstance(outcome, Wrong) else outcome


class Echoes(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        outcome = super().resume(visit, tools)
        echo = Ask("page", {"word": visit.form.get("word", "")})
        return replace(outcome, ask=echo) if isinstance(outcome, Wrong) else outcome


class ProvesSomebodyElse(Good):
    def proved(self, subject: Subject, tools: Tools) -> Outcome:
        return super().proved(Subject("other", "other", "uid=other"), tools)


class ClaimsMore(Good):
    def proved(self, subject: Subject, tools: Tools) -> Outcome:
        return Proved(subject, Proof("good", frozenset({Factor.KNOWLEDGE, Factor.POSSESSION}), tools.now))


class OtherName(Good):
    def proved(self, subject: Subject, tools: Tools) -> Outcome:
        return Proved(subject, Proof("password", frozenset({Factor.KNOWLEDGE}), tools.now))


class OwnClock(Good):
    def proved(self, subject: Subject, tools: Tools) -> Outcome:
        return Proved(subject, Proof("good", frozenset({Factor.KNOWLEDGE}), datetime(2001, 1, 1, tzinfo=UTC)))


class BelievesAnybody(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        if visit.subject and visit.form.get("word", "").endswith("@example.ac.jp"):
            tools.people.attributes(visit.subject)
            return self.proved(visit.subject, tools)
        return super().resume(visit, tools)


class Silent(Good):
    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        return None  # type: ignore[return-value]


class AsksForAPageThatIsNotThere(Good):
    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        return Ask("elsewhere")


class IdentifiesWithNoise(Good):
    def identify(self, visit: Visit, tools: Tools) -> Claim:
        if "\0" in visit.form.get("word", ""):
            raise KeyError("j_username")
        return Claim("", visit.subject)


class BelievesAnyCertificate(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        if visit.certificate is None or visit.subject is None:
            return Ask("page")
        tools.people.attributes(visit.subject)
        return self.proved(visit.subject, tools) if visit.certificate.der else Ask("page")


class BelievesTheDoubted(Good):
    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        mails = tools.people.attributes(visit.subject).get("mail", ()) if visit.subject else ()
        if visit.subject and visit.certificate and visit.certificate.der.decode("ascii", "replace") in mails:
            return self.proved(visit.subject, tools)
        return Ask("page")


def plugin_of(method: type[Good]) -> Plugin:
    return Plugin(
        "good", "tests.plugin.good", frozenset({Factor.KNOWLEDGE}), Settings, lambda _: method(), totp.PLUGIN.budget
    )


@pytest.fixture
def cases(idp: Idp) -> list[Case]:
    return [
        Case(
            name,
            visit_of(subject_of(idp, name)),
            right=lambda tools, name=name: {"word": f"{name}@example.ac.jp"},  # type: ignore[misc]
            wrong={"word": "a wrong word"},
            secret=("word",),
        )
        for name in ("alice", "bob")
    ]


def test_a_good_method_passes(idp: Idp, cases: list[Case]) -> None:
    check_method(plugin_of(Good), tools_of(idp, "totp"), cases)


BROKEN: tuple[tuple[type[Good], str], ...] = (
    (WritesInBegin, "begin-changes-nothing"),
    (ProvesInBegin, "begin-judges-nothing"),
    (ProvesNothing, "right-form-proves"),
    (BelievesAnEmptyForm, "empty-form-proves-nothing"),
    (BelievesAnyState, "empty-form-proves-nothing"),
    (Raises, "raises-nothing"),
    (PassesWhenBroken, "fails-closed"),
    (AsksInsteadOfWrong, "wrong-is-counted"),
    (Echoes, "secrets-stay-hidden"),
    (ProvesSomebodyElse, "proves-the-visitor"),
    (BelievesAnybody, "proves-the-visitor"),
    (ClaimsMore, "proof-within-factors"),
    (OtherName, "proof-names-the-method"),
    (OwnClock, "time-is-given"),
    (Silent, "answers-an-outcome"),
    (IdentifiesWithNoise, "raises-nothing"),
    (AsksForAPageThatIsNotThere, "page-is-there"),
)
DESCRIPTORS: tuple[tuple[dict[str, object], str], ...] = (
    ({"api": 99}, "interface"),
    ({"name": "Not A Name"}, "name"),
    ({"name": "register"}, "name"),
    ({"factors": frozenset()}, "factors"),
    ({"factors": frozenset({"magic"})}, "factors"),
    ({"settings": dict}, "settings"),
)


@pytest.mark.parametrize(
    ("method", "rule"), BROKEN, ids=lambda value: value.__name__ if isinstance(value, type) else value
)
def test_a_method_that_breaks_a_rule_is_refused_by_name(
    idp: Idp, cases: list[Case], method: type[Good], rule: str
) -> None:
    with pytest.raises(ConformanceError) as refused:
        check_method(plugin_of(method), tools_of(idp, "totp"), cases)

    assert {fault.rule for fault in refused.value.faults} == {rule}
    assert "'good'" in str(refused.value)
    assert all("good, " in fault.detail for fault in refused.value.faults)


@pytest.mark.parametrize("method", [BelievesAnyCertificate, BelievesTheDoubted])
def test_a_method_that_believes_what_is_no_evidence_is_refused_by_name(idp: Idp, method: type[Good]) -> None:
    shown = CertificateEvidence(b"alice@example.ac.jp")
    case = Case("alice", visit_of(subject_of(idp, "alice")), certificate=shown)

    with pytest.raises(ConformanceError, match="certificate-is-judged"):
        check_method(plugin_of(method), tools_of(idp, "totp"), [case])


def test_a_form_that_proves_twice_is_found_where_once_was_promised(idp: Idp, cases: list[Case]) -> None:
    with pytest.raises(ConformanceError, match="once-is-once"):
        check_method(plugin_of(Good), tools_of(idp, "totp"), [replace(case, once=True) for case in cases])


@pytest.mark.parametrize(("change", "rule"), DESCRIPTORS)
def test_a_descriptor_that_cannot_be_used_is_refused(
    idp: Idp, cases: list[Case], change: dict[str, object], rule: str
) -> None:
    plugin = replace(plugin_of(Good), **change)  # type: ignore[arg-type]

    with pytest.raises(ConformanceError, match=f"(?m)^plug-in '{plugin.name}' breaks .*\n{rule}: "):
        check_method(plugin, tools_of(idp, "totp"), cases)
