"""The end of a registration: its page, the trial of its form, and the change, which nobody is left untold of.

The order is that of security.md T-33: the form is judged, the conversation is taken, the audit log knows, the letter to
the person is kept, and only then is anything changed; what fails before the change leaves everything as it was.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from flask import Response

from idp.audit import Decision
from idp.core.codes import Code
from idp.core.errors import AuthnError, DependencyError
from idp.core.notice import NoticeKind
from idp.flow.conversation import Held
from idp.flow.errand import Errand
from idp.flow.step import Reached
from idp.flow.throttle import Exhausted
from idp.plugin import Ask, Binding, Confirmed, Purpose, Registered, Wrong
from idp.web.account_pages import Shown, refusal_page, register_page, reset_page
from idp.web.audit_event import enrolled, untried
from idp.web.paths import ERRAND_PATHS
from idp.web.refusing import refusal_here
from idp.web.site import Site
from idp.web.visitor import Visitor

DECISIONS = {
    Purpose.REGISTER: (Decision.REGISTERED, NoticeKind.REGISTERED),
    Purpose.REPLACE: (Decision.REPLACED, NoticeKind.REPLACED),
    Purpose.RESET: (Decision.REMOVED, NoticeKind.RESET),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of somebody who has proved what the rules of `action` want; `former` is what is registered."""

    held: Held
    errand: Errand
    reached: Reached
    action: Purpose
    former: Registered | None
    visitor: Visitor


def turn_of(site: Site, held: Held, reached: Reached, visitor: Visitor) -> Turn:
    """Look at what is registered now: it says what this request comes to."""
    errand = held.conversation.errand
    if errand is None:
        raise ValueError("a registration is an errand")
    former = site.registrations.registered(errand.method, reached.subject, visitor.now)
    return Turn(held, errand, reached, site.registrations.action(errand, former), former, visitor)


def show_form(site: Site, turn: Turn) -> Response | None:
    """Show the page that registers or resets; None where another request of this conversation was first."""
    if turn.action is not Purpose.RESET or turn.former is None:
        return _show_offer(site, turn, Shown())
    held = turn.held
    kept = held if held.stored is not None else site.conversations.change(held, held.conversation)
    return reset_page(site, kept, turn.former, turn.visitor) if kept is not None else None


def form_received(site: Site, turn: Turn, fields: Mapping[str, str], event: str) -> Response | None:
    """Take the form of that page; None leads to where the conversation stands."""
    if turn.action is Purpose.RESET:
        return _reset(site, turn) if event in {"reset", "proceed"} else None
    if event == "reset":
        # With an app registered the page of a reset comes next; without one a new key is all there is to it.
        purpose = Purpose.RESET if turn.former is not None else Purpose.REGISTER
        errand = replace(turn.errand, purpose=purpose, offer=b"")
        changed = site.conversations.change(turn.held, replace(turn.held.conversation, errand=errand))
        return _to_step(changed) if changed is not None else None
    return _try(site, turn, fields)


def _try(site: Site, turn: Turn, fields: Mapping[str, str]) -> Response | None:
    visitor = turn.visitor
    trial = site.registrations.confirm(
        turn.held, turn.errand, turn.reached.subject, fields, visitor.situation, visitor.now
    )
    if isinstance(trial, Confirmed):
        return _register(site, turn, trial)
    if isinstance(trial, Exhausted):
        return _show_offer(site, turn, Shown(problem=Code.TOO_MANY_CODES, retry_at=trial.until))
    if isinstance(trial, Ask):
        return _show_offer(site, turn, Shown(ask=trial, problem=trial.problem))
    site.audit.record(untried(turn.held, trial.code, visitor))
    hint = trial.hint if isinstance(trial, Wrong) else None
    refusal = replace(refusal_here(trial.code, visitor), method=turn.errand.method, hint=hint)
    site.refusals.record(turn.reached.subject, refusal)
    return _show_offer(site, turn, Shown(ask=trial.ask if isinstance(trial, Wrong) else None, problem=trial.code))


