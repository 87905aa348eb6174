"""A person ends their logins in other browsers."""

from flask import Request, Response

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.flow.trusted import forget_trusted
from idp.web.audit_event import ended_others
from idp.web.forms import read_form, verify_origin
from idp.web.overview import Done, account_page, form_of
from idp.web.paths import ACCOUNT
from idp.web.site import Site
from idp.web.visitor import Visitor, session_of


def end_others(site: Site, request: Request, visitor: Visitor) -> Response:
    """End every session of this person but this browser's, and trust none of their browsers any more.

    Who is not logged in is led to the login.
    """
    verify_origin(request, site.settings.site.base_url)
    if visitor.browser.is_new:
        raise ProtocolError(Code.COOKIES_OFF, "a form came without our cookie", http_status=403)
    fields = read_form(request)
    session = session_of(site, visitor)
    if session is None:
        return Response(status=303, headers={"Location": ACCOUNT})
    site.tokens.read_step(fields.get("csrf_token", ""), form_of(session.subject), visitor.browser.id)
    count = site.sessions.end_all(session.subject.id, but=visitor.session_id)
    forget_trusted(site.store, session.subject.id)
    site.audit.record(ended_others(session, visitor, count))
    return account_page(site, visitor, session.subject, Done("sessions"))
