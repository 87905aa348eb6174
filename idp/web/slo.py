"""Single logout (SAML Profiles 4.4): a service provider asks for it, or answers a request of ours."""

from dataclasses import dataclass

from flask import Request, Response

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.flow.logout import Asked, Outcome, Task, task_of
from idp.flow.participation import Participation
from idp.flow.session import Session
from idp.saml.decode import LARGEST_BODY_OCTETS, decode_post, decode_redirect
from idp.saml.form import RESPONSE, names_response
from idp.saml.logout import LogoutRequest, verify_logout_request, verify_logout_response
from idp.saml.logout_endpoint import response_address, same_connection
from idp.saml.model import UnverifiedMessage
from idp.saml.soap import decode_soap, fault, in_envelope
from idp.web.audit_event import logged_out_by_service, logout_refused, logout_told
from idp.web.cookies import clear_session
from idp.web.forms import read_body
from idp.web.propagate import PARTIAL, SUCCESS, UNKNOWN, answer, lead_on, tasks_of
from idp.web.site import Site
from idp.web.visitor import Visitor, session_of

LARGEST_ENVELOPE_OCTETS = 64 * 1024
XML_TYPES = frozenset({"text/xml", "application/xml"})


@dataclass(frozen=True, slots=True)
class Ended:
    """What a request has ended: whose session it was, what is left to be told; None where it named no session."""

    participation: Participation
    session: Session | None
    tasks: tuple[Task, ...]


def receive_logout_redirect(site: Site, request: Request, visitor: Visitor) -> Response:
    """Take a LogoutRequest or a LogoutResponse by HTTP-Redirect."""
    if names_response(request.query_string):
        return _take_response(site, decode_redirect(request.query_string, RESPONSE), visitor)
    return _take_request(site, decode_redirect(request.query_string), visitor)


def receive_logout_post(site: Site, request: Request, visitor: Visitor) -> Response:
    """Take a LogoutRequest or a LogoutResponse by HTTP-POST; it brings none of our cookies, and needs none."""
    body = read_body(request, LARGEST_BODY_OCTETS)
    if names_response(body):
        return _take_response(site, decode_post(body, RESPONSE), visitor)
    return _take_request(site, decode_post(body), visitor)


def receive_logout_soap(site: Site, request: Request, visitor: Visitor) -> Response:
    """Take a LogoutRequest by SOAP and answer on the spot: no browser is there to tell the others (Bindings 3.2)."""
    try:
        logout_request = _verify(site, decode_soap(_read_envelope(request)), visitor)
        address = same_connection(logout_request.service_provider, site.signing_key)
        if address is None:
            raise ProtocolError(Code.NO_ALGORITHM, "it cannot verify what we sign")
        ended = _end(site, logout_request, visitor)
    except ProtocolError as error:
        site.metrics.count("errors", code=str(error.code))
        site.log.warning("refused", code=str(error.code), detail=error.detail, path=request.path)
        return _envelope(fault("The message was not accepted."), 500)
    status = UNKNOWN if ended is None else PARTIAL if ended.tasks else SUCCESS
    message = site.logout_writer.response_text(address, logout_request.id, status, visitor.now)
    return _envelope(in_envelope(message), 200)


def _take_request(site: Site, unverified: UnverifiedMessage, visitor: Visitor) -> Response:
    """End the session first, then tell the others; the answer goes to an address of the metadata alone (L-04)."""
    logout_request = _verify(site, unverified, visitor)
    service_provider = logout_request.service_provider
    can_answer = response_address(service_provider, site.signing_key) is not None
    if not can_answer and not logout_request.asynchronous:
        raise ProtocolError(Code.ENDPOINT_UNKNOWN, "its metadata names no SingleLogoutService that we can answer at")
    ended = _end(site, logout_request, visitor)
    asked = Asked(
        service_provider.entity_id, logout_request.id, logout_request.relay_state, logout_request.asynchronous
    )
    if ended is None:
        return answer(site, asked, UNKNOWN, visitor)
    if any(task.outcome is Outcome.WAITING for task in ended.tasks) or asked.asynchronous:
        response = lead_on(site.logouts.begin(ended.tasks, asked, visitor.now))
    else:
        response = answer(site, asked, PARTIAL if ended.tasks else SUCCESS, visitor)
    if visitor.session_id and session_of(site, visitor) is None:
        clear_session(response)
    return response


