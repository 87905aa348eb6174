"""What no file of the repository may say, how long a file may be, and that both languages say everything."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.repo.files import ROOT, read, texts

LONGEST_FILE_LINES = 400
LONGEST_TEST_LINES = 500
NOT_OURS = {"package-lock.json"}

FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:root/|work/(?:main|shared)|home/\w+/(?:work|src|git))"),
    "a host of a package index": re.compile(r"(?i)--(extra-)?index-url[= ]http|(?<!no-)emit-index"),
    "something left to do": re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"),
    "who or what wrote it": re.compile(
        r"(?i)\b(?:generated|written|made) (?:by|with) (?:an? )?(?:ai|llm|machine|language model|assistant)\b"
        r"|\b(?:chatgpt|copilot|claude|anthropic|openai|co-authored-by)\b"
    ),
    "a private key": re.compile(r"-----BEGIN (RSA |EC |ENCRYPTED )?PRIVATE KEY-----\n[A-Za-z0-9+/]{40}"),
    "a conflict of a merge": re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE),
}
HERE = "tests/repo/test_words.py"


@pytest.mark.parametrize("kind", sorted(FORBIDDEN))
def test_no_file_says(kind: str) -> None:
    found = [
        f"{path}: {match.group(0).strip()}"
        for path in texts()
        if str(path) != HERE and path.name not in NOT_OURS
        for match in FORBIDDEN[kind].finditer(read(path))
    ]

    assert found == []


def test_no_source_file_is_longer_than_it_should_be() -> None:
    lengths = {str(path): read(path).count("\n") for path in texts(".py", ".html", ".css", ".toml")}

    caps = {name: LONGEST_TEST_LINES if name.startswith("tests/") else LONGEST_FILE_LINES for name in lengths}

    assert {name: lines for name, lines in lengths.items() if lines > caps[name]} == {}


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc", "base", "manager", "handler"])
def test_a_module_is_called_after_what_it_is(name: str) -> None:
    allowed = {"idp/settings/base.py"}

    assert [str(path) for path in texts(".py") if path.stem == name and str(path) not in allowed] == []


def test_everything_exported_is_there_and_in_order() -> None:
    wrong = [
        str(path)
        for path in texts(".py")
        if path.parts[0] in ("idp", "plugins") and (names := _exported(path)) is not None and names != _sorted(names)
    ]

    assert wrong == []


def _exported(path: Path) -> list[str] | None:
    for node in ast.parse(read(path)).body:
        if isinstance(node, ast.Assign) and any(getattr(item, "id", "") == "__all__" for item in node.targets):
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def _sorted(names: list[str]) -> list[str]:
    """Constants, classes, functions, each by name: how ruff sorts __all__."""
    return sorted(names, key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name))


def _word_files() -> list[Path]:
    return sorted({path.parent for path in texts(".toml") if path.parent.name == "words"})


def _keys(table: dict[str, object], above: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in table.items():
        found |= _keys(value, f"{above}{key}.") if isinstance(value, dict) else {above + key}
    return found


@pytest.mark.parametrize("folder", _word_files(), ids=str)
def test_both_languages_say_everything(folder: Path) -> None:
    said = {
        file.stem: _keys(tomllib.loads(file.read_text(encoding="utf-8"))) for file in (ROOT / folder).glob("*.toml")
    }

    assert set(said) == {"ja", "en"}
    assert said["ja"] == said["en"]
