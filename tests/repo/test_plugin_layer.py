"""The plug-in layer holds: a method that came later is known to no room of `idp` but by its entry point."""

import re
from pathlib import Path

import pytest

from tests.repo.files import read, texts

LATER = re.compile(r"passkey|webauthn|fido2", re.IGNORECASE)
DEMONSTRATION = "demo"
"""The demonstration is a site: its configuration, people and banner name what it enables."""


def sources() -> list[Path]:
    kinds = (".py", ".html", ".css", ".js", ".toml")
    return [path for kind in kinds for path in texts(kind) if path.parts[0] == "idp"]


@pytest.mark.parametrize("path", sources(), ids=str)
def test_nothing_of_ours_names_the_passkey_plug_in(path: Path) -> None:
    if path.name.startswith(DEMONSTRATION):
        return

    assert LATER.findall(read(path)) == []
