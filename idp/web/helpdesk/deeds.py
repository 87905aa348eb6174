"""What each act does. Nothing here shows or chooses a secret but what is made to be handed over, once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response

from idp.audit import Decision
from idp.core.notice import NoticeKind
from idp.flow.helpdesk import Act
from idp.plugin import Binding, Issuing, Stoppable
from idp.web.headers import allow_own_style
from idp.web.helpdesk.order import Order
from idp.web.helpdesk.state import networks_of
from idp.web.site import Site


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
    """Take away what is registered; what follows is a first registration, for the help desk knows who it is."""
    if order.former is None:
        return None
    registrations, now = site.registrations, order.visitor.now
    if not registrations.withdraw(order.method, order.person, order.former, Binding.HELP_DESK, now):
        return None
    registrations.forgive(order.method, order.person)
    site.throttle.forgive(order.method, order.person, networks_of(site))
    return Done()


def _sessions(site: Site, order: Order) -> Done:
    """End every login of the person."""
    return Done(f"{site.sessions.end_all(order.person.id)} ended")


def _issue(site: Site, order: Order) -> Done | None:
    """Make something to be handed over; this answer shows it, and no other ever does."""
    method = site.methods[order.method].method
    issued = method.issue(order.person, site.tools(order.method)) if isinstance(method, Issuing) else None
    if issued is None:
        return None
    page = Response(issued.sheet.reveal(), content_type="text/html; charset=utf-8")
    allow_own_style(page)
    return Done(issued.number, page)


def _revoke(site: Site, order: Order) -> Done | None:
    """Take away what was issued."""
    method = site.methods[order.method].method
    is_done = isinstance(method, Issuing) and method.revoke(order.person, site.tools(order.method))
    return Done(order.number) if is_done else None


DEEDS: Mapping[Act, Deed] = {
    Act.UNLOCK: Deed(_unlock, Decision.CHANGED, NoticeKind.UNLOCKED),
    Act.RESET: Deed(_reset, Decision.REMOVED, NoticeKind.RESET),
    Act.ISSUE: Deed(_issue, Decision.REGISTERED, NoticeKind.REGISTERED),
    Act.REVOKE: Deed(_revoke, Decision.REMOVED, NoticeKind.RESET),
    Act.SESSIONS: Deed(_sessions, Decision.CHANGED, NoticeKind.LOGGED_OUT),
}