def _register(site: Site, turn: Turn, confirmed: Confirmed) -> Response | None:
    subject = turn.reached.subject

    def register(binding: Binding) -> bool:
        return site.registrations.enrol(turn.errand.method, subject, confirmed, turn.former, binding, turn.visitor.now)

    return _change(site, turn, replace(turn.errand, offer=b"", done=turn.action), register)


def _reset(site: Site, turn: Turn) -> Response | None:
    """Take the app away, and go on to registering (people.md 5, screen 7)."""

    def withdraw(binding: Binding) -> bool:
        former = turn.former
        return former is not None and site.registrations.withdraw(
            turn.errand.method, turn.reached.subject, former, binding, turn.visitor.now
        )

    return _change(site, turn, Errand(Purpose.REGISTER, turn.errand.method), withdraw)


def _change(site: Site, turn: Turn, after: Errand, change: Callable[[Binding], bool]) -> Response | None:
    """Take the conversation, so that of two forms sent at once one changes something; write it down, tell of it, do it.

    Raises DependencyError where any of it cannot be; nothing is done then.
    """
    held, binding = turn.held, _binding(site, turn)
    taken = site.conversations.change(held, replace(held.conversation, errand=after))
    if taken is None:
        return None
    try:
        _record(site, turn, Decision.STARTED, binding)
        with _telling(site, turn):
            if not change(binding):
                raise AuthnError(Code.OTHER_WAS_FIRST)
    except DependencyError:
        site.conversations.change(taken, held.conversation)
        raise
    except AuthnError:
        return overtaken(site, replace(turn, held=taken))
    _record(site, turn, DECISIONS[turn.action][0], binding)
    site.metrics.count("registrations", action=turn.action.value, method=turn.errand.method)
    return _to_step(taken)


def overtaken(site: Site, turn: Turn) -> Response:
    """Say that something else was registered or reset since the page was shown: another rule may hold now."""
    _record(site, turn, Decision.REFUSED, _binding(site, turn), Code.OTHER_WAS_FIRST)
    site.conversations.finish(turn.held)
    return refusal_page(site, turn.visitor, Code.OTHER_WAS_FIRST, status=409)


def _binding(site: Site, turn: Turn) -> Binding:
    proofs, network = turn.reached.proofs, turn.visitor.network
    return site.registrations.binding(turn.errand.method, turn.action, turn.reached.subject, proofs, network)


def _telling(site: Site, turn: Turn) -> AbstractContextManager[None]:
    """Keep a letter to the person before the change; it is taken back where nothing was changed."""
    visitor, kind = turn.visitor, DECISIONS[turn.action][1]
    place = (visitor.network, visitor.address)
    method = turn.errand.method
    return site.notices.telling(kind, turn.reached.subject, visitor.language, visitor.now, *place, method=method)


def _record(site: Site, turn: Turn, decision: Decision, binding: Binding, code: Code | None = None) -> None:
    site.audit.record(enrolled(decision, turn.held, turn.reached, turn.action, binding, turn.visitor, code))


def _show_offer(site: Site, turn: Turn, shown: Shown) -> Response | None:
    held, visitor = turn.held, turn.visitor
    offered = site.registrations.offer(held, turn.errand, turn.reached.subject, visitor.situation, visitor.now)
    if offered.errand != turn.errand or held.stored is None:
        written = site.conversations.change(held, replace(held.conversation, errand=offered.errand))
        if written is None:
            return None
        held, shown = written, replace(shown, ask=None)
    return register_page(site, held, turn.former, replace(shown, ask=shown.ask or offered.ask), visitor)


def _to_step(held: Held) -> Response:
    errand = held.conversation.errand
    path = ERRAND_PATHS[errand.purpose if errand is not None else Purpose.LOGIN]
    return Response(status=303, headers={"Location": f"{path}?execution={held.handle}"})
