"""What the help desk does, as the audit log has it: who, to whom, what, why (Sirtfi TR1, security.md X-10)."""

from idp.audit import AuditEvent, Decision
from idp.core.codes import Code
from idp.core.subject import Subject
from idp.flow.session import reference_of
from idp.web.site import Site
from idp.web.visitor import Visitor


def record(
    site: Site,
    event: str,
    decision: Decision,
    staff: Subject,
    visitor: Visitor,
    *,
    person: Subject | None = None,
    about: tuple[str, str, Code | None] = ("", "", None),
) -> None:
    """Write down an act of `staff`; `about` is the method, the reason given, and why not. Raises DependencyError."""
    method, reason, code = about
    site.audit.record(
        AuditEvent(
            decision=decision,
            client_address=str(visitor.address) if visitor.address else "",
            username=person.username if person is not None else "",
            subject_id=person.id if person is not None else "",
            event=f"HELPDESK_{event}".upper(),
            session_reference=reference_of(visitor.session_id or ""),
            user_agent=visitor.user_agent,
            code=code,
            reason=reason,
            actor=staff.username,
            methods=(method,) if method else (),
            network=visitor.network,
        )
    )
