"""What the documents say is there: codes, commands, keys of the configuration, files."""

import re
import tomllib
from pathlib import Path

import click
import pytest

from idp.cli.main import main
from idp.core.codes import Code
from idp.plugin import Limit
from idp.plugin.registry import discover
from idp.words import Words
from tests.repo.files import ROOT, read, texts

DOCUMENTS = [path for path in texts(".md") if path.parts[0] in ("docs", "README.md", "conf")]
AREAS = {"A", "C", "D", "E", "H", "P", "S"}
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
COMMAND = re.compile(r"\bwarifu (?:--conf \S+ )?([a-z][a-z-]+)(?: ([a-z]+))?")


@pytest.mark.parametrize("code", list(Code), ids=str)
def test_every_code_is_told_of(code: Code) -> None:
    """What happened, what the person does, what the administrator does; and words in both languages."""
    (row,) = re.findall(rf"^\| {code} \|(.+)\|$", read(Path("docs/codes.md")), flags=re.MULTILINE)
    assert all(cell.strip() for cell in row.split("|"))
    assert len(row.split("|")) == 3
    for language in ("ja", "en"):
        told = Words.load([ROOT / "idp/web/words"], [language])
        assert told.text(language, f"code.{code}.title").strip()
        assert told.text(language, f"code.{code}.text").strip()


def test_codes_are_unique_and_of_an_area() -> None:
    assert len({code.value for code in Code}) == len(Code.__members__)
    assert all(re.fullmatch(r"[A-Z]\d{3}", code) and code[0] in AREAS for code in Code)


def test_no_code_is_told_of_that_is_gone() -> None:
    told = set(re.findall(r"^\| ([A-Z]\d{3}) \|", read(Path("docs/codes.md")), flags=re.MULTILINE))

    assert told == {code.value for code in Code}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_commands_exist(document: Path) -> None:
    context = click.Context(main)
    code = "\n".join(re.findall(r"`[^`\n]+`|^ {4}.+$", read(document), flags=re.MULTILINE))
    unknown = []
    for name, verb in COMMAND.findall(code):
        command = main.get_command(context, name)
        if command is None or (
            isinstance(command, click.Group) and verb and verb not in command.list_commands(context)
        ):
            unknown.append(f"warifu {name} {verb}")

    assert unknown == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(Path("Makefile")), flags=re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z]+)\b(?=[`\s]*(?:`|\n|#|\())", read(document))) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    folder = (ROOT / document).parent

    assert [target for target in LINK.findall(read(document)) if not (folder / target).exists()] == []


def test_every_target_is_in_the_help() -> None:
    makefile = read(Path("Makefile"))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[1].split())  # type: ignore[index]
    told = set(re.findall(r"^([a-z-]+):.*## ", makefile, flags=re.MULTILINE))

    assert phony - told == {"packages-run", "packages-test"}


@pytest.mark.parametrize("name", ["password", "totp"])
def test_the_limits_shown_are_those_that_hold(name: str) -> None:
    shown = re.search(rf"^# \[limits\.{name}\]\n((?:# .*\n){{2}})", read(Path("conf/idp.toml")), flags=re.MULTILINE)
    budget = discover()[name].load().budget

    assert shown is not None
    assert tomllib.loads(shown[1].replace("# ", "")) == {
        "person": [_text(limit) for limit in budget.person],
        "address": [_text(limit) for limit in budget.address],
    }


def _text(limit: Limit) -> str:
    seconds = int(limit.window.total_seconds())
    unit, size = next((unit, size) for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)) if seconds % size == 0)
    return f"{limit.tries}/{seconds // size}{unit}"
