"""A site over a directory of the test's own, its `warifu totp` in this process, and what it wrote down."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from idp.cli.context import CommandContext
from plugins.totp.commands import commands
from tests.parts.site import Idp, make_conf
from tests.parts.slapd import RunningSlapd, own_slapd, slapd
from tests.parts.smtp import PostOffice

__all__ = ["own_slapd", "slapd"]


@dataclass
class Desk:
    """The administrator's place."""

    idp: Idp
    folder: Path

    def run(self, *arguments: str, stdin: str = "") -> Result:
        """Run `warifu totp ARGUMENTS`."""
        context = CommandContext(self.idp.conf, self.idp.site)
        return CliRunner().invoke(commands(), list(arguments), obj=context, input=stdin, catch_exceptions=False)

    def audit(self) -> list[dict[str, Any]]:
        """Give the events written down, as JSON."""
        file = self.idp.site.settings.audit.json_log
        return [json.loads(line) for line in file.read_text().splitlines()] if file and file.exists() else []

    def file(self, name: str, text: str | bytes, mode: int = 0o600) -> Path:
        """Write a file."""
        path = self.folder / name
        path.touch(mode=mode)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@pytest.fixture
def desk_with_mail(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[tuple[Desk, PostOffice]]:
    """The same at a site that writes to people, and their mail server."""
    with PostOffice() as office:
        idp = Idp.load(make_conf(tmp_path / "conf", own_slapd, mail_toml=office.toml()))
        yield Desk(idp, tmp_path), office
        idp.close()


@pytest.fixture
def desk(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[Desk]:
    idp = Idp.load(make_conf(tmp_path / "conf", own_slapd))
    yield Desk(idp, tmp_path)
    idp.close()
