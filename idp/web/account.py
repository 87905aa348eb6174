"""What a person does here without a service provider: look at their account, register, replace, reset.

The engine leads through the same steps as for a login; for all but a look it is given no session, so that what is
proved is proved in this conversation (design, "Registering an app").
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import Request, Response

from idp.core.codes import Code
from idp.core.errors import ProtocolError, StatusError
from idp.flow.conversation import Held
from idp.flow.errand import Errand
from idp.flow.policy import Demand, own_demand
from idp.flow.session import Session, reference_of
from idp.flow.step import Advanced, Judged, Page, Reached, Sent, Stuck
from idp.plugin import CertificateEvidence, Purpose
from idp.web.account_pages import refusal_page
from idp.web.answer import is_welcome
from idp.web.audit_event import logged_in, untried
from idp.web.certificate import lead_to_certificate
from idp.web.cookies import set_session
from idp.web.forms import event_of, method_for, read_form, verify_origin
from idp.web.fresh import counting_session
from idp.web.logins import note_login
from idp.web.overview import Done, account_page
from idp.web.pages import method_page, stuck_page
from idp.web.paths import ACCOUNT, ERRAND_PATHS, HELPDESK, HELPDESK_ACT
from idp.web.refusing import record_judgement, refusal_here
from idp.web.registering import form_received, hindered, overtaken, show_form, turn_of
from idp.web.site import Site
from idp.web.visitor import Visitor, session_of

ENTRANCES = frozenset({Purpose.LOGIN, Purpose.HELPDESK})
"""What somebody comes in for: a session serves, and who proves more is logged in by that."""
LONGEST_ID = 64

Handler = Callable[[Site, Request, Visitor], Response]


def shower(purpose: Purpose) -> Handler:
    """Give the view that begins an errand, or shows where one stands."""

    def show(site: Site, request: Request, visitor: Visitor) -> Response:
        if "execution" in request.args:
            return proceed(site, _resume(site, request, visitor), visitor)
        if purpose is Purpose.HELPDESK and site.settings.helpdesk is None:
            raise ProtocolError(Code.NOT_FOUND, "there is no help desk", http_status=404)
        errand = _errand_asked_for(site, request, purpose) if purpose not in ENTRANCES else Errand(purpose)
        return proceed(site, site.conversations.begin(errand, visitor.browser.id, visitor.now), visitor)

    return show


def submit(site: Site, request: Request, visitor: Visitor) -> Response:
    """Take the form of a step. A form of a step that is over changes nothing and leads to where things stand."""
    verify_origin(request, site.settings.site.base_url)
    if visitor.browser.is_new:
        raise ProtocolError(Code.COOKIES_OFF, "a form came without our cookie", http_status=403)
    fields = read_form(request)
    step = site.tokens.read_step(fields.get("csrf_token", ""), request.args.get("execution", ""), visitor.browser.id)
    held = _resume(site, request, visitor)
    if step != held.conversation.step or _errand(held).done:
        return _to_step(held)
    try:
        return _take(site, held, visitor, fields)
    except StatusError as error:
        return _refuse(site, held, error, visitor)


def _take(site: Site, held: Held, visitor: Visitor, fields: Mapping[str, str]) -> Response:
    """Take what was sent at a step: a proof, or the form at the end. Raises StatusError where a rule refuses."""
    event, conversation = event_of(fields), held.conversation
    demand, session = _demand(site, held, visitor), _session(site, held, visitor)
    seen = site.engine.advance(conversation, session, demand, visitor.situation, visitor.now)
    if isinstance(seen, Reached):
        return _finish(site, held, seen, demand, visitor, fields)
    chosen = method_for(event)
    if chosen in site.methods and chosen != conversation.method:
        return _to_step(site.conversations.change(held, site.engine.choose(conversation, chosen)) or held)
    judgement = site.engine.submit(conversation, session, demand, visitor.situation, fields, event, visitor.now)
    return _go_on(site, held, judgement, visitor)


def come_back(site: Site, held: Held, evidence: CertificateEvidence | None, visitor: Visitor) -> Response:
    """Take what the certificate listener saw of this browser; without evidence the step is shown again."""
    if evidence is None or _errand(held).done:
        return _to_step(held)
    situation, conversation = replace(visitor.situation, certificate=evidence), held.conversation
    try:
        demand, session = _demand(site, held, visitor), _session(site, held, visitor)
        judgement = site.engine.submit(conversation, session, demand, situation, {}, "certificate", visitor.now)
    except StatusError as error:
        return _refuse(site, held, error, visitor)
    return _go_on(site, held, judgement, visitor)


def _go_on(site: Site, held: Held, judgement: Judged, visitor: Visitor) -> Response:
    if isinstance(judgement, Advanced) and held.conversation.subject is None:
        # Whose errand it is decides what it comes to, and so who is asked next: the next look does.
        judgement = Advanced(replace(judgement.conversation, method=""))
    if isinstance(judgement, Advanced | Reached):
        return _to_step(site.conversations.change(held, judgement.conversation) or held)
    if isinstance(judgement, Sent):
        is_same = judgement.conversation == held.conversation
        sent = held if is_same else site.conversations.change(held, judgement.conversation)
        return lead_to_certificate(site, sent, visitor) if sent is not None else _to_step(held)
    if judgement.attempted:
        record_judgement(site, held, None, judgement, visitor)
    return _render(site, held, judgement, visitor)


def _finish(
    site: Site, held: Held, reached: Reached, demand: Demand, visitor: Visitor, fields: Mapping[str, str]
) -> Response:
    if _errand(held).purpose in ENTRANCES:
        return _to_step(held)
    if not is_welcome(site, reached, visitor):
        return _to_step(_forget(site, held))
    turn = turn_of(site, held, reached, visitor)
    if turn.action is not demand.action:
        return overtaken(site, turn)
    return hindered(site, turn) or form_received(site, turn, fields, event_of(fields)) or _to_step(held)


def proceed(site: Site, held: Held, visitor: Visitor) -> Response:
    """Go on from where the conversation stands: a step of the engine's, or what was to be shown after the last."""
    errand = _errand(held)
    subject = held.conversation.subject
    if errand.done and subject is not None:
        return account_page(site, visitor, subject, Done(errand.done.value, errand.method, _place(held)))
    try:
        demand = _demand(site, held, visitor)
        session = _session(site, held, visitor)
        step = site.engine.advance(held.conversation, session, demand, visitor.situation, visitor.now)
        if isinstance(step, Reached) and not is_welcome(site, step, visitor):
            # Disabled, locked or removed since: nothing that was proved counts (security.md T-08).
            if errand.purpose in ENTRANCES:
                site.sessions.end(visitor.session_id)
            held = _forget(site, held)
            step = site.engine.advance(held.conversation, None, demand, visitor.situation, visitor.now)
    except StatusError as error:
        return _refuse(site, held, error, visitor)
    if not isinstance(step, Reached):
        return _render(site, held, step, visitor)
    if errand.purpose in ENTRANCES:
        return _let_in(site, held, step, visitor)
    turn = turn_of(site, held, step, visitor)
    return hindered(site, turn) or show_form(site, turn) or _to_step(held)


