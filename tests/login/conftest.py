"""A site over the tests' directory, made once a test process; each test has its own store, clock and browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.service_provider import TestSP
from tests.parts.site import ASK_ALWAYS, Idp, make_conf
from tests.parts.slapd import RunningSlapd, slapd

__all__ = ["slapd"]

SP = TestSP("sp")
OTHER_SP = TestSP("other")


@pytest.fixture
def idp(tmp_path: Path, slapd: RunningSlapd) -> Iterator[Idp]:
    """A site that shows the certificate page to everybody, with two service providers and an app for alice."""
    idp = Idp.load(make_conf(tmp_path / "conf", slapd, plugins_toml=ASK_ALWAYS))
    try:
        _prepare(idp)
        yield idp
    finally:
        idp.close()


def _prepare(idp: Idp) -> None:
    idp.register(SP, OTHER_SP, want_assertions_signed=True, display_names={"ja": "附属図書館", "en": "Library"})
    idp.enrol("alice")
