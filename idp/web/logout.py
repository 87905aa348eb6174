"""Local logout: asked for by GET, done by POST alone (security.md L-05)."""

from flask import Request, Response

from idp.flow.session import reference_of
from idp.web.audit_event import logged_out
from idp.web.cookies import clear_session
from idp.web.forms import read_form, verify_origin
from idp.web.pages import Frame, render
from idp.web.paths import LOGOUT
from idp.web.site import Site
from idp.web.visitor import Visitor, session_of

HANDLE = "logout"


def show_logout(site: Site, request: Request, visitor: Visitor) -> Response:
    """Ask whether to log out; say so where nobody is logged in."""
    session = session_of(site, visitor)
    return _page(site, visitor, done=session is None, username=session.subject.username if session else "")


def submit_logout(site: Site, request: Request, visitor: Visitor) -> Response:
    """End the session of this browser."""
    verify_origin(request, site.settings.site.base_url)
    fields = read_form(request)
    site.tokens.read_step(fields.get("csrf_token", ""), HANDLE, visitor.browser.id)
    session = session_of(site, visitor)
    site.sessions.end(visitor.session_id)
    if session is not None:
        site.audit.record(logged_out(session, reference_of(visitor.session_id or ""), visitor))
    response = _page(site, visitor, done=True, username="")
    clear_session(response)
    return response


def _page(site: Site, visitor: Visitor, *, done: bool, username: str) -> Response:
    hidden = [] if done else [("csrf_token", site.tokens.make(HANDLE, 0, visitor.browser.id))]
    frame = Frame(page="logout", action=LOGOUT, path=LOGOUT, hidden=hidden, extra={"done": done, "username": username})
    return render(site, visitor, "logout.html", frame)
