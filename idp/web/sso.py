"""Web Browser SSO (SAML Profiles 4.1): requests come in, a person is led through the steps, an answer goes out."""

from dataclasses import replace

from flask import Request, Response

from idp.attributes.model import TRANSIENT
from idp.core.codes import Code
from idp.core.errors import ProtocolError, StatusError
from idp.federation.service_provider import POST_BINDING
from idp.flow.conversation import Held, handle_of
from idp.flow.policy import Demand
from idp.flow.session import Session
from idp.flow.step import Advanced, Page, Reached, Sent, Stuck
from idp.plugin import CertificateEvidence
from idp.saml.codec import authn_request_from_json, authn_request_to_json, entity_id_of
from idp.saml.decode import LARGEST_BODY_OCTETS, decode_post, decode_redirect
from idp.saml.model import AuthnRequest, UnverifiedMessage
from idp.saml.supported import require_supported
from idp.saml.verify_request import verify_authn_request
from idp.web import account
from idp.web.answer import answer_error, answer_success, is_welcome
from idp.web.certificate import lead_to_certificate, place_of
from idp.web.forms import event_for, event_of, method_for, read_body, read_form, verify_origin
from idp.web.grace import grace_page, reminds
from idp.web.pages import method_page, stuck_page
from idp.web.paths import SSO_PATHS
from idp.web.refusing import record_judgement
from idp.web.site import Site
from idp.web.trusting import trust, wants_trust
from idp.web.visitor import Visitor, session_of


def receive_redirect(site: Site, request: Request, visitor: Visitor) -> Response:
    """Take an AuthnRequest by HTTP-Redirect; the same URL again resumes what is unfinished (security.md A-11, S-11)."""
    authn_request = _verify(site, decode_redirect(request.query_string), visitor)
    held = _open(site, authn_request, visitor.browser.id, visitor)
    return proceed(site, held, authn_request, visitor)


def receive_post(site: Site, request: Request, visitor: Visitor) -> Response:
    """Take an AuthnRequest by HTTP-POST and go on by a GET of ours, which alone brings the cookies (design 6)."""
    authn_request = _verify(site, decode_post(read_body(request, LARGEST_BODY_OCTETS)), visitor)
    handle = handle_of(authn_request.service_provider.entity_id, authn_request.id)
    site.conversations.announce(handle, authn_request_to_json(authn_request), visitor.now)
    return _to(SSO_PATHS[POST_BINDING], handle)


