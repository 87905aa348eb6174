"""A folder of metadata and the index beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.federation.index import Federation
from idp.federation.refresh import RefreshReport, refresh
from idp.settings.model import Metadata

NOW = datetime(2026, 11, 24, 9, 0, 0, tzinfo=UTC)


@dataclass
class Desk:
    """Where an administrator drops files; the time of its refreshes is long after every file's own."""

    settings: Metadata
    now: datetime

    @property
    def folder(self) -> Path:
        return self.settings.folder

    def drop(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def refresh(self) -> RefreshReport:
        return refresh(self.settings, self.now)

    def federation(self) -> Federation:
        return Federation(self.settings.index, lambda: self.now)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "metadata"
    folder.mkdir()
    settings = Metadata(folder=folder, index=tmp_path / "state" / "metadata.sqlite")
    return Desk(settings, datetime.now(UTC) + timedelta(days=1))
