"""What the conformance kit is given and what it finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from idp.plugin.outcome import Ask
from idp.plugin.tools import Tools
from idp.plugin.visit import CertificateEvidence, Visit


class Rule(StrEnum):
    """What the kit tries; docs/writing-a-plugin.md says of each what it asks for."""

    INTERFACE = "interface"
    NAME = "name"
    FACTORS = "factors"
    SETTINGS = "settings"
    PAGE_IS_THERE = "page-is-there"
    BEGIN_CHANGES_NOTHING = "begin-changes-nothing"
    BEGIN_JUDGES_NOTHING = "begin-judges-nothing"
    EMPTY_FORM_PROVES_NOTHING = "empty-form-proves-nothing"
    CERTIFICATE_IS_JUDGED = "certificate-is-judged"
    FAILS_CLOSED = "fails-closed"
    WRONG_IS_COUNTED = "wrong-is-counted"
    SECRETS_STAY_HIDDEN = "secrets-stay-hidden"
    RIGHT_FORM_PROVES = "right-form-proves"
    PROVES_THE_VISITOR = "proves-the-visitor"
    PROOF_NAMES_THE_METHOD = "proof-names-the-method"
    PROOF_WITHIN_FACTORS = "proof-within-factors"
    TIME_IS_GIVEN = "time-is-given"
    ONCE_IS_ONCE = "once-is-once"
    RAISES_NOTHING = "raises-nothing"
    ANSWERS_AN_OUTCOME = "answers-an-outcome"
    ENROLLABLE = "enrollable"
    OFFERS = "offers"
    OFFERS_ARE_NEW = "offers-are-new"
    SHOWN_AGAIN = "shown-again"
    OFFER_CHANGES_NOTHING = "offer-changes-nothing"
    CONFIRM_CHANGES_NOTHING = "confirm-changes-nothing"
    REGISTERED_CHANGES_NOTHING = "registered-changes-nothing"
    EMPTY_FORM_CONFIRMS_NOTHING = "empty-form-confirms-nothing"
    WRONG_CONFIRMS_NOTHING = "wrong-confirms-nothing"
    WRONG_KEEPS_THE_OFFER = "wrong-keeps-the-offer"
    RIGHT_FORM_CONFIRMS = "right-form-confirms"
    REGISTERS = "registers"
    REPLACES = "replaces"
    KEEPS_THE_BINDING = "keeps-the-binding"
    COMPARES_AND_SWAPS = "compares-and-swaps"
    WITHDRAWS_WHAT_STANDS = "withdraws-what-stands"
    WITHDRAWS = "withdraws"
    ADDS = "adds"
    STAYS_WITHIN_MOST = "stays-within-most"
    RENAMES = "renames"


@dataclass(frozen=True, slots=True)
class Case:
    """One person that a method is tried with.

    `visit` is what the engine would give; `right` writes the form that proves, None for a person who cannot; `wrong`
    one that does not; `once` says that the same form may prove a single time; `secret` are fields never shown again.
    A method that looks at certificates is given `certificate`, which proves, and `wrong_certificates`, which do not.
    """

    name: str
    visit: Visit
    right: Callable[[Tools], Mapping[str, str]] | None = None
    wrong: Mapping[str, str] | None = None
    once: bool = False
    secret: tuple[str, ...] = ()
    certificate: CertificateEvidence | None = None
    wrong_certificates: tuple[CertificateEvidence, ...] = ()

    def proving(self, tools: Tools) -> Visit | None:
        """Give the visit with all that proves; None for a person who cannot."""
        if self.right is None and self.certificate is None:
            return None
        form = self.right(tools) if self.right else {}
        return replace(self.visit, form=form, certificate=self.certificate)


@dataclass(frozen=True, slots=True)
class EnrolCase:
    """One person that an enrolment is tried with; what is registered for them is replaced and taken away.

    `right` writes the form that confirms an offer, from the page and with the tools of that moment; `wrong` one that
    does not.
    """

    name: str
    visit: Visit
    right: Callable[[Ask, Tools], Mapping[str, str]]
    wrong: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule that a method broke, and how."""

    rule: Rule
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


class ConformanceError(Exception):
    """A plug-in that does not keep the rules; `faults` has each of them."""

    def __init__(self, plugin: str, faults: Sequence[Fault]) -> None:
        super().__init__(f"plug-in {plugin!r} breaks {len(faults)} rules:\n" + "\n".join(map(str, faults)))
        self.faults = tuple(faults)