def _let_in(site: Site, held: Held, reached: Reached, visitor: Visitor) -> Response:
    """Show the account of who is logged in, or lead to the help desk; who has just proved it is logged in by that."""
    errand = _errand(held)
    place = ACCOUNT if errand.purpose is Purpose.LOGIN else errand.place or HELPDESK
    if reached.reused:
        if errand.purpose is Purpose.HELPDESK:
            return Response(status=303, headers={"Location": place})
        return account_page(site, visitor, reached.subject)
    session_id = site.sessions.begin(reached.subject, reached.proofs, visitor.now, visitor.session_id)
    site.throttle.remember(reached.subject, visitor.browser.id, visitor.now)
    note_login(site, reached, session_id, visitor)
    site.audit.record(logged_in(held, reached, visitor, reference_of(session_id)))
    site.conversations.finish(held)
    response = Response(status=303, headers={"Location": place})
    set_session(response, session_id)
    return response


def _render(site: Site, held: Held, step: Page | Stuck, visitor: Visitor) -> Response:
    if held.stored is None or step.conversation != held.conversation:
        changed = site.conversations.change(held, step.conversation)
        if changed is None:
            return _to_step(held)
        held = changed
    if isinstance(step, Stuck):
        return stuck_page(site, held, None, step, visitor)
    return method_page(site, held, None, step, visitor)


