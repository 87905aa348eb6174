"""The sheet of codes keeps the rules, over the parts of a test site; WARIFU_CONF is its configuration."""

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warifu_codesheet import PLUGIN
from warifu_codesheet.codes import code_of, is_right, new_seed
from warifu_codesheet.credential import sheet_of, used_of
from warifu_codesheet.enrol import SheetEnrolment
from warifu_codesheet.method import CodeSheetMethod
from warifu_codesheet.settings import CodeSheetSettings

from idp.app import Site, load
from idp.plugin import Ask, Binding, Confirmed, Purpose, Secret, Subject, Tools, Visit
from idp.plugin.conformance import Case, EnrolCase, check_enrolment, check_method

SEEDS = {"alice": new_seed(), "bob": new_seed()}
MINUTES = itertools.count()


@pytest.fixture
def site() -> Iterator[Site]:
    began = datetime.now(UTC).replace(microsecond=0)
    site = load(Path(os.environ["WARIFU_CONF"]), lambda: began + timedelta(minutes=next(MINUTES)))
    for name, seed in SEEDS.items():
        tools = site.tools("codesheet")
        person = person_of(site, name)
        enrolment = SheetEnrolment(20)
        former = next(iter(enrolment.registered(person, tools)), None)
        assert enrolment.enrol(person, Confirmed(seed.reveal()), former, Binding.CAMPUS_FIRST, tools)
    yield site
    site.close()


def person_of(site: Site, name: str) -> Subject:
    person = site.tools("codesheet").people.find(name)
    assert person is not None
    return person


def visit_of(person: Subject | None) -> Visit:
    return Visit(Purpose.LOGIN, person, "outside", "en", "browser")


def next_code(seed: Secret, person: Subject, tools: Tools) -> Mapping[str, str]:
    sheet = sheet_of(person, tools)
    assert sheet is not None
    return {"sheetcode": code_of(seed, used_of(sheet) + 1)}


def first_code(ask: Ask, tools: Tools) -> Mapping[str, str]:
    return {"sheetcode": ask.values["codes"].split()[0]}


def test_the_login_keeps_the_rules(site: Site) -> None:
    people = {name: person_of(site, name) for name in SEEDS}
    cases = [
        Case(
            name,
            visit_of(person),
            right=lambda tools, seed=SEEDS[name], person=person: next_code(seed, person, tools),
            wrong={"sheetcode": "0000 0000"},
            once=True,
            secret=("sheetcode",),
        )
        for name, person in people.items()
    ]

    check_method(PLUGIN, lambda: site.tools("codesheet"), [*cases, Case("nobody", visit_of(None))])


def test_the_registration_keeps_the_rules(site: Site) -> None:
    cases = [EnrolCase(name, visit_of(person_of(site, name)), first_code, {"sheetcode": "0"}) for name in SEEDS]

    check_enrolment(PLUGIN, lambda: site.tools("codesheet"), cases)


def test_a_sheet_that_is_used_up_is_asked_for_no_more(site: Site) -> None:
    method, person, tools = CodeSheetMethod(CodeSheetSettings()), person_of(site, "alice"), site.tools("codesheet")
    pages = []
    while isinstance(ask := method.begin(visit_of(person), tools), Ask):
        pages.append(ask.values)
        method.resume(replace(visit_of(person), form=next_code(SEEDS["alice"], person, tools)), tools)

    assert len(pages) == 19
    assert [page["few"] for page in pages[-4:]] == ["", "3", "2", "1"]


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: f" {code[:4]}-{code[4:]} ", lambda code: code.replace("0", "O")]
)
def test_a_code_may_be_typed_as_people_type(change: Callable[[str], str]) -> None:
    seed = new_seed()

    assert all(is_right(seed, number, change(code_of(seed, number))) for number in range(1, 30))
    assert not is_right(seed, 8, code_of(seed, 7))
