"""No letter is lost, whatever falls down between; F-15: a mail server that is down or slow holds up letters alone."""

import socket
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.mail import server as server_module
from idp.mail.outbox import GIVEN_UP_AFTER, HELD_FOR, LEASE, MOST_IN_A_ROUND
from tests.mail.conftest import OpenPost, Post
from tests.parts.shim import Shim
from tests.parts.smtp import PostOffice

KILLED_SENDER = """
import os, sys
from pathlib import Path
from idp.audit import logger
from idp.mail import Outbox, Writer
from idp.mail.server import Conversation, MailServer
from idp.metrics import Metrics
from idp.settings.model import Mail
from idp.store import Letters
from tests.parts.site import Clock

given = {"server": "127.0.0.1", "port": int(sys.argv[2]), "tls": "none", "from": "noreply@example.ac.jp"}
mail = Mail.model_validate(given)
folder = Path(sys.argv[1])
letters = Letters(folder / "records.sqlite")
letters.remove = lambda message_id: os.kill(os.getpid(), 9)
outbox = Outbox(letters, MailServer(mail, None, "x"), Writer(mail.sender, {}), logger("idp"), Metrics(folder / "m"))
outbox.deliver(Clock())
"""


def test_a_letter_is_sent_once_and_no_more_kept(post: Post, office: PostOffice) -> None:
    post.post()
    assert post.waiting == 1

    post.deliver()
    post.deliver()

    assert (len(office.received), post.waiting) == (1, 0)
    assert post.metric('letters_total{result="queued"}') == post.metric('letters_total{result="sent"}') == 1


def test_a_notice_survives_kill_9_of_the_sender(post: Post, office: PostOffice, tmp_path: Path) -> None:
    message_id = post.post()

    killed = subprocess.run([sys.executable, "-c", KILLED_SENDER, str(tmp_path), str(office.port)], check=False)
    assert killed.returncode == -9
    assert (len(office.received), post.waiting) == (1, 1)
    post.deliver()
    assert len(office.received) == 1
    post.clock.advance(seconds=LEASE.total_seconds())
    post.deliver()

    assert [each.message["Message-ID"] for each in office.received] == [message_id, message_id]
    assert post.waiting == 0


def test_several_senders_send_each_letter_once(open_post: OpenPost, office: PostOffice) -> None:
    senders = [open_post(office) for _ in range(4)]
    wanted = {senders[0].post() for _ in range(40)}

    threads = [threading.Thread(target=each.deliver) for each in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sent = [str(each.message["Message-ID"]) for each in office.received]
    assert (sorted(sent), senders[0].waiting) == (sorted(wanted), 0)


def test_f15_letters_wait_for_a_server_that_is_down(open_post: OpenPost, office: PostOffice) -> None:
    office.stop()
    post = open_post(office)
    for _ in range(3):
        post.post()
    post.deliver()
    post.clock.advance(days=5)
    post.deliver()
    assert post.waiting == 3

    office.start()
    post.deliver()
    assert post.waiting == 3, "it was asked again at once"
    post.clock.advance(minutes=1)
    post.deliver()

    assert (len(office.received), post.waiting) == (3, 0)
    assert len(post.logged("mail_server_away")) == 1
    assert len(post.logged("mail_server_back")) == 1
    assert post.metric('failures_total{code="D501"}') == 2


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("RCPT", "450 4.2.0 greylisted"),
        ("DATA", "451 4.3.0 try later"),
        ("DATA", "554 5.7.1 not from you"),
        ("RCPT", "550 5.7.1 relaying denied"),
    ],
)
def test_what_is_not_taken_is_tried_again_ever_more_rarely(
    post: Post, office: PostOffice, command: str, answer: str
) -> None:
    office.answers[command] = answer
    post.post()
    for minutes in (0, 1, 2, 4, 8, 16, 32, 60, 60):
        before = office.tried
        post.clock.advance(seconds=minutes * 60 - 1)
        post.deliver()
        assert office.tried == before
        post.clock.advance(seconds=1)
        post.deliver()
        assert office.tried == before + 1
    office.answers.clear()
    post.clock.advance(minutes=60)

    post.deliver()

    assert (len(office.received), post.waiting) == (1, 0)


def test_after_three_days_a_letter_is_given_up_with_an_alarm(post: Post, office: PostOffice) -> None:
    office.answers["DATA"] = "451 4.3.0 try later"
    message_id = post.post()
    while post.waiting:
        assert post.clock() < post.clock.__class__().now + GIVEN_UP_AFTER + timedelta(hours=1)
        post.deliver()
        post.clock.advance(minutes=30)

    (alarm,) = post.logged("alarm")
    assert (alarm["message_id"], alarm["username"], alarm["level"]) == (message_id, "bob", "error")
    assert post.metric('letters_total{result="given-up"}') == 1
    assert post.clock() >= post.clock.__class__().now + GIVEN_UP_AFTER


def test_a_mailbox_that_is_not_there_is_given_up_at_once(post: Post, office: PostOffice) -> None:
    office.answers["RCPT"] = "550 5.1.1 no such user"
    post.post()

    post.deliver()

    assert post.waiting == 0
    assert "no such user" in str(post.logged("alarm")[0]["detail"])


