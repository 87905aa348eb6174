"""An outbox over a file of the test's own and a real mail server; the clock is turned by hand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from idp.audit import process_logger
from idp.core.secret import Secret
from idp.mail import Letter, Outbox, Writer
from idp.mail.server import MailServer
from idp.metrics import Metrics
from idp.settings.model import Audit, Mail
from idp.store import Letters
from tests.parts.site import Clock
from tests.parts.smtp import PASSWORD, USERNAME, PostOffice

LETTER = Letter("bob@example.ac.jp", "【例示大学】登録されました", "bob 様\n\nお使いのアカウント\n", "ja")
NAMES = {"ja": "例示大学", "en": "Example University"}


@dataclass
class Post:
    """An outbox and what may be asked of its surroundings."""

    outbox: Outbox
    letters: Letters
    clock: Clock
    metrics: Metrics
    log_file: Path

    def post(self, letter: Letter = LETTER, **options: bool) -> str:
        return self.outbox.post(letter, self.clock(), "bob", **options)

    def deliver(self) -> None:
        self.outbox.deliver(self.clock)

    @property
    def waiting(self) -> int:
        return self.letters.waiting().count

    def logged(self, event: str) -> list[dict[str, object]]:
        lines = self.log_file.read_text().splitlines() if self.log_file.exists() else []
        return [line for line in map(json.loads, lines) if line["event"] == event]

    def metric(self, sample: str) -> float:
        found = [line for line in self.metrics.render().decode().splitlines() if line.startswith(f"warifu_{sample} ")]
        return float(found[0].rsplit(" ", 1)[1]) if found else 0.0


OpenPost = Callable[..., Post]


@pytest.fixture
def open_post(tmp_path: Path) -> Iterator[OpenPost]:
    """Gives a function that opens an outbox for a server; what is named changes `[mail]`."""
    clock = Clock()
    metrics = Metrics(tmp_path / "metrics")
    log_file = tmp_path / "process.log"
    log = process_logger(Audit(log=tmp_path / "audit.log", process_log=log_file))

    def open_(office: PostOffice, **changed: object) -> Post:
        given = {"server": "127.0.0.1", "port": office.port, "tls": "none", "from": "noreply@example.ac.jp", **changed}
        mail = Mail.model_validate(given)
        letters = Letters(tmp_path / "records.sqlite")
        password = Secret(PASSWORD.encode()) if mail.username else None
        server = MailServer(mail, password, "idp.example.ac.jp")
        writer = Writer(mail.sender, NAMES, mail.reply_to or "")
        return Post(Outbox(letters, server, writer, log, metrics), letters, clock, metrics, log_file)

    yield open_
    metrics.close()
    process_logger(Audit(log=tmp_path / "audit.log"))


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as running:
        yield running


@pytest.fixture
def post(open_post: OpenPost, office: PostOffice) -> Post:
    return open_post(office)


LOGIN = {"username": USERNAME, "password_file": "unused"}
