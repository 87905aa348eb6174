"""What all tests share: a real directory, and that a test which is skipped is a test that failed."""

from tests.parts.no_skips import pytest_make_collect_report, pytest_runtest_makereport
from tests.parts.slapd import own_slapd, slapd

__all__ = ["own_slapd", "pytest_make_collect_report", "pytest_runtest_makereport", "slapd"]
