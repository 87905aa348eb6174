"""A login by a grace: how many days are left, said before the answer goes out, with the way to register."""

from dataclasses import replace
from datetime import datetime

from flask import Response

from idp.flow.conversation import Held
from idp.flow.step import Reached
from idp.saml.model import AuthnRequest
from idp.web.pages import form_frame, render
from idp.web.paths import REGISTER
from idp.web.site import Site
from idp.web.visitor import Visitor

EVENT = "continue"


def reminds(site: Site, reached: Reached, event: str, now: datetime) -> bool:
    """Say whether the person is to be told first: at each login by a grace, while nothing of theirs is registered.

    `event` is the button that brought them here; who has just read the page goes on.
    """
    if reached.aim.grace_until is None or reached.reused or event == EVENT:
        return False
    registrations, subject = site.registrations, reached.subject
    return all(not registrations.registered(name, subject, now) for name in registrations.names)


def grace_page(site: Site, held: Held, authn_request: AuthnRequest, reached: Reached, visitor: Visitor) -> Response:
    """Say until when the password alone is enough; button `_eventId_continue`."""
    until = reached.aim.grace_until
    if until is None:
        raise ValueError("no grace")
    frame = replace(form_frame(site, held, authn_request, visitor), page="grace")
    days = (until - site.policy.day(visitor.now)).days
    name = site.registrations.names[0] if site.registrations.names else ""
    extra = {"days": days, "until": until.isoformat(), "enrol_url": f"{REGISTER}?method={name}" if name else ""}
    return render(site, visitor, "grace.html", replace(frame, extra=extra))
