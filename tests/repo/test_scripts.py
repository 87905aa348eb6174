"""What `make run` does to a machine: packages that are missing and nothing else; no service is started."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.repo.files import ROOT

STUBS = {
    "id": "echo ${STUB_UID:-0}",
    "dpkg-query": 'case " $STUB_INSTALLED " in *" $4 "*) printf "install ok installed";; esac',
    "apt-get": 'echo "$@" >>"$STUB_LOG"; cat "$POLICY_RC_D" >>"$STUB_LOG"; exit ${STUB_APT:-0}',
}


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """A machine whose package tools only say what they were asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, words in STUBS.items():
        stub = folder / name
        stub.write_text(f"#!/bin/sh\n{words}\n")
        stub.chmod(0o755)
    return {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "STUB_LOG": str(tmp_path / "log"),
        "STUB_INSTALLED": "slapd",
        "POLICY_RC_D": str(tmp_path / "policy-rc.d"),
    }


def install(machine: dict[str, str], *packages: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "scripts/packages", *packages], cwd=ROOT, env=machine, capture_output=True, text=True, check=False
    )


def test_only_what_is_missing_is_installed_and_nothing_is_started(machine: dict[str, str]) -> None:
    done = install(machine, "slapd", "no-such-tool")

    log = Path(machine["STUB_LOG"]).read_text()
    assert done.returncode == 0
    assert "install -y -qq --no-install-recommends no-such-tool\n#!/bin/sh\nexit 101\n" in log
    assert not Path(machine["POLICY_RC_D"]).exists()


@pytest.mark.parametrize("apt", ["0", "100"])
def test_a_policy_of_the_machines_own_is_put_back(machine: dict[str, str], apt: str) -> None:
    policy = Path(machine["POLICY_RC_D"])
    policy.write_text("#!/bin/sh\nexit 0\n")

    done = install({**machine, "STUB_APT": apt}, "no-such-tool")

    assert done.returncode == int(apt)
    assert "exit 101" in Path(machine["STUB_LOG"]).read_text()
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert [path.name for path in policy.parent.glob("policy*")] == ["policy-rc.d"]


def test_nothing_is_done_where_nothing_is_missing(machine: dict[str, str]) -> None:
    done = install(machine, "slapd")

    assert (done.returncode, done.stdout) == (0, "")
    assert not Path(machine["STUB_LOG"]).exists()


def test_who_is_not_root_is_told_what_to_ask_for(machine: dict[str, str]) -> None:
    done = install({**machine, "STUB_UID": "1000"}, "slapd", "no-such-tool")

    assert done.returncode == 1
    assert "apt-get install no-such-tool" in done.stderr
    assert not Path(machine["STUB_LOG"]).exists()
