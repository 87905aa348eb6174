"""The answer to a service provider: what it may see, written, signed, recorded, and only then sent."""

from dataclasses import replace
from datetime import datetime, timedelta

from flask import Response

from idp.attributes.name_id import transient_name_id
from idp.attributes.release import release
from idp.attributes.resolve import Resolved, resolve
from idp.core.codes import Code
from idp.core.errors import ProtocolError, StatusError
from idp.core.subject import Subject
from idp.directory import AccountState
from idp.federation.service_provider import ServiceProvider
from idp.flow.conversation import Held
from idp.flow.participation import Participation, session_index_of
from idp.flow.policy import counting
from idp.flow.session import Session, new_line, reference_of
from idp.flow.step import Reached
from idp.saml.answer import IssuedResponse, Recipient, Statement
from idp.saml.encryption_choice import choose_encryption
from idp.saml.model import AuthnRequest
from idp.saml.signature_choice import choose_signature
from idp.settings.model import ServiceProvider as ServiceProviderSettings
from idp.web.audit_event import answered, refused
from idp.web.cookies import set_session
from idp.web.logins import note_login
from idp.web.pages import post_page
from idp.web.refusing import refusal_here
from idp.web.site import Site
from idp.web.visitor import Visitor
from idp.xml.algorithms import DataEncryption
from idp.xml.encrypt import EncryptionChoice

FRESH_LOGIN = timedelta(seconds=1)
"""After a login the account is looked at anew, whatever was read before it (security.md T-08)."""
AS_SHIPPED = ServiceProviderSettings(entity_id="")
"""For a service provider that the configuration does not name."""
NETWORK_SOURCE = "warifu:network"
"""The source of an attribute that tells the network's name; for the confirmation service provider."""


def is_welcome(site: Site, reached: Reached, visitor: Visitor) -> bool:
    """Say whether the account is active: read again when older than a minute, or at once after a login."""
    oldest = None if reached.reused else visitor.now - FRESH_LOGIN
    return site.directory.person(reached.subject, read_since=oldest).state is AccountState.ACTIVE


def answer_success(
    site: Site,
    held: Held,
    authn_request: AuthnRequest,
    reached: Reached,
    session: Session | None,
    visitor: Visitor,
) -> Response:
    """Send the assertion. It is recorded before it leaves; without a record nothing leaves (design 3)."""
    try:
        resolved = _resolved(site, reached.subject, visitor.network)
        statement = _statement(site, held, authn_request, reached, session, visitor, resolved)
        issued = site.writer.success(_recipient(site, authn_request), statement, visitor.now)
    except StatusError as error:
        error.rule = reached.aim.rule
        return answer_error(site, held, authn_request, error, visitor)
    line = (session.line if session is not None and _is_same(session, reached) else "") or new_line()
    participation = _participation(authn_request, reached, statement, line, visitor)
    _finish(site, held, participation, statement.session_not_on_or_after)
    session_id = visitor.session_id or ""
    if not reached.reused:
        session_id = site.sessions.begin(reached.subject, reached.proofs, visitor.now, visitor.session_id, line)
        site.throttle.remember(reached.subject, visitor.browser.id, visitor.now)
    note_login(site, reached, session_id, visitor, authn_request.service_provider.entity_id)
    event = answered(held, authn_request, reached, statement, issued, visitor, reference_of(session_id))
    if resolved.dropped:
        event = replace(event, dropped_attributes=resolved.dropped + issued.dropped)
    site.audit.record(event)
    site.metrics.count("answers", status="Success", context=statement.authn_context_class)
    response = _post(site, authn_request, issued, visitor)
    if not reached.reused:
        set_session(response, session_id)
    return response


