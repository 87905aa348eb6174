"""How each source does: what an operator is told of before service providers are lost (security.md M-03, F-11)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idp.federation.backing import Backing
from idp.federation.refresh import RefreshReport
from idp.settings.model import Metadata

WARNED_BEFORE = (timedelta(hours=24), timedelta(hours=72))
"""An alarm is raised when a document has no longer to go than this; the shortest that fits is named."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source of `[[metadata.sources]]`. Moments are None where nobody said them.

    `valid_until` is the earliest of its documents, `confirmed` when the server last said that we have what there is.
    """

    name: str
    documents: int
    issued: datetime | None
    valid_until: datetime | None
    confirmed: datetime | None
    problem: str

    def ending(self, now: datetime) -> str:
        """Say that it has ended or soon will; the same words until the next step is reached, empty before."""
        if self.valid_until is None:
            return ""
        left = self.valid_until - now
        if left <= timedelta(0):
            return f"{self.name}: it has ended {self.valid_until:%F %R} UTC; its service providers are not served"
        for before in WARNED_BEFORE:
            if left <= before:
                hours = int(before.total_seconds()) // 3600
                return f"{self.name}: it ends {self.valid_until:%F %R} UTC, in less than {hours} hours"
        return ""


def look_at_sources(metadata: Metadata, report: RefreshReport) -> list[SourceHealth]:
    """Give the health of each configured source after a refresh."""
    return [_health(metadata, number, report) for number in range(len(metadata.sources))]


def _health(metadata: Metadata, number: int, report: RefreshReport) -> SourceHealth:
    source = metadata.sources[number]
    states = [state for state in report.states if state.name.partition("/")[0] == source.name]
    problems = [str(each) for each in report.problems if each.source.partition("/")[0] == source.name]
    confirmed = Backing(metadata.fetched(source)).state().confirmed if source.is_remote else 0
    return SourceHealth(
        name=source.name,
        documents=len(states),
        issued=min((state.issued for state in states if state.issued), default=None),
        valid_until=min((state.valid_until for state in states if state.valid_until), default=None),
        confirmed=datetime.fromtimestamp(confirmed, UTC) if confirmed else None,
        problem="; ".join(problems),
    )
