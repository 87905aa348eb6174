"""Methods of somebody else's, for the matrix: one that works, and all the ways to be broken."""

from collections.abc import Callable
from importlib.metadata import EntryPoint

from idp.plugin import (
    Ask,
    Budget,
    Code,
    DependencyError,
    Factor,
    Listener,
    Outcome,
    Plugin,
    Proof,
    Proved,
    Refused,
    SealError,
    SendTo,
    Settings,
    Skipped,
    Subject,
    Tools,
    Visit,
    Wrong,
)

POSSESSION = frozenset({Factor.POSSESSION})
Answer = Callable[[Visit, Tools], Outcome]


def prove(visit: Visit, tools: Tools) -> Outcome:
    if visit.subject is None:
        return Refused(Code.METHOD_FAILED)
    if visit.form.get("tokencode") != "good":
        return Wrong(Code.WRONG_CODE, ask(visit, tools))
    return Proved(visit.subject, Proof("stranger", POSSESSION, tools.now))


def ask(visit: Visit, tools: Tools) -> Ask:
    return Ask("stranger")


def fail(error: BaseException) -> Answer:
    def answer(visit: Visit, tools: Tools) -> Outcome:
        raise error

    return answer


def lie(visit: Visit, tools: Tools) -> Outcome:
    """Say that somebody else was proved."""
    return Proved(Subject("other-id", "root", "uid=root"), Proof("stranger", POSSESSION, tools.now))


def boast(visit: Visit, tools: Tools) -> Outcome:
    factors = frozenset({Factor.KNOWLEDGE, Factor.POSSESSION, Factor.INHERENCE})
    return Proved(visit.subject or Subject("", "", ""), Proof("stranger", factors, tools.now))


def pose(visit: Visit, tools: Tools) -> Outcome:
    """Say that it is the one-time password."""
    return Proved(visit.subject or Subject("", "", ""), Proof("totp", POSSESSION, tools.now))


def prove_nothing(visit: Visit, tools: Tools) -> Outcome:
    return Proved(visit.subject or Subject("", "", ""), Proof("stranger", frozenset(), tools.now))


BAD: dict[str, Answer] = {
    "raises-value-error": fail(ValueError("broken")),
    "raises-key-error": fail(KeyError("broken")),
    "raises-recursion-error": fail(RecursionError()),
    "raises-memory-error": fail(MemoryError()),
    "raises-assertion-error": fail(AssertionError()),
    "raises-stop-iteration": fail(StopIteration()),
    "raises-seal-error": fail(SealError(Code.SEAL_BROKEN, "broken")),
    "raises-dependency-error": fail(DependencyError(Code.DIRECTORY_DOWN, "down")),
    "answers-none": lambda visit, tools: None,  # type: ignore[dict-item,return-value]
    "answers-true": lambda visit, tools: True,  # type: ignore[dict-item,return-value]
    "answers-a-proof-alone": lambda visit, tools: Proof("stranger", POSSESSION, tools.now),  # type: ignore[dict-item,return-value]
    "proves-nobody": lambda visit, tools: Proved(None, Proof("stranger", POSSESSION, tools.now)),  # type: ignore[arg-type]
    "proves-with-nothing": lambda visit, tools: Proved(visit.subject, None),  # type: ignore[arg-type]
    "skips": lambda visit, tools: Skipped(),
    "refuses": lambda visit, tools: Refused(Code.METHOD_FAILED),
    "sends-away": lambda visit, tools: SendTo(Listener.CERTIFICATE),
    "is-wrong": lambda visit, tools: Wrong(Code.WRONG_CODE, Ask("stranger")),
    "asks-again": ask,
    "proves-another": lie,
    "claims-more-factors": boast,
    "poses-as-another-method": pose,
    "proves-no-factor": prove_nothing,
}
BEGINS: dict[str, Answer] = {name: answer for name, answer in BAD.items() if name != "asks-again"}


class Stranger:
    """A method that does whatever the test wants at the moment."""

    wanted_begin: Answer = staticmethod(ask)
    wanted_resume: Answer = staticmethod(prove)

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        return Stranger.wanted_begin(visit, tools)

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        return Stranger.wanted_resume(visit, tools)


PLUGIN = Plugin(
    name="stranger",
    package="tests.plugin.stranger",
    factors=POSSESSION,
    settings=Settings,
    make=lambda settings: Stranger(),
    budget=Budget((), ()),
)
ENTRY = EntryPoint("stranger", "tests.plugin.strangers:PLUGIN", "idp.plugins")
