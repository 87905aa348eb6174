"""Sites where people register their app: the seed's habit, a stricter one, and a directory of the test's own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.parts.site import Idp, make_conf
from tests.parts.slapd import RunningSlapd, own_slapd, slapd
from tests.register.steps import SP

__all__ = ["own_slapd", "slapd"]

MakeSite = Callable[..., Idp]


@pytest.fixture
def make_site(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[MakeSite]:
    """Gives a function that makes a site over a directory of the test's own, where nobody has an app."""
    made: list[Idp] = []

    def make(**options: object) -> Idp:
        idp = Idp.load(make_conf(tmp_path / f"conf{len(made)}", own_slapd, **options))  # type: ignore[arg-type]
        made.append(idp)
        idp.register(SP, want_assertions_signed=True)
        return idp

    yield make
    for idp in made:
        idp.close()


@pytest.fixture
def idp(make_site: MakeSite) -> Idp:
    """A site with the seed's habit: an app is registered again with the password alone."""
    return make_site(campus_replace="password", site_codes_toml='site_codes = {E101 = "W100070"}')


@pytest.fixture
def strict(make_site: MakeSite) -> Idp:
    """A site as `warifu init` makes it: replacing and resetting want the present code."""
    return make_site()
