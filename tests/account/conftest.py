"""A site over a directory of the test's own, with two service providers; alice has an app, carol has none."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.parts.service_provider import TestSP
from tests.parts.site import Idp, make_conf
from tests.parts.slapd import RunningSlapd, own_slapd

__all__ = ["own_slapd"]

SP = TestSP("sp")
OTHER_SP = TestSP("other")
MakeSite = Callable[..., Idp]


@pytest.fixture
def make_site(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[MakeSite]:
    """Gives a function that makes a site."""
    made: list[Idp] = []

    def make(**options: object) -> Idp:
        idp = Idp.load(make_conf(tmp_path / f"conf{len(made)}", own_slapd, **options))  # type: ignore[arg-type]
        made.append(idp)
        idp.register(SP, want_assertions_signed=True, display_names={"ja": "附属図書館", "en": "Library"})
        idp.register(OTHER_SP, want_assertions_signed=True)
        idp.enrol("alice")
        return idp

    yield make
    for idp in made:
        idp.close()


@pytest.fixture
def idp(make_site: MakeSite) -> Idp:
    """A site as `warifu init` makes it."""
    return make_site()
