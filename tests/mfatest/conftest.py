from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mfatest.parties import Stage, make_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    yield from make_stage(tmp_path)
