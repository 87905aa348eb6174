"""What the conformance kit is given and what it finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from idp.plugin.outcome import Ask
from idp.plugin.tools import Tools
from idp.plugin.visit import CertificateEvidence, Visit


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

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


class ConformanceError(Exception):
    """A plug-in that does not keep the rules; `faults` has each of them."""

    def __init__(self, plugin: str, faults: Sequence[Fault]) -> None:
        super().__init__(f"plug-in {plugin!r} breaks {len(faults)} rules:\n" + "\n".join(map(str, faults)))
        self.faults = tuple(faults)
