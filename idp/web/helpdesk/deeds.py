"""What each act does. Nothing here shows or chooses a secret but what is made to be handed over, once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Response

from idp.audit import Decision
from idp.core.notice import NoticeKind
from idp.flow.helpdesk import Act
from idp.plugin import Binding, CodeIssuing, Issued, Issuing, Stoppable, Tools
from idp.web.headers import allow_own_style
from idp.web.helpdesk.find import person_url
from idp.web.helpdesk.order import Order
from idp.web.helpdesk.state import networks_of
from idp.web.pages import Frame, render
from idp.web.site import Site
from idp.web.written import written_method

BUSY = "helpdesk-busy"
AT_MOST = timedelta(seconds=30)
"""How long an act may be under way, should its process end amid it."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act was done: `what` is for the audit log; `page` shows what is to be handed over, if anything is."""

    what: str = ""
    page: Response | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """An act: how it is done (None where somebody else was first), what the log and the letter call it."""

    do: Callable[[Site, Order], Done | None]
    decision: Decision
    notice: NoticeKind


def _unlock(site: Site, order: Order) -> Done:
    """Forget wrong tries: those of every budget of the person, and those that stopped a method."""
    for name, enabled in site.methods.items():
        site.throttle.forgive(name, order.person, networks_of(site))
        if isinstance(enabled.method, Stoppable):
            enabled.method.let_go_on(order.person, site.tools(name))
    return Done()


def _reset(site: Site, order: Order) -> Done | None:
    """Take away what is registered; what follows is a first registration, for the help desk knows who it is.

    One of the staff at a time: taking away compares nothing, and two would both have done it.
    """
    registrations, now = site.registrations, order.visitor.now
    key = f"{order.method}:{order.person.id}"
    if not site.store.put(BUSY, key, b"1", now + AT_MOST):
        return None
    try:
        standing = registrations.registered(order.method, order.person, now)
        former = next((each for each in standing if order.former is not None and each.id == order.former.id), None)
        if former is None or not registrations.withdraw(order.method, order.person, former, Binding.HELP_DESK, now):
            return None
    finally:
        site.store.remove(BUSY, key)
    registrations.forgive(order.method, order.person)
    site.throttle.forgive(order.method, order.person, networks_of(site))
    return Done()


def _sessions(site: Site, order: Order) -> Done:
    """End every login of the person."""
    return Done(f"{site.sessions.end_all(order.person.id)} ended")


def _issue(site: Site, order: Order) -> Done | None:
    """Make something to be handed over; this answer shows it, and no other ever does."""
    method, tools = site.methods[order.method].method, site.tools(order.method)
    if isinstance(method, Issuing):
        issued = method.issue(order.person, tools)
        return Done(issued.number, _sheet(issued)) if issued is not None else None
    return Done(page=_code(site, order, method, tools)) if isinstance(method, CodeIssuing) else None


def _sheet(issued: Issued) -> Response:
    page = Response(issued.sheet.reveal(), content_type="text/html; charset=utf-8")
    allow_own_style(page)
    return page


def _code(site: Site, order: Order, method: CodeIssuing, tools: Tools) -> Response:
    extra = {
        "username": order.person.username,
        "code": method.issue(order.person, tools),
        "minutes": method.minutes,
        "method_name": written_method(site, order.visitor.language, order.method),
        "person_url": person_url(order.person.id),
    }
    return render(site, order.visitor, "helpdesk/issued.html", Frame(page="helpdesk-issued", extra=extra))


def _revoke(site: Site, order: Order) -> Done | None:
    """Take away what was issued."""
    method = site.methods[order.method].method
    is_done = isinstance(method, Issuing) and method.revoke(order.person, site.tools(order.method))
    return Done(order.number) if is_done else None


def _unfreeze(site: Site, order: Order) -> Done | None:
    """Lift a freeze of registration."""
    return Done() if site.cautions.thaw(order.person, order.visitor.now) else None


DEEDS: Mapping[Act, Deed] = {
    Act.UNLOCK: Deed(_unlock, Decision.CHANGED, NoticeKind.UNLOCKED),
    Act.RESET: Deed(_reset, Decision.REMOVED, NoticeKind.RESET),
    Act.ISSUE: Deed(_issue, Decision.REGISTERED, NoticeKind.REGISTERED),
    Act.REVOKE: Deed(_revoke, Decision.REMOVED, NoticeKind.RESET),
    Act.UNFREEZE: Deed(_unfreeze, Decision.CHANGED, NoticeKind.UNFROZEN),
    Act.SESSIONS: Deed(_sessions, Decision.CHANGED, NoticeKind.LOGGED_OUT),
}
