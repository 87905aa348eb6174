"""A person trusts this browser for some days, looks at the browsers they trust, and takes one back."""

from collections.abc import Mapping

from flask import Request, Response

from idp.core.codes import Code
from idp.core.errors import DependencyError, ProtocolError
from idp.core.notice import NoticeKind
from idp.flow.policy import two_kinds
from idp.flow.step import Reached
from idp.flow.trusted import Place
from idp.web.audit_event import trust_changed
from idp.web.browser_name import browser_words
from idp.web.cookies import set_trust
from idp.web.forms import read_form, verify_origin
from idp.web.overview import Done, account_page, form_of
from idp.web.paths import ACCOUNT
from idp.web.site import Site
from idp.web.visitor import Visitor, session_of

FIELD = "trust_browser"
WANTED = "yes"


def wants_trust(reached: Reached, fields: Mapping[str, str]) -> bool:
    """Say whether the box was ticked on the page of a second factor, and the rule that decided has such a box."""
    return fields.get(FIELD) == WANTED and reached.aim.remembered and two_kinds(reached.proofs)


def trust(site: Site, reached: Reached, visitor: Visitor, response: Response) -> None:
    """Trust this browser, and tell the person (people.md R10); where that cannot be, the login is good all the same."""
    subject, address = reached.subject, str(visitor.address or "")
    place = Place(visitor.browser.id, browser_words(visitor.user_agent), visitor.network, address)
    telling = site.notices.telling(
        NoticeKind.TRUSTED, subject, visitor.language, visitor.now, visitor.network, visitor.address
    )
    try:
        with telling:
            value = site.trusted.begin(subject, place, visitor.now, visitor.trust)
            site.audit.record(trust_changed(subject, visitor, "TRUSTED_BROWSER", place.words))
    except DependencyError as error:
        site.log.error("browser not trusted", code=str(error.code), detail=error.detail)
        return
    set_trust(response, value, site.settings.login.remembered_days)


def end_trust(site: Site, request: Request, visitor: Visitor) -> Response:
    """Trust one browser of this person no more; who is not logged in is led to the login."""
    verify_origin(request, site.settings.site.base_url)
    if visitor.browser.is_new:
        raise ProtocolError(Code.COOKIES_OFF, "a form came without our cookie", http_status=403)
    fields = read_form(request)
    session = session_of(site, visitor)
    if session is None:
        return Response(status=303, headers={"Location": ACCOUNT})
    site.tokens.read_step(fields.get("csrf_token", ""), form_of(session.subject), visitor.browser.id)
    name = fields.get("browser", "")
    if site.trusted.end(session.subject.id, name):
        site.audit.record(trust_changed(session.subject, visitor, "UNTRUSTED_BROWSER", name))
    return account_page(site, visitor, session.subject, Done("untrusted"))
