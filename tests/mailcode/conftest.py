"""A site where a code by mail is asked for off campus."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.settings.template import ACTIVATION_PLUGIN
from tests.parts.off_campus import MAIL, MAIL_ALONE, OffCampus
from tests.parts.slapd import RunningSlapd, own_slapd
from tests.parts.smtp import PostOffice
from tests.register.steps import SP

__all__ = ["own_slapd"]


@pytest.fixture
def site(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[OffCampus]:
    with PostOffice() as office:
        ways = {"elsewhere": MAIL_ALONE, "plugins_toml": MAIL + ACTIVATION_PLUGIN}
        site = OffCampus(tmp_path / "conf", own_slapd, office, SP, **ways)
        yield site
        site.close()
