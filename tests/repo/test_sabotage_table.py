"""The table of sabotages fits the code: each line stands there once, each test is there (security.md 5.1)."""

import ast
from collections import Counter
from functools import cache

import pytest

from tests.sabotage.copy import ROOT
from tests.sabotage.row import Sabotage
from tests.sabotage.table import TABLE

FEWEST = 25


@cache
def _functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name.replace(" ", "-"))
def test_a_row_fits_the_code(row: Sabotage) -> None:
    ast.parse(row.broken(ROOT))
    assert row.file.startswith(("idp/", "plugins/"))
    assert row.test_function in _functions(row.test_file)


def test_there_are_enough_rows_and_none_twice() -> None:
    names, changes = Counter(row.name for row in TABLE), Counter((row.file, row.old, row.new) for row in TABLE)

    assert len(TABLE) >= FEWEST
    assert max(names.values()) == max(changes.values()) == 1