def answer_error(site: Site, held: Held, authn_request: AuthnRequest, error: StatusError, visitor: Visitor) -> Response:
    """Tell the service provider that its request cannot be met (IIP-IDP05); says nothing of the person."""
    try:
        recipient = _recipient(site, authn_request, with_encryption=False)
    except StatusError as unsignable:
        # No signature that this service provider would take: it cannot be told, the person is (IIP-MD10).
        raise ProtocolError(unsignable.code, unsignable.detail) from error
    issued = site.writer.error(recipient, error, visitor.now)
    _finish(site, held)
    site.audit.record(refused(held, authn_request, error, issued, visitor))
    if error.subject is not None:
        entity_id = authn_request.service_provider.entity_id
        refusal = replace(refusal_here(error.code, visitor), entity_id=entity_id, rule=error.rule)
        site.refusals.record(error.subject, refusal)
    site.metrics.count("answers", status=error.sub or error.top, context="")
    return _post(site, authn_request, issued, visitor)


def _post(site: Site, authn_request: AuthnRequest, issued: IssuedResponse, visitor: Visitor) -> Response:
    return post_page(site, authn_request, issued.xml, visitor)


def _finish(site: Site, held: Held, participation: Participation | None = None, until: datetime | None = None) -> None:
    if not site.conversations.finish(held, participation, until):
        raise ProtocolError(Code.REQUEST_REPLAYED, "another request of this conversation was first", reason="replay")


def _is_same(session: Session, reached: Reached) -> bool:
    return session.subject.id == reached.subject.id


def _participation(
    authn_request: AuthnRequest, reached: Reached, statement: Statement, line: str, visitor: Visitor
) -> Participation:
    entity_id = authn_request.service_provider.entity_id
    return Participation(reached.subject.id, line, entity_id, statement.name_id, visitor.now.timestamp())


def _statement(
    site: Site,
    held: Held,
    authn_request: AuthnRequest,
    reached: Reached,
    session: Session | None,
    visitor: Visitor,
    resolved: Resolved,
) -> Statement:
    context = site.policy.asserted_context(reached.aim, reached.proofs)
    # A step-up or a forced login does not put off the session's absolute end (idp/flow/session.py).
    started = session.started if session is not None and _is_same(session, reached) else visitor.now
    service_provider = authn_request.service_provider
    return Statement(
        name_id=transient_name_id(site.settings.site.entity_id, service_provider.entity_id),
        authn_context_class=context.uri,
        # Another machine's clock, or ours before it was set right, may be ahead of this moment (security.md F-08).
        authn_instant=min(visitor.now, max(proof.at for proof in counting(context, reached.proofs))),
        session_index=session_index_of(held.handle),
        session_not_on_or_after=started + timedelta(hours=site.settings.session.absolute_hours),
        attributes=release(resolved, service_provider, site.settings.release),
        address=str(visitor.address) if visitor.address else None,
    )


def _resolved(site: Site, subject: Subject, network: str) -> Resolved:
    known = {**site.directory.person(subject).attributes, NETWORK_SOURCE: (network,)}
    return resolve(site.settings.attributes, known, site.settings.site.scopes)


def _recipient(site: Site, authn_request: AuthnRequest, *, with_encryption: bool = True) -> Recipient:
    service_provider = authn_request.service_provider
    settings = site.service_provider_settings.get(service_provider.entity_id, AS_SHIPPED)
    encryption = _encryption(site, service_provider, settings) if with_encryption else None
    wants_signature = settings.sign_assertion
    return Recipient(
        entity_id=service_provider.entity_id,
        assertion_consumer_service_url=authn_request.assertion_consumer_service_url,
        in_response_to=authn_request.id,
        sign_assertion=service_provider.want_assertions_signed if wants_signature is None else wants_signature,
        encryption=encryption,
        allow_unencrypted=settings.allow_unencrypted,
        signature=choose_signature(service_provider, site.signing_key),
    )


def _encryption(
    site: Site, service_provider: ServiceProvider, settings: ServiceProviderSettings
) -> EncryptionChoice | None:
    """Give how to encrypt; None only for a service provider that has no key and was opted out of needing one."""
    try:
        return choose_encryption(
            service_provider,
            allow_cbc=settings.allow_cbc,
            default_data_algorithm=DataEncryption.named(site.settings.saml.data_encryption),
        )
    except StatusError as error:
        if error.code is Code.NO_ENCRYPTION_KEY and settings.allow_unencrypted:
            return None
        raise
