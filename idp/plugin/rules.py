"""The rules of the conformance kit, each tried on a case; what is broken is collected."""

from collections.abc import Callable
from dataclasses import replace

from idp.core.errors import DependencyError, SealError
from idp.plugin.case import Case, Fault, Rule
from idp.plugin.descriptor import page_of
from idp.plugin.method import Identifying, Method, Plugin
from idp.plugin.outcome import Ask, Outcome, Proved, Refused, SendTo, Skipped, Wrong
from idp.plugin.tools import Tools
from idp.plugin.visit import CertificateEvidence, Visit
from idp.plugin.watched import Watch, broken_tools, watched_tools

MEGABYTE = 1 << 20
GARBAGE = ("", " ", "\0", "x" * MEGABYTE, "\ud800", "１２３４５６", "-1", "%s{0}{{7*7}}${x}", "\r\nX: y", "true", "[]")
NO_CERTIFICATES = (b"", b"\0", b"\x30\x03\x02\x01\x00", b"-----BEGIN CERTIFICATE-----", b"\xff" * 4096)
STATES = (b"", b"\0", b"proved", b"{}", b"\xff" * 4096)

Work = Callable[[Visit, Tools], Outcome]


class Rules:
    """One method under trial; `faults` is what was found so far."""

    def __init__(self, plugin: Plugin, method: Method, make_tools: Callable[[], Tools]) -> None:
        self._plugin = plugin
        self._method = method
        self._make_tools = make_tools
        self.faults: list[Fault] = []

    def begin(self, case: Case) -> None:
        """It asks or steps aside, proves nothing and changes nothing, whether or not it may ask."""
        for may_ask in (True, False):
            watch = Watch()
            tools = watched_tools(self._make_tools(), watch)
            visit = replace(case.visit, may_ask=may_ask)
            outcome = self._try("begin", case, self._method.begin, visit, tools)
            if watch.changes:
                self._fault(Rule.BEGIN_CHANGES_NOTHING, case, f"begin called {', '.join(sorted(watch.changes))}")
            if isinstance(outcome, Proved | Wrong):
                self._fault(Rule.BEGIN_JUDGES_NOTHING, case, f"begin answered {type(outcome).__name__}")
            if isinstance(outcome, Ask) and not page_of(self._plugin, outcome).is_file():
                self._fault(Rule.PAGE_IS_THERE, case, f"there is no {page_of(self._plugin, outcome)}")

    def nothing_proves_nothing(self, case: Case) -> None:
        """Empty forms, garbage and a state that was never kept prove nothing and raise nothing.

        Nor does a certificate that is none, even beside a form that is right in all else.
        """
        fields = {"tokencode", "j_password", "code", *(case.wrong or {}), *case.secret}
        forms = [{}, *(dict.fromkeys(fields, text) for text in GARBAGE)]
        for form in forms:
            for state in STATES if not form else (case.visit.state,):
                visit = replace(case.visit, form=form, state=state)
                told = {name: text[:20] for name, text in form.items()}
                outcome = self._try("garbage", case, self._resume, visit, self._make_tools())
                if isinstance(outcome, Proved):
                    self._fault(Rule.EMPTY_FORM_PROVES_NOTHING, case, f"{told!r} with state {state[:8]!r} was a proof")
        self._no_certificate_proves(case)

    def _no_certificate_proves(self, case: Case) -> None:
        if case.certificate is None:
            return
        whole = case.certificate
        doubted = CertificateEvidence(whole.der, whole.issuer_chain_der, doubted=True)
        cut = [CertificateEvidence(der, whole.issuer_chain_der) for der in (*NO_CERTIFICATES, whole.der[:-1])]
        for evidence in (None, doubted, *cut, *case.wrong_certificates):
            visit = replace(case.visit, certificate=evidence)
            if isinstance(self._try("certificate", case, self._resume, visit, self._make_tools()), Proved):
                told = f"{len(evidence.der)} octets{', doubted,' if evidence.doubted else ''}" if evidence else "none"
                self._fault(Rule.CERTIFICATE_IS_JUDGED, case, f"{told} was a proof")

    def broken_parts(self, case: Case) -> None:
        """With every part down it fails closed: DependencyError, or anything that is no proof."""
        visit = case.proving(self._make_tools()) or case.visit
        tools = broken_tools(self._make_tools())
        if isinstance(self._try("parts-down", case, self._resume, visit, tools), Proved):
            self._fault(Rule.FAILS_CLOSED, case, "was a proof with the directory and the store down")

    def wrong(self, case: Case) -> None:
        """A wrong form is Wrong, so that it is counted, and no secret of it is shown again."""
        if case.wrong is None:
            return
        visit = replace(case.visit, form=case.wrong)
        outcome = self._try("wrong", case, self._resume, visit, self._make_tools())
        if self._plugin.budget is not None and not isinstance(outcome, Wrong):
            self._fault(
                Rule.WRONG_IS_COUNTED, case, f"a wrong form was {type(outcome).__name__}, which no budget counts"
            )
        ask = outcome.ask if isinstance(outcome, Wrong) else outcome
        shown = repr(ask.values) if isinstance(ask, Ask) else ""
        for name in case.secret:
            if case.wrong.get(name) and case.wrong[name] in shown:
                self._fault(Rule.SECRETS_STAY_HIDDEN, case, f"the value of {name} is given to the page")

    def right(self, case: Case) -> None:
        """A right form proves: this person, by this method, within its factors, at the time given, once if so said."""
        tools = self._make_tools()
        visit = case.proving(tools)
        if visit is None:
            return
        outcome = self._try("right", case, self._resume, visit, tools)
        if not isinstance(outcome, Proved):
            self._fault(Rule.RIGHT_FORM_PROVES, case, f"a right form was {type(outcome).__name__}")
            return
        proof, subject = outcome.proof, case.visit.subject
        if subject is not None and outcome.subject.id != subject.id:
            self._fault(Rule.PROVES_THE_VISITOR, case, f"proved {outcome.subject.username}, not {subject.username}")
        if proof.method != self._plugin.name:
            self._fault(Rule.PROOF_NAMES_THE_METHOD, case, f"the proof is of {proof.method!r}")
        if not proof.factors <= self._plugin.factors or bool(proof.factors) != bool(self._plugin.factors):
            self._fault(Rule.PROOF_WITHIN_FACTORS, case, f"the proof claims {sorted(proof.factors)}")
        if proof.at != tools.now:
            self._fault(Rule.TIME_IS_GIVEN, case, f"the proof is of {proof.at}, it was {tools.now}")
        if case.once and isinstance(self._try("once", case, self._resume, visit, tools), Proved):
            self._fault(Rule.ONCE_IS_ONCE, case, "the same form was a proof twice")

    def of_another(self, case: Case, other: Case) -> None:
        """What proves one person never proves another (security.md T-20)."""
        proving = other.proving(self._make_tools())
        if case.visit.subject is None or proving is None or proving.subject in {None, case.visit.subject}:
            return
        visit = replace(case.visit, form=proving.form, certificate=proving.certificate)
        outcome = self._try("another", case, self._resume, visit, self._make_tools())
        if isinstance(outcome, Proved):
            self._fault(Rule.PROVES_THE_VISITOR, case, f"the right form of {other.name} was a proof")

    def _resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Resume as the engine does: who the form names is asked first."""
        if isinstance(self._method, Identifying) and visit.claim is None:
            visit = replace(visit, claim=self._method.identify(visit, tools))
        return self._method.resume(visit, tools)

    def _try(self, what: str, case: Case, work: Work, visit: Visit, tools: Tools) -> Outcome | None:
        try:
            outcome: object = work(visit, tools)
        except (DependencyError, SealError):
            return None
        except Exception as error:  # noqa: BLE001 - the method is a stranger, and raising is what it is tried for
            self._fault(Rule.RAISES_NOTHING, case, f"{what}: {type(error).__name__}: {error}"[:300])
            return None
        if isinstance(outcome, Ask | SendTo | Proved | Wrong | Refused | Skipped):
            return outcome
        self._fault(Rule.ANSWERS_AN_OUTCOME, case, f"{what}: answered {type(outcome).__name__}")
        return None

    def _fault(self, rule: Rule, case: Case, detail: str) -> None:
        self.faults.append(Fault(rule, f"{self._plugin.name}, {case.name}: {detail}"))