def show(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the step at which a conversation stands."""
    held = site.conversations.resume(_execution(request), visitor.browser.id, visitor.now)
    return proceed(site, held, _authn_request(site, held), visitor)


def submit(site: Site, request: Request, visitor: Visitor) -> Response:
    """Take the form of a step. A form of a step that is over changes nothing and leads to where things stand."""
    verify_origin(request, site.settings.site.base_url)
    handle = _execution(request)
    if visitor.browser.is_new:
        raise ProtocolError(Code.COOKIES_OFF, "a form came without our cookie", http_status=403)
    fields = read_form(request)
    step = site.tokens.read_step(fields.get("csrf_token", ""), handle, visitor.browser.id)
    held = site.conversations.resume(handle, visitor.browser.id, visitor.now)
    if step != held.conversation.step:
        return _to_step(request, held)
    authn_request = _authn_request(site, held)
    event = event_of(fields)
    if event == "return":
        return _go_back(site, held, authn_request, visitor)
    chosen = method_for(event)
    if chosen in site.methods and chosen != held.conversation.method:
        changed = site.conversations.change(held, site.engine.choose(held.conversation, chosen))
        return _to_step(request, changed or held)
    return _judge(site, held, authn_request, visitor, fields, event)


def come_back(site: Site, request: Request, visitor: Visitor) -> Response:
    """Take what the certificate listener saw of this browser; a receipt that is no good shows the step again."""
    held = site.conversations.resume(_execution(request), visitor.browser.id, visitor.now)
    evidence = site.tickets.redeem(request.args.get("receipt", ""), place_of(held, visitor.browser))
    if held.conversation.errand is not None:
        return account.come_back(site, held, evidence, visitor)
    authn_request = _authn_request(site, held)
    if evidence is None:
        is_at_certificate = event_for(held.conversation.method) == "certificate"
        problem = Code.CERTIFICATE_TOO_LATE if is_at_certificate else None
        return proceed(site, held, authn_request, visitor, problem)
    return _judge(site, held, authn_request, visitor, {}, "certificate", evidence)


def proceed(
    site: Site, held: Held, authn_request: AuthnRequest, visitor: Visitor, problem: Code | None = None
) -> Response:
    """Go on from where the conversation stands: a page, an answer, or an error told to the service provider.

    `problem` is what brought the person back to the page, if it has none of its own.
    """
    session = session_of(site, visitor)
    demand = _demand(authn_request, held)
    try:
        require_supported(authn_request, (TRANSIENT,))
        _require_our_subject(authn_request)
        step = site.engine.advance(held.conversation, session, demand, visitor.situation, visitor.now)
        if isinstance(step, Reached) and not is_welcome(site, step, visitor):
            # Disabled, locked or removed since: the login is over, and nothing it proved counts (design, T-08).
            site.sessions.end(visitor.session_id)
            session = None
            held = _forget(site, held)
            step = site.engine.advance(held.conversation, None, demand, visitor.situation, visitor.now)
    except StatusError as error:
        return answer_error(site, held, authn_request, error, visitor)
    if problem is not None and isinstance(step, Page) and step.method == held.conversation.method:
        step = replace(step, problem=step.problem or problem)
    return _render(site, held, authn_request, step, session, visitor)


def _go_back(site: Site, held: Held, authn_request: AuthnRequest, visitor: Visitor) -> Response:
    demand, session = _demand(authn_request, held), session_of(site, visitor)
    try:
        rule = site.engine.rule(held.conversation, session, demand, visitor.situation, visitor.now)
        raise StatusError(Code.NO_METHOD_LEFT, "Responder", "AuthnFailed", "the person went back", rule=rule)
    except StatusError as error:
        return answer_error(site, held, authn_request, error, visitor)


def _judge(
    site: Site,
    held: Held,
    authn_request: AuthnRequest,
    visitor: Visitor,
    fields: dict[str, str],
    event: str,
    certificate: CertificateEvidence | None = None,
) -> Response:
    session = session_of(site, visitor)
    demand = _demand(authn_request, held)
    conversation = held.conversation
    situation = replace(visitor.situation, certificate=certificate)
    try:
        step = site.engine.submit(conversation, session, demand, situation, fields, event, visitor.now)
    except StatusError as error:
        return answer_error(site, held, authn_request, error, visitor)
    if isinstance(step, Advanced):
        changed = site.conversations.change(held, step.conversation)
        return _to(SSO_PATHS[authn_request.binding], (changed or held).handle)
    if isinstance(step, Sent):
        return _send(site, held, authn_request, step, visitor)
    if isinstance(step, Reached) and not is_welcome(site, step, visitor):
        return proceed(site, _forget(site, held), authn_request, visitor)
    if not isinstance(step, Reached) and step.attempted:
        record_judgement(site, held, authn_request, step, visitor)
    response = _render(site, held, authn_request, step, session, visitor, event)
    if isinstance(step, Reached) and wants_trust(step, fields):
        trust(site, step, visitor, response)
    return response


def _send(site: Site, held: Held, authn_request: AuthnRequest, step: Sent, visitor: Visitor) -> Response:
    """Lead to the certificate listener from the step as the method left it."""
    if step.conversation != held.conversation:
        changed = site.conversations.change(held, step.conversation)
        if changed is None:
            return _to(SSO_PATHS[authn_request.binding], held.handle)
        held = changed
    return lead_to_certificate(site, held, visitor)


def _render(
    site: Site,
    held: Held,
    authn_request: AuthnRequest,
    step: Page | Reached | Stuck,
    session: Session | None,
    visitor: Visitor,
    event: str = "",
) -> Response:
    if isinstance(step, Reached) and not reminds(site, step, event, visitor.now):
        return answer_success(site, held, authn_request, step, session, visitor)
    if held.stored is None or step.conversation != held.conversation:
        changed = site.conversations.change(held, step.conversation)
        if changed is None:
            return _to(SSO_PATHS[authn_request.binding], held.handle)
        held = changed
    if isinstance(step, Reached):
        return grace_page(site, held, authn_request, step, visitor)
    if isinstance(step, Stuck):
        return stuck_page(site, held, authn_request, step, visitor)
    return method_page(site, held, authn_request, step, visitor)


def _verify(site: Site, unverified: UnverifiedMessage, visitor: Visitor) -> AuthnRequest:
    return verify_authn_request(unverified, find=site.federation.find, expectations=site.expectations, now=visitor.now)


def _open(site: Site, authn_request: AuthnRequest, browser_id: str, visitor: Visitor) -> Held:
    handle = handle_of(authn_request.service_provider.entity_id, authn_request.id)
    held, _ = site.conversations.open(handle, authn_request_to_json(authn_request), browser_id, visitor.now)
    return held


def _authn_request(site: Site, held: Held) -> AuthnRequest:
    data = held.conversation.request
    if held.conversation.errand is not None:
        raise ProtocolError(Code.CONVERSATION_EXPIRED, "an errand, no request", http_status=410, reason="stale")
    return authn_request_from_json(data, site.federation.find(entity_id_of(data)))


def _demand(authn_request: AuthnRequest, held: Held) -> Demand:
    requested = authn_request.requested_authn_context
    return Demand(
        service_provider=authn_request.service_provider,
        comparison=requested.comparison if requested else "exact",
        class_refs=requested.class_refs if requested else (),
        force=authn_request.force_authn,
        passive=authn_request.is_passive,
        since=held.conversation.started,
    )


def _forget(site: Site, held: Held) -> Held:
    changed = replace(held.conversation, subject=None, proofs=(), method="", state=b"", claimed=None)
    written = site.conversations.change(held, changed)
    if written is None:
        raise ProtocolError(Code.CONVERSATION_EXPIRED, "another request of this conversation was first", reason="stale")
    return written


def _require_our_subject(authn_request: AuthnRequest) -> None:
    """Refuse a request for one certain person: no name identifier of ours names anybody twice (IIP-SSO07, A-38)."""
    if authn_request.subject_name_id is not None:
        raise StatusError(Code.SUBJECT_MISMATCH, "Requester", "UnknownPrincipal", "the request names a subject")


def _to_step(request: Request, held: Held) -> Response:
    return _to(request.path, held.handle)


def _to(path: str, handle: str) -> Response:
    """Lead by GET to where the conversation stands."""
    return Response(status=303, headers={"Location": f"{path}?execution={handle}"})


def _execution(request: Request) -> str:
    handles = request.args.getlist("execution")
    if len(handles) != 1 or len(handles[0]) != 64:
        raise ProtocolError(Code.REQUEST_MALFORMED, "no conversation named")
    return handles[0]
