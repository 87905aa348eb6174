"""Letters are kept first and sent later: at least once, in their own time, whatever falls down between (F-15).

A letter waits in a file until the server has taken it. Whoever sends claims it for LEASE; a sender that is killed
leaves it to the next, with the same Message-ID, by which mail programs know a second copy.
"""

import secrets
from datetime import datetime, timedelta

from idp.audit import Logger
from idp.core.clock import Clock
from idp.core.errors import Problem
from idp.mail.letter import Letter, Writer
from idp.mail.server import Conversation, MailServer, NotTakenError, ServerAwayError
from idp.metrics import Metrics
from idp.store import LetterRecord, Letters

LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)
HELD_FOR = timedelta(minutes=2)
"""A letter on a change that is under way is sent after this when nobody has said how it ended."""
MOST_IN_A_ROUND = 50


class Outbox:
    """What is posted is sent by `deliver`, which the refresher calls again and again."""

    def __init__(self, letters: Letters, server: MailServer, writer: Writer, log: Logger, metrics: Metrics) -> None:
        self._letters = letters
        self._server = server
        self._writer = writer
        self._log = log
        self._metrics = metrics
        self._quiet_until: datetime | None = None

    def post(self, letter: Letter, now: datetime, username: str = "", *, hold: bool = False) -> str:
        """Keep a letter to be sent, at once or, with `hold`, when it is released or HELD_FOR is over.

        Gives its Message-ID. `username` is for the log. Raises DependencyError when it cannot be kept.
        """
        message_id = f"<{secrets.token_hex(16)}@{self._writer.domain}>"
        message = self._writer.write(letter, message_id, now)
        due = now + HELD_FOR if hold else now
        self._letters.add(LetterRecord(message_id, letter.to, username, message, now, due, 0))
        self._metrics.count("letters", result="queued")
        return message_id

    def release(self, message_id: str, now: datetime) -> None:
        """Let a letter that is held go. Raises DependencyError."""
        self._letters.hasten(message_id, now)

    def withdraw(self, message_id: str) -> None:
        """Take a letter back that is not sent yet. Raises DependencyError."""
        self._letters.remove(message_id)
        self._metrics.count("letters", result="withdrawn")

    def deliver(self, clock: Clock) -> None:
        """Send what is due; where nothing is, that costs one read. Raises DependencyError of the file alone.

        A server that does not serve us is asked again after FIRST_PAUSE; the letters it was not given wait for it.
        """
        now = clock()
        waiting = self._letters.waiting()
        self._metrics.set("letters_waiting", waiting.count, now)
        age = (now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
        self._metrics.set("letters_oldest_seconds", max(0.0, age), now)
        if waiting.next_due is None or waiting.next_due > now or (self._quiet_until and now < self._quiet_until):
            return
        try:
            with self._server.conversation() as conversation:
                self._empty(conversation, clock)
        except ServerAwayError as error:
            self._wait(clock(), error)
        else:
            self._resume()

    def check(self) -> list[Problem]:
        """Give what is wrong with the file and with the server, which is asked."""
        problems = self._letters.check()
        try:
            with self._server.conversation():
                pass
        except ServerAwayError as error:
            remedy = "See that mail.server and mail.port are right, that `ca` is its authority's, and the password"
            problems.append(Problem("idp.toml", "mail.server", f"the mail server does not serve us ({error})", remedy))
        return problems

    def _empty(self, conversation: Conversation, clock: Clock) -> None:
        for _ in range(MOST_IN_A_ROUND):
            record = self._letters.claim(clock(), LEASE)
            if record is None:
                return
            try:
                conversation.send(record.recipient, record.message)
            except NotTakenError as error:
                self._put_back(record, clock(), error)
            except ServerAwayError:
                self._letters.postpone(record, clock() + _pause(record.tries))
                raise
            else:
                self._letters.remove(record.message_id)
                self._metrics.count("letters", result="sent")

    def _put_back(self, record: LetterRecord, now: datetime, error: NotTakenError) -> None:
        facts = {"message_id": record.message_id, "username": record.username, "tries": record.tries}
        if error.forever or now - record.posted >= GIVEN_UP_AFTER:
            self._letters.remove(record.message_id)
            self._metrics.count("letters", result="given-up")
            self._log.error("alarm", message="a letter was given up: a person was not told", detail=str(error), **facts)
        else:
            self._letters.postpone(record, now + _pause(record.tries))
            self._metrics.count("letters", result="put-back")
            self._log.warning("letter_not_taken", detail=str(error), **facts)

    def _wait(self, now: datetime, error: ServerAwayError) -> None:
        if self._quiet_until is None:
            self._log.error("mail_server_away", detail=error.detail)
        self._metrics.count("failures", code=error.code)
        self._quiet_until = now + FIRST_PAUSE

    def _resume(self) -> None:
        if self._quiet_until is not None:
            self._log.info("mail_server_back")
        self._quiet_until = None


def _pause(tries: int) -> timedelta:
    """Give how long to wait after so many tries: a minute, then twice as long each time, an hour at most."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 10)), LONGEST_PAUSE)
