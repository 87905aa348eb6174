"""A test that is skipped, or expected to fail, was not run: it fails, so that nobody takes it for tested."""

import pytest

WORDS = "skipped or expected to fail, which is not allowed"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Turn a skip and an expected failure into a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped or hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{WORDS}: {report.longrepr}"
        report.__dict__.pop("wasxfail", None)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):  # type: ignore[no-untyped-def]
    """Turn a module that skips itself into one that cannot be collected."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{WORDS}: {report.longrepr}"
