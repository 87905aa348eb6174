"""Finding a person: by what is typed, never everybody, counted and written down."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Request, Response

from idp.audit import Decision
from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.directory import PersonRecord
from idp.flow.helpdesk import Staff
from idp.web.forms import read_form, verify_origin
from idp.web.helpdesk.entrance import desk_of, enter
from idp.web.helpdesk.record import record
from idp.web.pages import Frame, render
from idp.web.paths import HELPDESK, HELPDESK_PERSON
from idp.web.site import Site
from idp.web.visitor import Visitor

FORM = "helpdesk"
MOST = 20
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Found:
    """One person among those who were found."""

    username: str
    name: str
    url: str


def show_find(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show where a name is typed."""
    staff = enter(site, request, visitor)
    return staff if isinstance(staff, Response) else _page(site, visitor)


def find(site: Site, request: Request, visitor: Visitor) -> Response:
    """Look for who has what was typed in their user name or mail address."""
    desk_of(site)
    verify_origin(request, site.settings.site.base_url)
    if visitor.browser.is_new:
        raise ProtocolError(Code.COOKIES_OFF, "a form came without our cookie", http_status=403)
    fields = read_form(request)
    site.tokens.read_step(fields.get("csrf_token", ""), FORM, visitor.browser.id)
    staff = enter(site, request, visitor)
    if isinstance(staff, Response):
        return staff
    return _search(site, staff, fields.get("person", "").strip(), visitor)


def _search(site: Site, staff: Staff, typed: str, visitor: Visitor) -> Response:
    desk = desk_of(site)
    count = site.store.add(f"helpdesk:{staff.subject.id}", 1, HOUR)
    if count.value > desk.searches_an_hour:
        record(site, "find", Decision.REFUSED, staff.subject, visitor, about=("", "", Code.DESK_TOO_MANY_SEARCHES))
        return _page(site, visitor, typed, problem=Code.DESK_TOO_MANY_SEARCHES)
    found = site.directory.search(typed, desk.search, MOST) if typed else ()
    # What was typed is not written down: people paste what they should not.
    many = "more than can be shown" if found is None else f"{len(found)} found"
    record(site, "find", Decision.READ, staff.subject, visitor, about=("", many, None))
    if found is None:
        return _page(site, visitor, typed, problem=Code.DESK_TOO_MANY_FOUND)
    if len(found) == 1:
        return Response(status=303, headers={"Location": person_url(found[0].subject.id)})
    rows = tuple(
        Found(each.subject.username, name_of(site, each), person_url(each.subject.id))
        for each in sorted(found, key=lambda each: each.subject.username)
    )
    return _page(site, visitor, typed, rows, problem=None if rows else Code.DESK_NOBODY_FOUND)


def person_url(identity: str) -> str:
    """Give the address of a person's page; it names an entry, and nothing that anybody could read."""
    return f"{HELPDESK_PERSON}?id={identity}"


def name_of(site: Site, record_: PersonRecord) -> str:
    """Give the name that an entry shows, empty without one."""
    return next(iter(record_.attributes.get(desk_of(site).name_attribute.lower(), ())), "")


def _page(
    site: Site, visitor: Visitor, typed: str = "", rows: tuple[Found, ...] = (), *, problem: Code | None = None
) -> Response:
    frame = Frame(
        page="helpdesk",
        action=HELPDESK,
        path=HELPDESK,
        hidden=[("csrf_token", site.tokens.make(FORM, 0, visitor.browser.id))],
        problem=problem,
        extra={"typed": typed, "rows": rows},
    )
    return render(site, visitor, "helpdesk/find.html", frame)
