"""Every rule that the conformance kit can name has a method that breaks it, and a line in the manual."""

import re
from pathlib import Path

import pytest

from idp.plugin.case import Rule
from tests.plugin import test_conformance, test_enrolment
from tests.repo.files import read

BROKEN = {
    *(rule for _, rule in test_conformance.BROKEN),
    *(rule for _, rule in test_conformance.DESCRIPTORS),
    *(rule for _, rule in test_enrolment.BROKEN),
    "once-is-once",
    "certificate-is-judged",
    "enrollable",
}
"""The last three have a test of their own there."""


@pytest.mark.parametrize("rule", list(Rule), ids=str)
def test_a_rule_has_a_method_that_breaks_it(rule: Rule) -> None:
    assert rule in BROKEN


def test_no_method_breaks_a_rule_that_is_none() -> None:
    assert set(Rule) == BROKEN


def test_every_rule_is_tried() -> None:
    files = ("conformance", "descriptor", "rules", "enrol_rules")
    tried = "".join(read(Path(f"idp/plugin/{name}.py")) for name in files)
    unused = {rule for rule in Rule if f"Rule.{rule.name}" not in tried}

    assert unused == {Rule.OFFER_CHANGES_NOTHING, Rule.CONFIRM_CHANGES_NOTHING, Rule.REGISTERED_CHANGES_NOTHING}
    assert 'Rule(f"{what}-changes-nothing")' in tried


@pytest.mark.parametrize("rule", list(Rule), ids=str)
def test_a_rule_is_explained_in_the_manual(rule: Rule) -> None:
    assert re.search(rf"^\| `{rule}` \| \w.+ \|$", read(Path("docs/writing-a-plugin.md")), flags=re.MULTILINE)
