"""The certificate address: a ticket comes in, what this very request showed is kept, a receipt leads back (design 9).

No cookie is read or set here. Whatever goes wrong leads back to the step, where the app is one button away.
"""

import re

from flask import Request, Response

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.flow.conversation import Held
from idp.flow.ticket import Place
from idp.web.cookies import Browser
from idp.web.paths import CERTIFICATE, CERTIFICATE_RETURN
from idp.web.presented import presented_certificate
from idp.web.site import Site
from idp.web.visitor import Visitor

_HANDLE = re.compile(r"[0-9a-f]{64}")


def lead_to_certificate(site: Site, held: Held, visitor: Visitor) -> Response:
    """Send the browser to the certificate address with a ticket for this step."""
    ticket = site.tickets.issue(place_of(held, visitor.browser), visitor.now)
    address = site.settings.listen.certificate_url
    return _to(f"{address}{CERTIFICATE}?execution={held.handle}&ticket={ticket}")


def receive_certificate(site: Site, request: Request) -> Response:
    """Take a ticket, and what was shown on this request; lead back. Raises ProtocolError where no way back is known."""
    handle = request.args.get("execution", "")
    if not _HANDLE.fullmatch(handle):
        raise ProtocolError(Code.NOT_FOUND, "no conversation named", http_status=404)
    place = site.tickets.take(request.args.get("ticket", ""))
    back = f"{site.settings.site.base_url}{CERTIFICATE_RETURN}?execution="
    if place is None:
        return _to(f"{back}{handle}")
    evidence = presented_certificate(request, site.settings.listen, site.proxies)
    receipt = site.tickets.acknowledge(place, evidence, site.clock())
    return _to(f"{back}{place.handle}&receipt={receipt}")


def place_of(held: Held, browser: Browser) -> Place:
    """Give what a ticket or a receipt is bound to."""
    return Place(held.handle, held.conversation.step, browser.id)


def _to(url: str) -> Response:
    return Response(status=303, headers={"Location": url})
