"""The log of the process: structured events as lines of JSON, in a file or on standard error, without secrets."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Protocol

import structlog

from idp.audit.errors import format_exception
from idp.audit.file import AppendedFile
from idp.audit.lines import printable
from idp.audit.redaction import quieten, redact
from idp.core.clock import Clock, instant, system_clock
from idp.settings.model import Audit

OURS = ("idp", "plugins")
FOREIGN_LEVEL = logging.WARNING
"""Libraries tell of their inside, messages and secrets included, below this (security.md T-30)."""


class Logger(Protocol):
    """A process logger: an event named in snake case, its facts as fields."""

    def debug(self, event: str, **fields: object) -> object:
        """Tell what helps to find a fault."""

    def info(self, event: str, **fields: object) -> object:
        """Tell what happened."""

    def warning(self, event: str, **fields: object) -> object:
        """Tell what an operator should look at some day."""

    def error(self, event: str, **fields: object) -> object:
        """Tell what an operator should look at now."""

    def exception(self, event: str, **fields: object) -> object:
        """Tell of the exception being handled: where it came from, without its words or values (T-30)."""


def logger(name: str) -> Logger:
    """Give the process logger of a module, called with `__name__`; it may be asked for before `process_logger`."""
    made: Logger = structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            redact,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        cache_logger_on_first_use=True,
    )
    return made


def process_logger(settings: Audit, clock: Clock = system_clock) -> Logger:
    """Set up the log of this process and give the logger `idp`; a second call takes the place of the first.

    Ours write from `settings.level` on, libraries never below WARNING. What cannot be written to `settings.process_log`
    goes to standard error.
    """
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, LineHandler)]:
        root.removeHandler(handler)
        handler.close()
    handler = LineHandler(AppendedFile(settings.process_log) if settings.process_log else None)
    handler.setFormatter(_formatter(clock))
    root.addHandler(handler)
    root.setLevel(FOREIGN_LEVEL)
    for name in OURS:
        logging.getLogger(name).setLevel(settings.level)
    return logger("idp")


class LineHandler(logging.Handler):
    """Writes each record as one line to a file that may be rotated, or to standard error."""

    def __init__(self, file: AppendedFile | None) -> None:
        super().__init__()
        self._file = file

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; never raises, and shows nothing of a record that cannot be written as a line."""
        try:
            line = printable(self.format(record)) + "\n"
        except Exception as error:  # noqa: BLE001 - the log must not break what it tells of
            line = f'{{"level":"error","event":"log_line_failed","logger":"idp","error":"{type(error).__name__}"}}\n'
        try:
            if self._file is not None:
                self._file.append(line.encode("utf-8", "backslashreplace"))
                return
        except OSError:
            pass
        sys.stderr.write(line)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        super().close()


def _formatter(clock: Clock) -> logging.Formatter:
    def add_time(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"time": instant(clock()), **event}

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level, quieten],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            add_time,
            format_exception,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
