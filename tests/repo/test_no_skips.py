"""A test that was not run is no test."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.files import ROOT


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("def test_it(): pass", "1 passed", id="passes"),
        pytest.param("import pytest\ndef test_it(): pytest.skip('no browser')", "1 failed", id="skipped"),
        pytest.param("import pytest\n@pytest.mark.skip\ndef test_it(): pass", "1 failed", id="marked"),
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
    assert done.returncode == int("failed" in outcome)


def test_every_run_has_the_rule() -> None:
    import tests.conftest
    import tests.parts.no_skips

    assert tests.conftest.pytest_runtest_makereport is tests.parts.no_skips.pytest_runtest_makereport
