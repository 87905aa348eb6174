"""A copy of the work tree in which a line may be broken and tests run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sabotage.row import OutOfDateError, Sabotage

ROOT = Path(__file__).parents[2]
SECONDS = 120
"""How long one run of pytest may take."""
_CRASH = re.compile(r"^\S+:\d+: (?:\w+\.)*(\w+)", re.MULTILINE)
_SLIPS = frozenset(("SyntaxError", "NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError"))
"""What says that the broken line is no program any more, rather than that a test noticed what it does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the row did as it must, and what is to be said of it."""

    passed: bool
    detail: str


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
        done = self._pytest(tests, keep_bytecode=True)
        return Outcome(done.returncode == 0, "" if done.returncode == 0 else done.stdout[-3000:] + done.stderr[-1000:])

    def judge(self, row: Sabotage) -> Outcome:
        """Break the line, run the one test, put the line back; the test must have failed by what it saw."""
        try:
            with self._broken(row):
                done = self._pytest([row.test], keep_bytecode=False)
        except OutOfDateError as error:
            return Outcome(passed=False, detail=f"the table is out of date: {error}")
        except subprocess.TimeoutExpired:
            return Outcome(passed=False, detail=f"no answer in {SECONDS} s")
        last = done.stdout.strip().rpartition("\n")[2]
        if done.returncode == 0:
            return Outcome(passed=False, detail="the test does not notice")
        crash = _CRASH.search(done.stdout)
        kind = crash[1] if crash else "?"
        if done.returncode != 1 or " failed" not in last or kind in _SLIPS:
            return Outcome(passed=False, detail=f"not a failure of the test (exit {done.returncode}, {kind}): {last}")
        return Outcome(passed=True, detail=kind)

    def _pytest(self, tests: Sequence[str], *, keep_bytecode: bool) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-p", "no:cacheprovider", *tests]
        environment = self._environment()
        if not keep_bytecode:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return subprocess.run(
            command, cwd=self._folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )

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
