"""Logout that the person asks for: asked by GET, done by POST alone (security.md L-05), then told to the services."""

from flask import Request, Response

from idp.flow.logout import Logout, Outcome
from idp.flow.session import Session, reference_of
from idp.web.audit_event import logged_out
from idp.web.cookies import clear_session
from idp.web.forms import read_form, verify_origin
from idp.web.pages import Frame, render
from idp.web.paths import LOGOUT
from idp.web.propagate import lead_on, logout_page, tasks_of
from idp.web.site import Site
from idp.web.visitor import Visitor, session_of

HANDLE = "logout"


def show_logout(site: Site, request: Request, visitor: Visitor) -> Response:
    """Ask whether to log out; say so where nobody is logged in."""
    session = session_of(site, visitor)
    if session is None:
        return logout_page(site, visitor, _nothing(visitor))
    hidden = [("csrf_token", site.tokens.make(HANDLE, 0, visitor.browser.id))]
    extra = {"done": False, "username": session.subject.username}
    return render(
        site, visitor, "logout.html", Frame(page="logout", action=LOGOUT, path=LOGOUT, hidden=hidden, extra=extra)
    )


def submit_logout(site: Site, request: Request, visitor: Visitor) -> Response:
    """End the session of this browser, then lead on to where its service providers are told."""
    verify_origin(request, site.settings.site.base_url)
    fields = read_form(request)
    site.tokens.read_step(fields.get("csrf_token", ""), HANDLE, visitor.browser.id)
    session = session_of(site, visitor)
    site.sessions.end(visitor.session_id)
    response = _after(site, session, visitor)
    clear_session(response)
    return response


def _after(site: Site, session: Session | None, visitor: Visitor) -> Response:
    if session is None:
        return logout_page(site, visitor, _nothing(visitor))
    site.audit.record(logged_out(session, reference_of(visitor.session_id or ""), visitor))
    site.metrics.count("logouts", asked="person", outcome="ended")
    tasks = tasks_of(site, session.subject.id, session.line)
    if any(task.outcome is Outcome.WAITING for task in tasks):
        return lead_on(site.logouts.begin(tasks, None, visitor.now))
    return logout_page(site, visitor, Logout(tasks, None, visitor.now.timestamp()))


def _nothing(visitor: Visitor) -> Logout:
    return Logout((), None, visitor.now.timestamp())
