"""What the views tell the audit stream: one event a decision."""

from dataclasses import replace

from idp.audit import AuditEvent, Decision
from idp.core.codes import Code
from idp.core.errors import ProtocolError, StatusError
from idp.core.subject import Subject
from idp.federation.service_provider import POST_BINDING
from idp.flow.conversation import Held
from idp.flow.errand import Deed
from idp.flow.logout import Outcome
from idp.flow.participation import Participation
from idp.flow.session import Session, reference_of
from idp.flow.step import Page, Reached, Stuck
from idp.plugin import Binding
from idp.saml.answer import IssuedResponse, Statement
from idp.saml.logout import LogoutRequest
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
        username=error.subject.username if error.subject is not None else "",
        subject_id=error.subject.id if error.subject is not None else "",
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


def judged(held: Held, authn_request: AuthnRequest | None, step: Page | Stuck, visitor: Visitor) -> AuditEvent:
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
        entity_id=authn_request.service_provider.entity_id if authn_request is not None else "",
        request_binding=authn_request.binding if authn_request is not None else "",
        event=code.name if code else "",
        user_agent=visitor.user_agent,
        code=code,
        methods=(step.attempted,),
        network=visitor.network,
        rule=step.rule,
        conversation=_reference(held),
    )


def logged_in(held: Held, reached: Reached, visitor: Visitor, session_reference: str) -> AuditEvent:
    """Tell of a login to the person's own account page: no service provider learns of it."""
    return replace(
        _errand(Decision.ACCEPTED, "ACCOUNT", held, reached, visitor),
        reused=reached.reused,
        status="Success",
        session_reference=session_reference,
    )


def enrolled(
    decision: Decision,
    held: Held,
    reached: Reached,
    deed: Deed,
    binding: Binding,
    visitor: Visitor,
    code: Code | None = None,
) -> AuditEvent:
    """Tell of a registration, a replacement or a reset: by which rule, from where, after which proofs, how bound."""
    event = _errand(decision, deed.name, held, reached, visitor)
    return replace(event, binding=binding.value, code=code)


def untried(held: Held, code: Code, visitor: Visitor, rule: str = "") -> AuditEvent:
    """Tell of a form that registered nothing: a wrong code, or a rule that refuses."""
    conversation = held.conversation
    subject = conversation.subject
    return AuditEvent(
        decision=Decision.REFUSED if rule else Decision.WRONG,
        client_address=_address(visitor),
        start_time=conversation.started,
        username=subject.username if subject else "",
        subject_id=subject.id if subject else "",
        event=code.name,
        user_agent=visitor.user_agent,
        code=code,
        methods=(conversation.errand.method,) if conversation.errand is not None else (),
        network=visitor.network,
        rule=rule,
        conversation=_reference(held),
    )


def _errand(decision: Decision, event: str, held: Held, reached: Reached, visitor: Visitor) -> AuditEvent:
    return AuditEvent(
        decision=decision,
        client_address=_address(visitor),
        start_time=held.conversation.started,
        username=reached.subject.username,
        subject_id=reached.subject.id,
        event=event,
        user_agent=visitor.user_agent,
        methods=tuple(proof.method for proof in reached.proofs),
        network=visitor.network,
        rule=reached.aim.rule,
        reason=held.conversation.errand.method if held.conversation.errand is not None else "",
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


def logged_out_by_service(
    logout_request: LogoutRequest, participation: Participation, session: Session | None, visitor: Visitor
) -> AuditEvent:
    """Tell of a logout that a service provider asked for; without a session it was over already."""
    return AuditEvent(
        decision=Decision.LOGGED_OUT,
        client_address=_address(visitor),
        username=session.subject.username if session is not None else "",
        subject_id=participation.person,
        entity_id=logout_request.service_provider.entity_id,
        name_id=logout_request.name_id.value,
        name_id_format=logout_request.name_id.format,
        request_signed=True,
        request_binding=logout_request.binding,
        event="LOGOUT_REQUEST",
        status="Success",
        user_agent=visitor.user_agent,
        network=visitor.network,
        reason="" if session is not None else "the session was over already",
    )


def logout_refused(logout_request: LogoutRequest, visitor: Visitor) -> AuditEvent:
    """Tell of a service provider's request for a session that it does not have."""
    return AuditEvent(
        decision=Decision.REFUSED,
        client_address=_address(visitor),
        entity_id=logout_request.service_provider.entity_id,
        request_signed=True,
        request_binding=logout_request.binding,
        event="LOGOUT_REQUEST",
        status="Requester",
        sub_status="UnknownPrincipal",
        user_agent=visitor.user_agent,
        network=visitor.network,
        reason="no session by that name and index at this service provider",
    )


def logout_told(entity_id: str, outcome: Outcome, visitor: Visitor) -> AuditEvent:
    """Tell what one service provider answered when it was told of a logout."""
    ended = outcome is Outcome.ENDED
    return AuditEvent(
        decision=Decision.LOGGED_OUT if ended else Decision.FAILED,
        client_address=_address(visitor),
        entity_id=entity_id,
        event="LOGOUT_TOLD",
        status="Success" if ended else "",
        reason=outcome.value,
        user_agent=visitor.user_agent,
        network=visitor.network,
    )


def trust_changed(subject: Subject, visitor: Visitor, event: str, reason: str) -> AuditEvent:
    """Tell that a person trusts a browser, or does no more."""
    return AuditEvent(
        decision=Decision.CHANGED,
        client_address=_address(visitor),
        username=subject.username,
        subject_id=subject.id,
        event=event,
        user_agent=visitor.user_agent,
        network=visitor.network,
        reason=reason,
    )


def ended_others(session: Session, visitor: Visitor, count: int) -> AuditEvent:
    """Tell that a person ended their logins in other browsers."""
    reference = reference_of(visitor.session_id or "")
    return replace(logged_out(session, reference, visitor), event="LOGOUT_OTHERS", reason=f"{count} ended")


def _address(visitor: Visitor) -> str:
    return str(visitor.address) if visitor.address else ""


def _reference(held: Held) -> str:
    return held.handle[:REFERENCE_LENGTH]
