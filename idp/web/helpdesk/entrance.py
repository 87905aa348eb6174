"""Who comes to the help desk: behind two factors, for an act fresh ones, and staff alone."""

from datetime import timedelta

from flask import Request, Response

from idp.audit import Decision
from idp.core.codes import Code
from idp.core.errors import ProtocolError, StatusError
from idp.core.subject import Subject
from idp.flow.errand import Errand
from idp.flow.helpdesk import Staff, staff_of
from idp.flow.policy import own_demand
from idp.flow.step import Reached
from idp.plugin import Purpose
from idp.settings.helpdesk import HelpDesk
from idp.web.account import proceed
from idp.web.account_pages import refusal_page
from idp.web.answer import is_welcome
from idp.web.fresh import counting_session
from idp.web.helpdesk.record import record
from idp.web.site import Site
from idp.web.visitor import Visitor

AT_ONCE = timedelta(seconds=1)


def desk_of(site: Site) -> HelpDesk:
    """Give the settings of the help desk. Raises ProtocolError NOT_FOUND where there is none."""
    desk = site.settings.helpdesk
    if desk is None:
        raise ProtocolError(Code.NOT_FOUND, "there is no help desk", http_status=404)
    return desk


def enter(site: Site, request: Request, visitor: Visitor, *, is_act: bool = False) -> Staff | Response:
    """Say who of the staff this is; a page where more has to be proved first, or nothing helps.

    Everything is decided anew at each request: the rules, the account, the groups (security.md N-04, T-08).
    """
    desk_of(site)
    place = request.full_path.rstrip("?") if request.method == "GET" or is_act else ""
    held = site.conversations.begin(Errand(Purpose.HELPDESK, place=place), visitor.browser.id, visitor.now)
    session = counting_session(site, visitor, is_act=is_act)
    demand = own_demand(Purpose.HELPDESK, visitor.now)
    try:
        step = site.engine.advance(held.conversation, session, demand, visitor.situation, visitor.now)
    except StatusError:
        return proceed(site, held, visitor)
    if not isinstance(step, Reached) or not is_welcome(site, step, visitor):
        return proceed(site, held, visitor)
    staff = rank_of(site, visitor, step.subject, is_act=is_act)
    if staff is None:
        record(site, "enter", Decision.REFUSED, step.subject, visitor, about=("", "", Code.DESK_NOT_STAFF))
        return refusal_page(site, visitor, Code.DESK_NOT_STAFF)
    return staff


def rank_of(site: Site, visitor: Visitor, subject: Subject, *, is_act: bool) -> Staff | None:
    """Say what somebody is at the help desk by the directory's word, for an act by its word of this moment."""
    since = visitor.now - AT_ONCE if is_act else None
    groups = site.directory.person(subject, read_since=since).attributes.get(
        site.settings.directory.group_attribute.lower(), ()
    )
    return staff_of(desk_of(site).roles, subject, groups)
