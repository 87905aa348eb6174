"""The audit stream."""

import sys

from idp.audit.event import AuditEvent
from idp.audit.file import AppendedFile
from idp.audit.lines import json_line, shibboleth_line
from idp.audit.process import logger
from idp.core.clock import Clock
from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.settings.model import Audit


class AuditLog:
    """Writes each event as a line of Shibboleth's and, if there is a place for it, a line of JSON.

    An event is recorded before what it tells of is given away: a line may speak of an assertion that never left,
    no assertion leaves without its line.
    """

    def __init__(self, settings: Audit, clock: Clock) -> None:
        self._clock = clock
        self._required = settings.required
        self._log = AppendedFile(settings.log)
        self._json_log = AppendedFile(settings.json_log) if settings.json_log else None

    def record(self, event: AuditEvent) -> None:
        """Write an event down.

        Raises DependencyError AUDIT_DOWN if it cannot be and must be (security.md F-07); where it need not be, the
        lines go to standard error with an alarm.
        """
        now = self._clock()
        lines = [(self._log, shibboleth_line(event, now))]
        if self._json_log is not None:
            lines.append((self._json_log, json_line(event, now)))
        failure = None
        for file, line in lines:
            try:
                file.append(line)
            except OSError as error:
                failure = error
                if not self._required:
                    sys.stderr.write(line.decode())
        if failure is not None:
            self._alarm(failure)

    def record_if_possible(self, event: AuditEvent) -> None:
        """Write an event down where nothing is given away by it, such as a refusal; a failure is an alarm only."""
        try:
            self.record(event)
        except DependencyError:
            return  # the alarm was raised already

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._log, self._json_log):
            if file is not None:
                file.close()

    def _alarm(self, error: OSError) -> None:
        logger(__name__).error("audit_not_written", required=self._required, error=str(error))
        if self._required:
            raise DependencyError(Code.AUDIT_DOWN, str(error)) from error
