"""An act that somebody of the staff asks for: whether it may be, and the form that is good for it once."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import Request

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.core.subject import Subject
from idp.flow.helpdesk import Act, Staff
from idp.flow.session import reference_of
from idp.plugin import CodeIssuing, Issuing, Registered
from idp.web.helpdesk.person import person_named
from idp.web.site import Site
from idp.web.visitor import Visitor

KIND = "helpdesk-form"
LIFETIME = timedelta(minutes=10)
OF_A_METHOD = frozenset({Act.RESET, Act.ISSUE, Act.REVOKE})


@dataclass(frozen=True, slots=True)
class Order:
    """Who is to do what to whom; `former` is what is registered, `number` what was issued, as the page showed it."""

    staff: Staff
    act: Act
    method: str
    person: Subject
    visitor: Visitor
    former: Registered | None = None
    number: str = ""

    @property
    def is_void(self) -> bool:
        """Say whether there is nothing to take away any more."""
        return (self.act is Act.RESET and self.former is None) or (self.act is Act.REVOKE and not self.number)

    @property
    def basis(self) -> bytes:
        """All that a form is about: another session, person, act, or state of things is another form."""
        stands = self.former.id if self.former is not None else self.number
        session = reference_of(self.visitor.session_id or "")
        return "\0".join((self.staff.subject.id, session, self.act, self.method, self.person.id, stands)).encode()


def order_of(site: Site, request: Request, staff: Staff, visitor: Visitor) -> Order:
    """Read what is asked for from the address. Raises ProtocolError NOT_FOUND for what there is not."""
    act, method = request.args.get("act", ""), request.args.get("method", "")
    if act not in set(Act) or (Act(act) in OF_A_METHOD) != bool(method):
        raise ProtocolError(Code.NOT_FOUND, "no such act", http_status=404)
    order = Order(staff, Act(act), method, person_named(site, request), visitor)
    if order.act is Act.RESET:
        if method not in site.registrations.names:
            raise ProtocolError(Code.NOT_FOUND, "nothing to reset", http_status=404)
        wanted = request.args.get("credential", "")
        standing = site.registrations.registered(method, order.person, visitor.now)
        former = next((each for each in standing if each.id == wanted), None)
        return Order(staff, order.act, method, order.person, visitor, former)
    if order.act in {Act.ISSUE, Act.REVOKE}:
        return Order(staff, order.act, method, order.person, visitor, number=_number(site, order))
    return order


def _number(site: Site, order: Order) -> str:
    """Give the number of what stands; a code that is told has none, and is not taken back."""
    enabled = site.methods.get(order.method)
    if enabled is not None and isinstance(enabled.method, Issuing):
        return enabled.method.standing(order.person, site.tools(order.method))
    if enabled is None or order.act is not Act.ISSUE or not isinstance(enabled.method, CodeIssuing):
        raise ProtocolError(Code.NOT_FOUND, "nothing of this is issued", http_status=404)
    return ""


def open_form(site: Site, order: Order) -> str:
    """Give the name of a form that does this once, within ten minutes."""
    name = secrets.token_urlsafe(24)
    site.store.put(KIND, name, order.basis, order.visitor.now + LIFETIME, person=order.person.id)
    return name


def take_form(site: Site, name: str, order: Order) -> bool:
    """Use a form up; False for one that was used, is too old, or is about something else by now."""
    return site.store.take(KIND, name) == order.basis
