"""The page of the code by mail. Who has no address that may be written to sees the same page as everybody (E-05)."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from idp.plugin import Ask, Code, Outcome, Problem, Proof, Proved, Subject, Tools, Visit, Wrong
from plugins.mailcode import codes
from plugins.mailcode.address import ENTRY_CHANGED, Verdict, judge, mask
from plugins.mailcode.codes import Judgement
from plugins.mailcode.settings import MailCodeSettings

NOT_SENT = b"-"
"""The state of a step at which no code could be sent any more."""
PROBLEMS = {Judgement.WRONG: Code.WRONG_MAIL_CODE, Judgement.SPENT: Code.MAIL_CODE_SPENT}
SECONDS_A_MINUTE = 60


class MailCodeMethod:
    """Sends a code when its page is shown first, and another one on demand."""

    def __init__(self, settings: MailCodeSettings) -> None:
        self._settings = settings

    @property
    def reads(self) -> Sequence[str]:
        """The attributes that tell how old an address is."""
        return (*ENTRY_CHANGED, *self._settings.own_attributes, *filter(None, [self._settings.changed_attribute]))

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Show the page; nothing is sent."""
        return self._ask(visit, tools)

    def announce(self, visit: Visit, tools: Tools) -> Outcome:
        """Send the first code of this step."""
        return self._send(visit, tools)

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Judge the code, or send another one. The code before stays good until the next is sent."""
        if visit.event == "again":
            return self._send(visit, tools)
        ask = self._ask(visit, tools)
        typed = "".join(unicodedata.normalize("NFKC", visit.form.get("mailcode", "")).split())
        if not typed:
            return replace(ask, problem=Code.CODE_EMPTY)
        if not (typed.isascii() and typed.isdigit()):
            return replace(ask, problem=Code.CODE_FORMAT)
        if visit.subject is None or visit.state in {b"", NOT_SENT}:
            return Wrong(Code.WRONG_MAIL_CODE, ask)
        entered = codes.Code(visit.state.decode("ascii"), typed)
        address = tools.letters.address(visit.subject)
        judgement = codes.judge(entered, visit, visit.subject, address, self._settings, tools)
        if judgement is Judgement.RIGHT:
            return Proved(visit.subject, Proof("mailcode", frozenset(), tools.now))
        return Wrong(PROBLEMS[judgement], ask)

    def verdict(self, subject: Subject, tools: Tools) -> Verdict:
        """Say whether codes may go to a person's recovery address, for the help desk. Raises DependencyError."""
        return judge(subject, tools.letters.address(subject), self._settings, tools)

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Say that a site without a recovery address writes to nobody."""
        if tools.letters.attribute:
            return ()
        remedy = "Set mail.recovery_attribute to one that people cannot write, or take mailcode from the ways"
        return (Problem("idp.toml", "plugins.mailcode", "no attribute has people's recovery addresses", remedy),)

    def _send(self, visit: Visit, tools: Tools) -> Ask:
        """Send a code, or seem to; the limits hold for everybody.

        Raises DependencyError: where the letter cannot be kept nothing falls through (E-08).
        """
        subject, settings = visit.subject, self._settings
        if subject is None:
            return replace(self._ask(visit, tools), state=NOT_SENT)
        wait = self._count(subject, tools)
        if wait is not None:
            ask = self._ask(visit, tools)
            values = {**ask.values, "wait": str(wait)}
            return replace(ask, values=values, problem=Code.TOO_MANY_MAIL_CODES, state=visit.state or NOT_SENT)
        address = tools.letters.address(subject)
        is_usable = self.verdict(subject, tools) is Verdict.USABLE
        if len(visit.state) > len(NOT_SENT):
            tools.moments.take(visit.state.decode("ascii"))
        code = codes.new_code(visit, subject, address, settings, tools)
        values = {"code": code.digits, "minutes": str(settings.minutes)}
        tools.letters.send(subject, "code", values, visit.language, really=is_usable)
        return replace(self._ask(visit, tools), state=code.key.encode("ascii"))

    def _count(self, subject: Subject, tools: Tools) -> int | None:
        """Count one more code, for the person and for all (E-02, E-05); minutes to wait where there are too many."""
        settings = self._settings
        limits = (
            (f"sent:{subject.id}", settings.codes, timedelta(hours=settings.codes_hours)),
            ("sent", settings.most_an_hour, timedelta(hours=1)),
        )
        for name, most, time in limits:
            count = tools.moments.add(name, 1, time)
            if count.value > most:
                tools.moments.add(name, -1, time)
                if name == "sent":
                    tools.alarm(f"more than {most} codes by mail in an hour")
                return max(1, -(-int((count.expires - tools.now).total_seconds()) // SECONDS_A_MINUTE))
        return None

    def _ask(self, visit: Visit, tools: Tools) -> Ask:
        address = tools.letters.address(visit.subject) if visit.subject is not None else ""
        values = {
            "username": visit.subject.username if visit.subject is not None else "",
            "address": mask(address),
            "minutes": str(self._settings.minutes),
            "digits": str(self._settings.digits),
            "wait": "",
        }
        return Ask("mailcode", values, state=visit.state)
