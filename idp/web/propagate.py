"""The other service providers of a session that has ended are told, one after the other, by the browser.

Not in frames: browsers keep a service provider's cookies out of those. Between any two of them the person stands on a
page of ours, which tells what became of each and goes on by itself where there is a script, by its button where not.
Who is stuck at a service provider comes back to that page, and it goes on from there.
"""

from flask import Request, Response

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.flow.logout import Asked, HeldLogout, Logout, Outcome, Task
from idp.flow.participation import Participation
from idp.saml.logout_endpoint import request_address, response_address
from idp.saml.logout_writer import Outgoing
from idp.web.forms import read_form, verify_origin
from idp.web.headers import allow_posting_away
from idp.web.pages import Frame, render
from idp.web.paths import PROPAGATE
from idp.web.site import Site
from idp.web.visitor import Visitor

SUCCESS = ("Success",)
PARTIAL = ("Success", "PartialLogout")
"""The session here is over (SDP-IDP31), and not everybody could be told (SAML Core 3.7.3.2)."""
UNKNOWN = ("Requester", "UnknownPrincipal")
LONGEST_HANDLE = 64


def tasks_of(site: Site, person: str, line: str, *, but: str = "") -> tuple[Task, ...]:
    """Give a task for each service provider of a session, except who asked; of each its newest login."""
    participants = site.participations.of(person, line)
    newest = {each.participation.entity_id: (each.session_index, each.participation) for each in participants}
    return tuple(
        Task(each.entity_id, each.name_id, session_index, _outlook(site, each))
        for session_index, each in newest.values()
        if each.entity_id != but
    )


def lead_on(held: HeldLogout) -> Response:
    """Lead by GET to the page of a logout."""
    return Response(status=303, headers={"Location": f"{PROPAGATE}?execution={held.handle}"})


def show_logout_on_its_way(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show what has become of a logout; at its end the service provider that asked is answered."""
    held = _held(site, request)
    logout = held.logout
    if logout.next_task is None and logout.asked is not None and not logout.asked.asynchronous:
        return answer(site, logout.asked, SUCCESS if logout.is_whole else PARTIAL, visitor)
    return logout_page(site, visitor, logout, held)


def go_on(site: Site, request: Request, visitor: Visitor) -> Response:
    """Send the browser to the next service provider with our request."""
    verify_origin(request, site.settings.site.base_url)
    held = _held(site, request)
    site.tokens.read_step(read_form(request).get("csrf_token", ""), held.handle, visitor.browser.id)
    number = held.logout.next_task
    changed = None
    if number is not None:
        changed = site.logouts.change(held, held.logout.with_outcome(number, Outcome.ASKED), visitor.now)
    if number is None or changed is None:
        return lead_on(held)
    return _ask(site, changed, number, visitor) or _cannot(site, changed, number, visitor)


def answer(site: Site, asked: Asked, status: tuple[str, ...], visitor: Visitor) -> Response:
    """Answer the service provider that asked; none is due to one that asked for none."""
    if asked.asynchronous:
        return logout_page(site, visitor, Logout((), asked, visitor.now.timestamp()))
    service_provider = site.federation.find(asked.entity_id)
    address = response_address(service_provider, site.signing_key) if service_provider is not None else None
    if address is None:
        raise ProtocolError(Code.ENDPOINT_UNKNOWN, "the SingleLogoutService of who asked has gone from the metadata")
    outgoing = site.logout_writer.response(address, asked.request_id, status, asked.relay_state, visitor.now)
    return _send(site, outgoing, asked.entity_id, visitor)


def logout_page(site: Site, visitor: Visitor, logout: Logout, held: HeldLogout | None = None) -> Response:
    """Say that the session here is over, and of each service provider what became of it."""
    waits = held is not None and logout.next_task is not None
    path = f"{PROPAGATE}?execution={held.handle}" if held is not None else ""
    token = site.tokens.make(held.handle, 0, visitor.browser.id) if held is not None else ""
    frame = Frame(
        page="logout",
        action=path,
        path=path,
        hidden=[("csrf_token", token)] if waits else [],
        extra={
            "done": True,
            "username": "",
            "outcomes": [(_name(site, task, visitor), task.outcome.value) for task in logout.tasks],
            "waits": waits,
            "all_ended": logout.is_whole,
        },
    )
    response = render(site, visitor, "logout.html", frame)
    if waits:
        allow_posting_away(response)
    return response


def _ask(site: Site, held: HeldLogout, number: int, visitor: Visitor) -> Response | None:
    task = held.logout.tasks[number]
    service_provider = site.federation.find(task.entity_id)
    address = request_address(service_provider, site.signing_key) if service_provider is not None else None
    if address is None or task.name_id is None:
        return None
    request_id = held.request_id(number)
    outgoing = site.logout_writer.request(address, request_id, task.name_id, task.session_index, visitor.now)
    return _send(site, outgoing, task.entity_id, visitor)


def _cannot(site: Site, held: HeldLogout, number: int, visitor: Visitor) -> Response:
    site.logouts.change(held, held.logout.with_outcome(number, Outcome.UNTOLD), visitor.now)
    return lead_on(held)


def _send(site: Site, outgoing: Outgoing, entity_id: str, visitor: Visitor) -> Response:
    if outgoing.fields is None:
        return Response(status=302, headers={"Location": outgoing.location})
    service_provider = site.federation.find(entity_id)
    name = service_provider.display_name(visitor.language) if service_provider is not None else entity_id
    frame = Frame(page="post", action=outgoing.location, hidden=list(outgoing.fields.items()), service_name=name)
    response = render(site, visitor, "post.html", frame)
    allow_posting_away(response)
    return response


def _outlook(site: Site, participation: Participation) -> Outcome:
    named = participation.name_id is not None
    service_provider = site.federation.find(participation.entity_id) if named else None
    address = request_address(service_provider, site.signing_key) if service_provider is not None else None
    return Outcome.WAITING if address is not None else Outcome.UNTOLD


def _name(site: Site, task: Task, visitor: Visitor) -> str:
    service_provider = site.federation.find(task.entity_id)
    return service_provider.display_name(visitor.language) if service_provider is not None else task.entity_id


def _held(site: Site, request: Request) -> HeldLogout:
    handles = request.args.getlist("execution")
    held = site.logouts.find(handles[0]) if len(handles) == 1 and len(handles[0]) <= LONGEST_HANDLE else None
    if held is None:
        raise ProtocolError(Code.CONVERSATION_EXPIRED, "no such logout", http_status=410, reason="stale")
    return held
