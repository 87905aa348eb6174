"""docs/writing-a-plugin.md shows the package as it is, and its commands do what it says."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.parts.site import make_conf
from tests.parts.slapd import RunningSlapd
from tests.plugin.environment import SOURCE, Environment
from tests.repo.files import read

MANUAL = read(Path("docs/writing-a-plugin.md"))
SHOWN = re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)^```$", MANUAL, flags=re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\$ (.+)$", MANUAL, flags=re.MULTILINE)
(SETTINGS,) = re.findall(r"^```toml\n(\[plugins\..*?)^```$", MANUAL, flags=re.MULTILINE | re.DOTALL)


def parts_of(shown: str) -> list[str]:
    """Two empty lines stand between what is one after the other here and not there."""
    return [part.strip("\n") for part in shown.split("\n\n\n")]


@pytest.mark.parametrize(("file", "shown"), SHOWN, ids=[file for file, _ in SHOWN])
def test_what_is_shown_stands_in_the_package(file: str, shown: str) -> None:
    text = (SOURCE / file).read_text(encoding="utf-8")

    assert [part for part in parts_of(shown) if part not in text] == []


def test_each_file_with_code_is_shown() -> None:
    told = {file for file, _ in SHOWN} | {"warifu_codesheet/codes.py"}

    assert {str(path.relative_to(SOURCE)) for path in SOURCE.glob("warifu_codesheet/*.py")} <= told


def test_no_other_code_is_shown() -> None:
    fences = len(re.findall(r"^```\w+$", MANUAL, flags=re.MULTILINE))

    assert fences == len(SHOWN) + MANUAL.count("```console") + 1


@pytest.mark.slow
def test_its_commands_do_what_it_says(tmp_path: Path, own_slapd: RunningSlapd) -> None:
    environment = Environment.make(tmp_path / "venv")
    pip = environment.folder / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip --python "{environment.python}" "$@"\n')
    pip.chmod(0o755)
    package = tmp_path / "package"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    conf = make_conf(tmp_path / "conf", own_slapd, methods=("password", "codesheet"), plugins_toml=SETTINGS)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_QUIET": "1"}
    given = {"CONF": str(conf), "LDAPI": own_slapd.server.admin_uri, "PYTEST_ADDOPTS": "-q -p no:cacheprovider"}

    script = "\n".join([f'cd "{package}"', *COMMANDS])
    done = environment.run("sh", "-ec", script, **given, **offline)

    assert len(COMMANDS) >= 8
    assert "nothing is wrong" in done.stdout
    assert re.search(r"^\d+ passed", done.stdout, flags=re.MULTILINE)
    assert "Printed sheets of codes." in done.stdout
    assert re.search(r"^(used \d+, since|no sheet is registered)", done.stdout.splitlines()[-1])
