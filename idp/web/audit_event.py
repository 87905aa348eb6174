"""What the views tell the audit stream: one event a decision."""

from idp.audit import AuditEvent, Decision
from idp.core.errors import ProtocolError, StatusError
from idp.federation.service_provider import POST_BINDING
from idp.flow.conversation import Held
from idp.flow.session import Session
from idp.flow.step import Page, Reached, Stuck
from idp.saml.answer import IssuedResponse, Statement
from idp.saml.model import AuthnRequest
from idp.web.visitor import Visitor

REFERENCE_LENGTH = 16


def answered(
    held: Held,
    authn_request: AuthnRequest,
    reached: Reached,
    statement: Statement,
    issued: IssuedResponse,
    visitor: Visitor,
    session_reference: str,
) -> AuditEvent:
    """Tell of an assertion about to leave (Sirtfi TR1, TR2: user, service provider, NameID, factors, time)."""
    return AuditEvent(
        decision=Decision.ACCEPTED,
        client_address=_address(visitor),
        start_time=held.conversation.started,
        username=reached.subject.username,
        subject_id=reached.subject.id,
        entity_id=authn_request.service_provider.entity_id,
        assertion_id=issued.assertion_id or "",
        authn_context=statement.authn_context_class,
        authn_instant=statement.authn_instant,
        attributes=tuple(attribute.id for attribute in statement.attributes),
        dropped_attributes=issued.dropped,
        name_id=statement.name_id.value if statement.name_id else "",
        name_id_format=statement.name_id.format if statement.name_id else "",
        reused=reached.reused,
        request_signed=authn_request.signed,
        encryption_algorithm=issued.encryption_algorithm or "",
        request_binding=authn_request.binding,
        response_binding=POST_BINDING,
        status="Success",
        session_reference=session_reference,
        user_agent=visitor.user_agent,
        methods=tuple(proof.method for proof in reached.proofs),
        network=visitor.network,
        rule=reached.aim.rule,
        conversation=_reference(held),
    )


def refused(
    held: Held, authn_request: AuthnRequest, error: StatusError, issued: IssuedResponse, visitor: Visitor
) -> AuditEvent:
    """Tell of a request that the service provider is told cannot be met."""
    return AuditEvent(
        decision=Decision.REFUSED,
        client_address=_address(visitor),
        start_time=held.conversation.started,
        entity_id=authn_request.service_provider.entity_id,
        request_signed=authn_request.signed,
        request_binding=authn_request.binding,
        response_binding=POST_BINDING,
        event=error.code.name,
        status=error.top,
        sub_status=error.sub or "",
        user_agent=visitor.user_agent,
        code=error.code,
        reason=error.detail,
        network=visitor.network,
        rule=error.rule,
        conversation=_reference(held),
    )


def judged(held: Held, authn_request: AuthnRequest, step: Page | Stuck, visitor: Visitor) -> AuditEvent:
    """Tell of a method's refusal: a wrong password or code, a budget spent, nothing left to try."""
    code = step.problem if isinstance(step, Page) else step.code
    # What names no entry is not written down, for people type passwords there by mistake.
    subject = step.claimed or step.conversation.subject
    return AuditEvent(
        decision=Decision.WRONG if isinstance(step, Page) else Decision.REFUSED,
        client_address=_address(visitor),
        start_time=held.conversation.started,
        username=subject.username if subject else "",
        subject_id=subject.id if subject else "",
        entity_id=authn_request.service_provider.entity_id,
        request_binding=authn_request.binding,
        event=code.name if code else "",
        user_agent=visitor.user_agent,
        code=code,
        methods=(step.attempted,),
        network=visitor.network,
        rule=step.rule,
        conversation=_reference(held),
    )


def rejected(error: ProtocolError, visitor: Visitor, path: str, reference: str) -> AuditEvent:
    """Tell of a message that was not believed; nothing of its content is repeated."""
    return AuditEvent(
        decision=Decision.REFUSED,
        client_address=_address(visitor),
        event=error.code.name,
        user_agent=visitor.user_agent,
        code=error.code,
        reason=f"{error.reason} at {path}: {error.detail}",
        network=visitor.network,
        conversation=reference,
    )


def logged_out(session: Session, session_reference: str, visitor: Visitor) -> AuditEvent:
    """Tell of a local logout."""
    return AuditEvent(
        decision=Decision.LOGGED_OUT,
        client_address=_address(visitor),
        username=session.subject.username,
        subject_id=session.subject.id,
        event="LOGOUT",
        status="Success",
        session_reference=session_reference,
        user_agent=visitor.user_agent,
        network=visitor.network,
    )


def _address(visitor: Visitor) -> str:
    return str(visitor.address) if visitor.address else ""


def _reference(held: Held) -> str:
    return held.handle[:REFERENCE_LENGTH]
