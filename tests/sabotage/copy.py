"""A copy of the work tree in which a line may be broken and tests run."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT

from tests.sabotage.row import OutOfDateError, Sabotage

ROOT = Path(__file__).parents[2]
SECONDS = 120
"""How long one test may take."""
SECONDS_OF_ALL = 600
_CRASH = re.compile(r"^\S+:\d+: (?:\w+\.)*(\w+)", re.MULTILINE)
_SLIPS = frozenset(("SyntaxError", "NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError"))
"""What says that the broken line is no program any more, rather than that a test noticed what it does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the row did as it must, and what is to be said of it."""

    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Run:
    """How pytest ended, and what it said."""

    code: int
    said: str


class Copy:
    """The files that git knows or would take, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        for name in listed.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self._require_own_packages()

    def run_unbroken(self, tests: Sequence[str]) -> Outcome:
        """Run the tests on the copy as it is: all must pass."""
        try:
            done = self._pytest(tests, SECONDS_OF_ALL, keep_bytecode=True)
        except subprocess.TimeoutExpired:
            return Outcome(passed=False, detail=f"no answer in {SECONDS_OF_ALL} s")
        return Outcome(done.code == 0, "" if done.code == 0 else done.said[-4000:])

    def judge(self, row: Sabotage) -> Outcome:
        """Break the line, run the one test, put the line back; the test must have failed by what it saw."""
        try:
            with self._broken(row):
                done = self._pytest([row.test], SECONDS, keep_bytecode=False)
        except OutOfDateError as error:
            return Outcome(passed=False, detail=f"the table is out of date: {error}")
        except subprocess.TimeoutExpired:
            return Outcome(passed=False, detail=f"no answer in {SECONDS} s")
        last = done.said.strip().rpartition("\n")[2]
        if done.code == 0:
            return Outcome(passed=False, detail="the test does not notice")
        crash = _CRASH.search(done.said)
        kind = crash[1] if crash else "?"
        if done.code != 1 or " failed" not in last or kind in _SLIPS:
            return Outcome(passed=False, detail=f"not a failure of the test (exit {done.code}, {kind}): {last}")
        return Outcome(passed=True, detail=kind)

    def _pytest(self, tests: Sequence[str], seconds: float, *, keep_bytecode: bool) -> Run:
        """Run pytest in a process group of its own; what it started ends with it, whatever happens."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-p", "no:cacheprovider", *tests]
        environment = self._environment()
        if not keep_bytecode:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        with subprocess.Popen(
            command, cwd=self._folder, env=environment, stdout=PIPE, stderr=STDOUT, text=True, start_new_session=True
        ) as process:
            try:
                said, _ = process.communicate(timeout=seconds)
            except BaseException:
                os.killpg(process.pid, signal.SIGTERM)
                raise
        return Run(process.returncode, said)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self._folder)}

    def _require_own_packages(self) -> None:
        """Make sure that the copy's packages are tested, not those that are installed."""
        show = "import idp, plugins, tests; print(idp.__file__, plugins.__file__, tests.__file__, sep='\\n')"
        done = subprocess.run(
            [sys.executable, "-c", show],
            cwd=self._folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        for line in done.stdout.splitlines():
            if not Path(line).is_relative_to(self._folder):
                raise RuntimeError(f"{line} would be tested instead of the copy in {self._folder}")

    @contextmanager
    def _broken(self, row: Sabotage) -> Iterator[None]:
        """Break a line for a while; the file's time is moved, so that no compiled form of the other text is used."""
        file = self._folder / row.file
        text, status = row.broken(self._folder), file.stat()
        good = file.read_bytes()
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 60_000_000_000))
        try:
            yield
        finally:
            file.write_bytes(good)
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
