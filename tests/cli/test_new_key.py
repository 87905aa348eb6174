"""`warifu keys`: a fresh key in a new file that only its owner reads."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.cli.main import main
from idp.seal import load_seal_keys


@pytest.mark.parametrize("kind", ["seal", "cookie"])
def test_a_key_is_written_once_for_its_owner_alone(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "new.key"

    first = CliRunner().invoke(main, ["keys", kind, str(file)])
    content = file.read_bytes()
    second = CliRunner().invoke(main, ["keys", kind, str(file)])

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes() == content
    assert content.decode().strip() not in first.output + second.output


def test_a_seal_key_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "seal.key"
    CliRunner().invoke(main, ["keys", "seal", str(file)])

    assert len(load_seal_keys([file])) == 1
