"""`python -m tests.sabotage [word …]`: exits 1 where a sabotage is not noticed, or the table is out of date."""

import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.sabotage.copy import Copy, Outcome
from tests.sabotage.row import Sabotage
from tests.sabotage.table import TABLE

AT_ONCE = 2


def main(words: Sequence[str]) -> int:
    """Run the rows, print what became of each, and say how many did as they must."""
    rows = [row for row in TABLE if not words or any(word in row.name for word in words)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="warifu-sabotage-") as name:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(AT_ONCE):
            copies.put(Copy(Path(name, str(number))))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tests = sorted({row.test for row in rows})
            parts = [part for number in range(AT_ONCE) if (part := tests[number::AT_ONCE])]
            problems = [
                outcome for outcome in pool.map(lambda part: _unbroken(copies, part), parts) if not outcome.passed
            ]
            for outcome in problems:
                print(f"A test fails though nothing is broken:\n{outcome.detail}")
            if problems:
                return 1
            print(f"{len(tests)} tests pass while nothing is broken ({time.monotonic() - began:.0f} s)", flush=True)
            failed = 0
            for row, outcome in zip(rows, pool.map(lambda row: _judge(copies, row), rows), strict=True):
                failed += not outcome.passed
                print(
                    f"{'ok  ' if outcome.passed else 'FAIL'} {row.name:58} {outcome.detail:22} {row.test}", flush=True
                )
    print(f"{time.monotonic() - began:.0f} s")
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed or not rows else 0


def _unbroken(copies: SimpleQueue[Copy], tests: Sequence[str]) -> Outcome:
    copy = copies.get()
    try:
        return copy.run_unbroken(tests)
    finally:
        copies.put(copy)


def _judge(copies: SimpleQueue[Copy], row: Sabotage) -> Outcome:
    copy = copies.get()
    try:
        return copy.judge(row)
    finally:
        copies.put(copy)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
