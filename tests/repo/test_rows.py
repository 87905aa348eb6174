"""Every row of the threat tables that this release answers for has a test that carries its name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def rows(letter: str, first: int, last: int) -> list[str]:
    return [f"{letter}-{number:02}" for number in range(first, last + 1)]


REQUEST_ROWS = [
    row for row in rows("A", 1, 59) if row not in {f"A-{n}" for n in (15, 16, 17, 18, 19, 23, 39, *range(41, 50))}
]
"""A-01 to A-59 as far as the table goes; A-23 is about the configuration."""

ROWS = [
    *REQUEST_ROWS,
    "A-23",
    *rows("I", 1, 17),
    *rows("S", 1, 16),
    "R-05",
    *rows("R", 10, 16),
    "S-20",
    "S-21",
    "S-30",
    *rows("W", 1, 15),
    *rows("T", 1, 11),
    *rows("T", 20, 27),
    *rows("T", 30, 39),
    *rows("X", 1, 10),
    *rows("L", 1, 8),
    *rows("K", 1, 2),
    "K-05",
    *rows("M", 1, 8),
    *rows("G", 1, 7),
    *rows("E", 1, 8),
    "E-10",
    *rows("F", 1, 8),
    *rows("F", 11, 12),
    "F-13",
    "F-15",
    "F-16",
    *rows("F", 21, 22),
    *rows("N", 1, 7),
    *(f"seed-{number:02}" for number in range(1, 20)),
]


@pytest.fixture(scope="module")
def collected() -> str:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.fail(found.stdout[-2000:] + found.stderr[-2000:])
    return found.stdout


@pytest.mark.slow
def test_each_row_has_a_test_named_by_it(collected: str) -> None:
    without = [row for row in ROWS if not re.search(_pattern(row), collected, re.IGNORECASE)]

    assert without == []


def _pattern(row: str) -> str:
    letter, number = row.split("-")
    return rf"(?<![a-z0-9]){letter}[-_]?0*{int(number)}(?![0-9])"
