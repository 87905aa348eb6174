"""What was decided and why, written so that nobody can forge it; and the log of the process itself."""

from idp.audit.errors import describe
from idp.audit.event import AuditEvent, Decision
from idp.audit.log import AuditLog
from idp.audit.process import Logger, logger, process_logger

__all__ = ["AuditEvent", "AuditLog", "Decision", "Logger", "describe", "logger", "process_logger"]
