"""An act: a page that asks for the reason, and the act itself, by POST alone.

The order is that of a registration (security.md T-33): the form is used up, the audit log knows, the letter is kept,
and only then is anything changed.
"""

from flask import Request, Response

from idp.audit import Decision
from idp.core.codes import Code
from idp.core.errors import AuthnError, ProtocolError
from idp.flow.helpdesk import why_not
from idp.web.account_pages import refusal_page
from idp.web.forms import read_form, verify_origin
from idp.web.helpdesk.deeds import DEEDS
from idp.web.helpdesk.entrance import desk_of, enter, rank_of
from idp.web.helpdesk.find import name_of, person_url
from idp.web.helpdesk.order import Order, open_form, order_of, take_form
from idp.web.helpdesk.person import act_url
from idp.web.helpdesk.record import record
from idp.web.pages import Frame, render
from idp.web.site import Site
from idp.web.visitor import Visitor
from idp.web.written import written_method, written_moment

SHORTEST_REASON, LONGEST_REASON = 3, 300


def show_act(site: Site, request: Request, visitor: Visitor) -> Response:
    """Ask for the reason, and say what is about to be done to whom. Changes nothing."""
    staff = enter(site, request, visitor, is_act=True)
    if isinstance(staff, Response):
        return staff
    order = order_of(site, request, staff, visitor)
    refused = _refused(site, order)
    if refused is None and order.is_void:
        refused = _not_done(site, order, "", Code.DESK_OVERTAKEN)
    return refused or _page(site, order, open_form(site, order))


def do_act(site: Site, request: Request, visitor: Visitor) -> Response:
    """Do it."""
    desk_of(site)
    verify_origin(request, site.settings.site.base_url)
    if visitor.browser.is_new:
        raise ProtocolError(Code.COOKIES_OFF, "a form came without our cookie", http_status=403)
    fields = read_form(request)
    form, reason = fields.get("form", ""), " ".join(fields.get("reason", "").split())
    site.tokens.read_step(fields.get("csrf_token", ""), form, visitor.browser.id)
    staff = enter(site, request, visitor, is_act=True)
    if isinstance(staff, Response):
        return staff
    order = order_of(site, request, staff, visitor)
    refused = _refused(site, order)
    if refused is not None:
        return refused
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        return _page(site, order, form, reason, Code.DESK_REASON_MISSING)
    if not take_form(site, form, order):
        return _not_done(site, order, reason, Code.DESK_FORM_OLD)
    return _do(site, order, reason)


def _do(site: Site, order: Order, reason: str) -> Response:
    deed, staff = DEEDS[order.act], order.staff.subject
    _record(site, order, Decision.STARTED, reason)
    try:
        with site.notices.telling(deed.notice, order.person, "", order.visitor.now, method=order.method):
            done = deed.do(site, order)
            if done is None:
                raise AuthnError(Code.DESK_OVERTAKEN)
    except AuthnError:
        return _not_done(site, order, reason, Code.DESK_OVERTAKEN)
    record(
        site,
        order.act.value,
        deed.decision,
        staff,
        order.visitor,
        person=order.person,
        about=(order.method, f"{reason} ({done.what})" if done.what else reason, None),
    )
    return done.page or _to(f"{person_url(order.person.id)}&done={order.act}")


def _refused(site: Site, order: Order) -> Response | None:
    theirs = rank_of(site, order.visitor, order.person, is_act=True)
    code = why_not(order.staff, order.person, theirs, order.act, order.method)
    return _not_done(site, order, "", code, status=403) if code is not None else None


def _not_done(site: Site, order: Order, reason: str, code: Code, *, status: int = 409) -> Response:
    _record(site, order, Decision.REFUSED, reason, code)
    return refusal_page(site, order.visitor, code, status=status, back=person_url(order.person.id))


def _record(site: Site, order: Order, decision: Decision, reason: str, code: Code | None = None) -> None:
    about = (order.method, reason, code)
    record(site, order.act.value, decision, order.staff.subject, order.visitor, person=order.person, about=about)


def _page(site: Site, order: Order, form: str, reason: str = "", problem: Code | None = None) -> Response:
    visitor = order.visitor
    url = act_url(order.person, order.act, order.method, order.former.id if order.former is not None else "")
    extra = {
        "act": order.act.value,
        "username": order.person.username,
        "name": name_of(site, site.directory.person(order.person)),
        "method_name": written_method(site, visitor.language, order.method) if order.method else "",
        "label": order.former.label if order.former is not None else "",
        "since": written_moment(site, order.former.since) if order.former is not None else "",
        "number": order.number,
        "reason": reason,
        "longest": LONGEST_REASON,
        "is_told": site.outbox is not None,
        "person_url": person_url(order.person.id),
    }
    token = site.tokens.make(form, 0, visitor.browser.id)
    hidden = [("csrf_token", token), ("form", form)]
    frame = Frame(page="helpdesk-act", action=url, path=url, hidden=hidden, problem=problem, extra=extra)
    return render(site, visitor, "helpdesk/act.html", frame)


def _to(url: str) -> Response:
    return Response(status=303, headers={"Location": url})