def _verify(site: Site, unverified: UnverifiedMessage, visitor: Visitor) -> LogoutRequest:
    request = verify_logout_request(
        unverified,
        find=site.federation.find,
        expectations=site.expectations,
        now=visitor.now,
        decryption_keys=site.decryption_keys,
    )
    if not site.logouts.is_new(request.service_provider.entity_id, request.id, visitor.now):
        raise ProtocolError(Code.REQUEST_REPLAYED, "the request was seen before", reason="replay")
    return request


def _end(site: Site, logout_request: LogoutRequest, visitor: Visitor) -> Ended | None:
    """End the session that the request names. One that is over already is told to nobody again."""
    participation = _find(site, logout_request, visitor)
    if participation is None:
        site.audit.record(logout_refused(logout_request, visitor))
        return None
    session = site.sessions.end_line(participation.person, participation.line)
    site.audit.record(logged_out_by_service(logout_request, participation, session, visitor))
    site.metrics.count("logouts", asked="service", outcome="ended" if session is not None else "over")
    if session is None:
        return Ended(participation, None, ())
    tasks = tasks_of(site, participation.person, participation.line, but=participation.entity_id)
    return Ended(participation, session, tasks)


def _find(site: Site, logout_request: LogoutRequest, visitor: Visitor) -> Participation | None:
    """Give what the request names: the service provider's own, by exactly that name (L-02).

    A request without a SessionIndex, which the profile does not provide for, is about this browser's session.
    """
    if logout_request.session_indexes:
        found = [site.participations.find(each) for each in logout_request.session_indexes]
    else:
        session = session_of(site, visitor)
        found = list(site.participations.of(session.subject.id, session.line)) if session is not None else []
    for each in found:
        if each is not None and _is_of(site, each.participation, logout_request):
            return each.participation
    return None


def _is_of(site: Site, participation: Participation, logout_request: LogoutRequest) -> bool:
    return participation.entity_id == logout_request.service_provider.entity_id and participation.is_named(
        logout_request.name_id, site.settings.site.entity_id
    )


def _take_response(site: Site, unverified: UnverifiedMessage, visitor: Visitor) -> Response:
    """Note what a service provider answered, and go on. A second answer changes nothing."""
    response = verify_logout_response(
        unverified, find=site.federation.find, expectations=site.expectations, now=visitor.now
    )
    handle, number = task_of(response.in_response_to) or ("", 0)
    held = site.logouts.find(handle)
    if held is None or number >= len(held.logout.tasks):
        raise ProtocolError(Code.CONVERSATION_EXPIRED, "an answer to no request of ours", http_status=410)
    task = held.logout.tasks[number]
    if task.entity_id != response.service_provider.entity_id:
        raise ProtocolError(Code.SIGNATURE_INVALID, "an answer to what another service provider was asked")
    if task.outcome is Outcome.ASKED:
        outcome = Outcome.ENDED if response.ended else Outcome.FAILED
        site.logouts.change(held, held.logout.with_outcome(number, outcome), visitor.now)
        site.audit.record(logout_told(task.entity_id, outcome, visitor))
    return lead_on(held)


def _read_envelope(request: Request) -> bytes:
    if request.mimetype not in XML_TYPES:
        raise ProtocolError(Code.REQUEST_MALFORMED, f"content type {request.mimetype!r}")
    if request.content_length is None or request.content_length > LARGEST_ENVELOPE_OCTETS:
        raise ProtocolError(Code.REQUEST_TOO_LARGE, "an envelope of no known or of too great a length")
    return request.get_data(cache=True)


def _envelope(body: bytes, status: int) -> Response:
    return Response(body, status=status, content_type="text/xml; charset=utf-8")
