"""Nobody gets another person's answer, however many come at once (security.md S-30)."""

from pathlib import Path

import pytest

from tests.parts.crowd import Crowd, drive
from tests.parts.served import serving
from tests.race.conftest import SP, Race

CLIENTS = 50
LOGINS = 2_000


@pytest.mark.slow
@pytest.mark.alone
def test_s30_every_answer_is_about_the_person_who_typed_the_password(race: Race, tmp_path: Path) -> None:
    with serving(tmp_path, race.slapd, SP, workers=4, threads=8) as site:
        crowd = Crowd(
            site.port, SP, site.certificate_pem, race.accounts, "password", CLIENTS, check_one_in=5, look_at_all=True
        )

        tally = drive(crowd, LOGINS)

        assert tally.problems == []
        assert len(tally.seconds) == LOGINS
        assert tally.checked == LOGINS // 5
        events = site.accepted()
        assert len(events) == LOGINS
        assert len({event["assertion_id"] for event in events}) == LOGINS
