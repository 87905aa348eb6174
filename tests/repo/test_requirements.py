"""What is installed is pinned, hashed, and told of; the project is installed as it is built."""

import re
import tomllib
from importlib.metadata import entry_points

import pytest

from tests.repo.files import ROOT, read, texts

NAMES = ("build", "run", "demo", "test")
DEPENDENCIES = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")


def _named(name: str) -> set[str]:
    lines = (ROOT / f"requirements/{name}.in").read_text().splitlines()
    return {match[0].lower() for line in lines if (match := re.match(r"[A-Za-z0-9][\w.-]*", line))}


@pytest.mark.parametrize("name", NAMES)
def test_every_pinned_package_has_hashes(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]

    assert packages
    assert [package.split()[0] for package in packages if "==" not in package or "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_named_is_pinned(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    pinned = {match.lower() for match in re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE)}

    assert {item.replace("_", "-") for item in _named(name)} <= {item.replace("_", "-") for item in pinned}


@pytest.mark.parametrize("package", sorted({package for name in NAMES for package in _named(name)}))
def test_every_dependency_is_told_of(package: str) -> None:
    assert f"| {package} |" in DEPENDENCIES.lower()


def test_first_party_plug_ins_are_found_as_strangers_are() -> None:
    assert {"password", "clientcert", "totp"} <= {point.name for point in entry_points(group="idp.plugins")}


def test_the_generic_name_plugins_is_ours_alone() -> None:
    import plugins

    assert [str(path) for path in plugins.__path__] == [str(ROOT / "plugins")]


def test_data_files_go_into_the_package() -> None:
    patterns = set(re.search(r"^\* = (.*)$", read(texts(".cfg")[0]), flags=re.MULTILINE)[1].split(", "))  # type: ignore[index]
    kinds = {f"*{path.suffix}" for path in texts() if path.parts[0] in ("idp", "plugins") and path.suffix != ".py"}

    assert kinds - {"*"} <= patterns
    assert tomllib.loads(read(texts(".toml")[-1])) is not None
