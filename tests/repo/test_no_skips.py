"""A test that was not run is no test."""

import subprocess
import sys
from pathlib import Path

import pytest

import tests.conftest
import tests.parts.no_skips
from tests.repo.files import ROOT


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("def test_it(): pass", "1 passed", id="passes"),
        pytest.param("import pytest\ndef test_it(): pytest.skip('no browser')", "1 failed", id="skipped"),
        pytest.param("import pytest\n@pytest.mark.skip\ndef test_it(): pass", "1 error", id="marked"),
        pytest.param("import pytest\npytest.importorskip('no_such_module')", "1 error", id="module"),
        pytest.param("import pytest\n@pytest.mark.xfail\ndef test_it(): assert 0", "1 failed", id="expected-to-fail"),
    ],
)
def test_a_skipped_test_fails_the_run(tmp_path: Path, lines: str, outcome: str) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(lines)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.parts.no_skips", "-q", f"--rootdir={tmp_path}", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome in done.stdout
    assert (done.returncode == 0) == (outcome == "1 passed")


def test_every_run_has_the_rule() -> None:
    hooks = [name for name in vars(tests.parts.no_skips) if name.startswith("pytest_")]

    assert len(hooks) == 2
    assert all(getattr(tests.conftest, name) is getattr(tests.parts.no_skips, name) for name in hooks)
