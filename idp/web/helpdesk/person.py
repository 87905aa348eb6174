"""A person's page: state in plain words, and the acts that this one of the staff may do."""

from urllib.parse import urlencode

from flask import Request, Response

from idp.audit import Decision
from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.core.subject import Subject
from idp.flow.helpdesk import Act, Staff, why_not
from idp.web.helpdesk.entrance import enter, rank_of
from idp.web.helpdesk.find import name_of, person_url
from idp.web.helpdesk.record import record
from idp.web.helpdesk.state import method_lines, refusal_lines
from idp.web.overview import login_lines
from idp.web.pages import Frame, render
from idp.web.paths import HELPDESK, HELPDESK_ACT
from idp.web.site import Site
from idp.web.visitor import Visitor

WITHOUT_METHOD = (Act.UNLOCK, Act.SESSIONS)
"""Acts on the person as a whole."""


def show_person(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show a person."""
    staff = enter(site, request, visitor)
    if isinstance(staff, Response):
        return staff
    subject = person_named(site, request)
    record(site, "look", Decision.READ, staff.subject, visitor, person=subject)
    done = request.args.get("done", "")
    return _page(site, staff, subject, visitor, done if done in set(Act) else "")


def person_named(site: Site, request: Request) -> Subject:
    """Give whom the address names. Raises ProtocolError NOT_FOUND."""
    named = request.args.getlist("id")
    subject = site.directory.by_id(named[0]) if len(named) == 1 and len(named[0]) <= len("x" * 64) else None
    if subject is None:
        raise ProtocolError(Code.NOT_FOUND, "nobody of this id", http_status=404)
    return subject


def act_url(subject: Subject, act: Act, method: str = "", credential: str = "") -> str:
    """Give the address of the page that asks for an act's reason."""
    query = {"id": subject.id, "act": act.value, "method": method, "credential": credential}
    return f"{HELPDESK_ACT}?{urlencode({name: value for name, value in query.items() if value})}"


def _page(site: Site, staff: Staff, subject: Subject, visitor: Visitor, done: str) -> Response:
    entry = site.directory.person(subject)
    theirs = rank_of(site, visitor, subject, is_act=False)

    def links(acts: tuple[Act, ...], method: str = "", credential: str = "") -> list[tuple[str, str]]:
        return [
            (each.value, act_url(subject, each, method, credential))
            for each in acts
            if why_not(staff, subject, theirs, each, method) is None
        ]

    lines = list(method_lines(site, subject, visitor))
    extra = {
        "username": subject.username,
        "name": name_of(site, entry),
        "account": entry.state.value,
        "is_self": subject.id == staff.subject.id,
        "their_role": theirs.role.name if theirs is not None else "",
        "is_over": why_not(staff, subject, theirs, Act.UNLOCK) is not Code.DESK_NOT_OVER,
        "lines": [
            (
                line,
                [(item, links((Act.RESET,), line.method, item.id)) for item in line.items],
                links(line.acts, line.method),
            )
            for line in lines
        ],
        "is_frozen": site.cautions.is_frozen(subject),
        "acts": links((*WITHOUT_METHOD, *((Act.UNFREEZE,) if site.cautions.is_frozen(subject) else ()))),
        "sessions": len(site.sessions.of(subject.id, visitor.now)),
        "logins": list(login_lines(site, visitor, site.history.recent(subject.id, visitor.now))),
        "refusals": list(refusal_lines(site, subject, visitor)),
        "done": done,
        "is_told": site.outbox is not None,
        "find_url": HELPDESK,
    }
    frame = Frame(page="helpdesk-person", path=person_url(subject.id), extra=extra)
    return render(site, visitor, "helpdesk/person.html", frame)