def test_one_letter_that_is_not_taken_holds_up_no_other(post: Post, office: PostOffice) -> None:
    office.answers["DATA"] = "451 4.3.0 try later"
    post.post()
    post.deliver()
    office.answers.clear()
    post.post()

    post.deliver()

    assert (len(office.received), post.waiting) == (1, 1)


def test_f15_a_server_that_says_nothing_is_left(open_post: OpenPost, office: PostOffice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_office = PostOffice(port=silent.getsockname()[1])
        post = open_post(silent_office, timeout_seconds=0.2)
        post.post()
        post.deliver()

    assert post.waiting == 1
    assert len(post.logged("mail_server_away")) == 1


def test_f15_a_server_that_drips_is_left(open_post: OpenPost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "DEADLINE_SECONDS", 0.5)
    cut_off = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as dripping:
        post = open_post(PostOffice(port=dripping.getsockname()[1]), timeout_seconds=5.0)
        post.post()
        drips = threading.Thread(target=_drip, args=[dripping, cut_off])
        drips.start()
        post.deliver()
        drips.join()

    assert cut_off.is_set()
    assert post.waiting == 1
    assert len(post.logged("mail_server_away")) == 1


def _drip(server: socket.socket, cut_off: threading.Event) -> None:
    """Greet for five seconds, a letter at a time."""
    connection, _ = server.accept()
    with connection:
        for _ in range(100):
            threading.Event().wait(0.05)
            try:
                connection.sendall(b"2")
            except OSError:
                cut_off.set()
                return


def test_f15_a_server_killed_half_way_gets_the_letter_again(open_post: OpenPost, office: PostOffice) -> None:
    post = open_post(office, timeout_seconds=5.0)
    shim = Shim(("127.0.0.1", office.port))
    halfway = open_post(PostOffice(port=shim.port), timeout_seconds=5.0)
    office.on_letter = shim.refuse
    message_id = halfway.post()
    halfway.deliver()
    shim.close()
    assert (len(office.received), post.waiting) == (1, 1)
    office.on_letter = None
    post.clock.advance(minutes=1)
    post.deliver()

    assert {str(each.message["Message-ID"]) for each in office.received} == {message_id}
    assert (len(office.received), post.waiting) == (2, 0)


def test_a_letter_that_is_held_is_sent_when_it_is_released(post: Post, office: PostOffice) -> None:
    message_id = post.post(hold=True)
    post.deliver()
    assert office.received == []

    post.outbox.release(message_id, post.clock())
    post.deliver()

    assert len(office.received) == 1


def test_a_letter_that_nobody_released_is_sent_a_little_later(post: Post, office: PostOffice) -> None:
    post.post(hold=True)
    post.clock.advance(seconds=HELD_FOR.total_seconds())

    post.deliver()

    assert len(office.received) == 1


def test_a_letter_that_is_on_its_way_is_not_released_to_a_second_sender(post: Post) -> None:
    message_id = post.post(hold=True)
    post.clock.advance(seconds=HELD_FOR.total_seconds())
    assert post.letters.claim(post.clock(), LEASE) is not None

    post.outbox.release(message_id, post.clock())

    assert post.letters.claim(post.clock(), LEASE) is None


def test_a_letter_taken_back_is_not_sent(post: Post, office: PostOffice) -> None:
    post.outbox.withdraw(post.post(hold=True))
    post.clock.advance(hours=1)

    post.deliver()

    assert (office.received, post.waiting) == ([], 0)


def test_a_round_has_an_end(post: Post, office: PostOffice) -> None:
    for _ in range(MOST_IN_A_ROUND + 1):
        post.post()

    post.deliver()

    assert (len(office.received), post.waiting) == (MOST_IN_A_ROUND, 1)


def test_what_waits_and_how_long_is_measured(post: Post, office: PostOffice) -> None:
    office.answers["DATA"] = "451 4.3.0 try later"
    post.post()
    post.post()
    post.clock.advance(minutes=10)

    post.deliver()

    assert post.metric("letters_waiting") == 2
    assert post.metric("letters_oldest_seconds") == 600
    assert post.metric('letters_total{result="put-back"}') == 2


def test_a_letter_that_cannot_be_kept_is_a_failure(post: Post, tmp_path: Path) -> None:
    for name in ("records.sqlite-wal", "records.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "records.sqlite").write_bytes(b"not a database " * 1000)

    with pytest.raises(DependencyError) as raised:
        post.post()

    assert raised.value.code is Code.RECORDS_DOWN


def test_letters_are_nobody_elses_to_read(post: Post, tmp_path: Path) -> None:
    post.post()

    assert (tmp_path / "records.sqlite").stat().st_mode & 0o777 == 0o600
    assert post.letters.check() == []
    (tmp_path / "records.sqlite").chmod(0o644)
    assert ["open to other users" in problem.what for problem in post.letters.check()] == [True]


def test_letters_are_on_the_disk_before_the_change_is_made(post: Post) -> None:
    connection = post.letters._connections.mine()

    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