def _demand(site: Site, held: Held, visitor: Visitor) -> Demand:
    """Give what the rules of this errand ask for; whose they are is known once the person is."""
    conversation, errand = held.conversation, _errand(held)
    if errand.purpose in ENTRANCES:
        return own_demand(errand.purpose, conversation.started)
    if conversation.subject is not None:
        standing = site.registrations.registered(errand.method, conversation.subject, visitor.now)
        return own_demand(site.registrations.action(errand, standing), conversation.started)
    possible = [
        action
        for action in site.registrations.actions(errand)
        if not site.policy.refuses_everybody(action, visitor.network, visitor.now)
    ]
    return own_demand(possible[0] if possible else errand.purpose, conversation.started)


def _refuse(site: Site, held: Held, error: StatusError, visitor: Visitor) -> Response:
    site.audit.record(untried(held, error.code, visitor, error.rule))
    if error.subject is not None:
        site.refusals.record(error.subject, replace(refusal_here(error.code, visitor), rule=error.rule))
    code = error.code if _errand(held).purpose in ENTRANCES else Code.NOT_FROM_HERE
    return refusal_page(site, visitor, code, path=ERRAND_PATHS[_errand(held).purpose])


def _session(site: Site, held: Held, visitor: Visitor) -> Session | None:
    """Give the session for a look at the account, none for any change of it, and what counts at the help desk."""
    errand = _errand(held)
    if errand.purpose is Purpose.HELPDESK:
        return counting_session(site, visitor, is_act=errand.place.startswith(HELPDESK_ACT))
    return session_of(site, visitor) if errand.purpose is Purpose.LOGIN else None


def _forget(site: Site, held: Held) -> Held:
    changed = replace(held.conversation, subject=None, proofs=(), method="", state=b"", claimed=None)
    written = site.conversations.change(held, changed)
    if written is None:
        raise ProtocolError(Code.CONVERSATION_EXPIRED, "another request of this conversation was first", reason="stale")
    return written


def _resume(site: Site, request: Request, visitor: Visitor) -> Held:
    handles = request.args.getlist("execution")
    if len(handles) != 1 or len(handles[0]) != 64:
        raise ProtocolError(Code.REQUEST_MALFORMED, "no conversation named")
    held = site.conversations.resume(handles[0], visitor.browser.id, visitor.now)
    if held.conversation.errand is None:
        raise ProtocolError(Code.CONVERSATION_EXPIRED, "a request, no errand", http_status=410, reason="stale")
    return held


def _errand(held: Held) -> Errand:
    errand = held.conversation.errand
    if errand is None:
        raise ProtocolError(Code.CONVERSATION_EXPIRED, "a request, no errand", http_status=410, reason="stale")
    return errand


def _errand_asked_for(site: Site, request: Request, purpose: Purpose) -> Errand:
    """Read `?method=`, without which it is the first that can be registered, and `&credential=`, one of several."""
    names = site.registrations.names
    method, credential = request.args.get("method", names[0] if names else ""), request.args.get("credential", "")
    if method not in names or len(credential) > LONGEST_ID:
        raise ProtocolError(Code.NOT_FOUND, "nothing of this name can be registered", http_status=404)
    return Errand(purpose, method, credential=credential)


def _to_step(held: Held) -> Response:
    return Response(status=303, headers={"Location": _place(held)})


def _place(held: Held) -> str:
    return f"{ERRAND_PATHS[_errand(held).purpose]}?execution={held.handle}"
