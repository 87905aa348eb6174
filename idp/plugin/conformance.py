"""The conformance kit: what every method owes the engine, to be run against ours and anybody else's.

    def test_my_method_keeps_the_rules() -> None:
        check_method(PLUGIN, make_tools, [Case("alice", visit_of_alice, right=lambda tools: {"code": "…"})])

`make_tools` gives a plug-in's tools over real parts, e.g. `lambda: idp.app.load(conf, clock).tools("mine")`; it is
called often, and each right form must prove on the tools of its own call. The kit wraps them, it never replaces them.

A method that people register themselves (Enrollable) is tried by `check_enrolment` as well.
"""

from collections.abc import Callable, Mapping, Sequence

from idp.plugin.case import Case, ConformanceError, EnrolCase, Fault, Rule
from idp.plugin.descriptor import find_faults
from idp.plugin.enrol import Enrollable
from idp.plugin.enrol_rules import EnrolRules
from idp.plugin.method import Plugin
from idp.plugin.rules import Rules
from idp.plugin.tools import Tools

__all__ = ["Case", "ConformanceError", "EnrolCase", "Fault", "Rule", "check_enrolment", "check_method"]


def check_method(
    plugin: Plugin,
    make_tools: Callable[[], Tools],
    cases: Sequence[Case],
    settings: Mapping[str, object] | None = None,
) -> None:
    """Try every rule on every case. Raises ConformanceError with all that is broken."""
    faults = find_faults(plugin)
    rules = Rules(plugin, plugin.make(plugin.settings(**dict(settings or {}))), make_tools)
    for case in cases:
        rules.begin(case)
        rules.nothing_proves_nothing(case)
        rules.broken_parts(case)
        rules.wrong(case)
        rules.right(case)
        for other in cases:
            rules.of_another(case, other)
    faults += rules.faults
    if faults:
        raise ConformanceError(plugin.name, list(dict.fromkeys(faults)))


def check_enrolment(
    plugin: Plugin,
    make_tools: Callable[[], Tools],
    cases: Sequence[EnrolCase],
    settings: Mapping[str, object] | None = None,
) -> None:
    """Try every rule of registration on every case. Raises ConformanceError with all that is broken."""
    faults = find_faults(plugin)
    method = plugin.make(plugin.settings(**dict(settings or {})))
    if not isinstance(method, Enrollable):
        raise ConformanceError(plugin.name, [*faults, Fault(Rule.ENROLLABLE, "the method lacks an operation of it")])
    rules = EnrolRules(plugin, method, make_tools)
    for case in cases:
        rules.try_all(case)
    faults += rules.faults
    if faults:
        raise ConformanceError(plugin.name, list(dict.fromkeys(faults)))
