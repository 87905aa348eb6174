"""The end of a registration: its page, the trial of its form, and the change, which nobody is left untold of.

The order is that of security.md T-33: the form is judged, the conversation is taken, the audit log knows, the letter to
the person is kept, and only then is anything changed; what fails before the change leaves everything as it was.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from flask import Response

from idp.audit import Decision
from idp.core.codes import Code
from idp.core.errors import AuthnError, DependencyError, SealError, StatusError
from idp.core.notice import NoticeKind
from idp.flow.conversation import Held
from idp.flow.errand import Deed, Errand
from idp.flow.policy import own_demand
from idp.flow.step import Reached
from idp.flow.throttle import Exhausted
from idp.plugin import Ask, Binding, Confirmed, Download, Purpose, Registered, Wrong, read_label
from idp.web.account_pages import Shown, refusal_page, register_page, reset_page, several_page
from idp.web.audit_event import enrolled, untried
from idp.web.paths import ERRAND_PATHS
from idp.web.refusing import refusal_here
from idp.web.site import Site
from idp.web.visitor import Visitor

DECISIONS: Mapping[Deed, tuple[Decision, NoticeKind | None]] = {
    Deed.REGISTER: (Decision.REGISTERED, NoticeKind.REGISTERED),
    Deed.REPLACE: (Decision.REPLACED, NoticeKind.REPLACED),
    Deed.ADD: (Decision.REGISTERED, NoticeKind.REGISTERED),
    Deed.RESET: (Decision.REMOVED, NoticeKind.RESET),
    Deed.RENAME: (Decision.CHANGED, None),
}
"""How each is written down, and what the person is told of it; of a new name nothing."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of somebody who has proved what the rules of `action` want.

    `standing` is what is registered, `former` the one of it that this is about, of which there is none where a first
    or a further one is to be registered.
    """

    held: Held
    errand: Errand
    reached: Reached
    action: Purpose
    standing: tuple[Registered, ...]
    former: Registered | None
    visitor: Visitor

    @property
    def deed(self) -> Deed:
        """What it comes to."""
        if self.action is Purpose.REPLACE:
            return Deed.REPLACE if self.former is not None else Deed.ADD
        return Deed(self.action.value)

    @property
    def is_overtaken(self) -> bool:
        """Whether the one that was named is gone."""
        return bool(self.errand.credential) and self.former is None


def turn_of(site: Site, held: Held, reached: Reached, visitor: Visitor) -> Turn:
    """Look at what is registered now: it says what this request comes to."""
    errand = held.conversation.errand
    if errand is None:
        raise ValueError("a registration is an errand")
    standing = site.registrations.registered(errand.method, reached.subject, visitor.now)
    former = site.registrations.meant(errand, standing)
    return Turn(held, errand, reached, site.registrations.action(errand, standing), standing, former, visitor)


def hindered(site: Site, turn: Turn) -> Response | None:
    """Say why this person changes nothing now though the rules are met; None where nothing stands in the way."""
    reached, visitor = turn.reached, turn.visitor
    found = site.cautions.find(reached.subject, reached.proofs, _binding(site, turn), visitor.now)
    if found is None:
        return None
    site.audit.record(untried(turn.held, found.code, visitor, reached.aim.rule))
    site.refusals.record(reached.subject, refusal_here(found.code, visitor))
    return refusal_page(site, visitor, found.code, path=_place(turn.held), retry_at=found.until)


def show_form(site: Site, turn: Turn) -> Response | None:
    """Show the page that registers or resets; None where another request of this conversation was first."""
    if turn.is_overtaken:
        return overtaken(site, turn)
    if turn.action is not Purpose.RESET and not _is_full(site, turn):
        return _show_offer(site, turn, Shown())
    held = turn.held
    kept = held if held.stored is not None else site.conversations.change(held, held.conversation)
    if kept is None:
        return None
    if turn.former is None:
        return several_page(site, kept, turn.standing, turn.visitor, is_full=turn.action is not Purpose.RESET)
    return reset_page(site, kept, turn.former, turn.visitor)


def form_received(site: Site, turn: Turn, fields: Mapping[str, str], event: str) -> Response | None:
    """Take the form of that page; None leads to where the conversation stands."""
    if turn.is_overtaken:
        return overtaken(site, turn)
    if turn.former is None and event == "choose":
        chosen = next((each.id for each in turn.standing if each.id == fields.get("credential")), "")
        return _go_on_to(site, turn, replace(turn.errand, purpose=Purpose.RESET, offer=b"", credential=chosen))
    if turn.action is Purpose.RESET:
        return _change_one(site, turn, fields, event) if turn.former is not None else None
    if event == "decline" and turn.errand.before is not None:
        return _go_on_to(site, turn, Errand(turn.errand.purpose, turn.errand.method_before, done=turn.errand.before))
    if event == "download":
        return _download(site, turn)
    if event == "reset":
        # With an app registered the page of a reset comes next; without one a new key is all there is to it.
        purpose = Purpose.RESET if turn.standing else Purpose.REGISTER
        return _go_on_to(site, turn, replace(turn.errand, purpose=purpose, offer=b""))
    return _try(site, turn, fields) if not _is_full(site, turn) else None


def _go_on_to(site: Site, turn: Turn, errand: Errand) -> Response | None:
    changed = site.conversations.change(turn.held, replace(turn.held.conversation, errand=errand))
    return _to_step(changed) if changed is not None else None


def _is_full(site: Site, turn: Turn) -> bool:
    """Tell whether one more is wanted where no more may stand."""
    return turn.deed is Deed.ADD and len(turn.standing) >= site.registrations.most(turn.errand.method)


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
    subject, now, name = turn.reached.subject, turn.visitor.now, turn.errand.method

    def register(binding: Binding) -> bool:
        if turn.deed is Deed.ADD:
            return site.registrations.add(name, subject, confirmed, turn.standing, binding, now)
        return site.registrations.enrol(name, subject, confirmed, turn.former, binding, now)

    return _change(site, turn, turn.deed, _afterwards(site, turn), register)


def _afterwards(site: Site, turn: Turn) -> Errand:
    """Give what follows a registration: something else that is offered to who has none of it, or the end."""
    for name in site.registrations.offered_after(turn.errand.method):
        errand = Errand(Purpose.REGISTER, name, before=turn.deed, method_before=turn.errand.method)
        if _may_be_offered(site, turn, errand):
            return errand
    return replace(turn.errand, offer=b"", done=turn.deed)


def _may_be_offered(site: Site, turn: Turn, errand: Errand) -> bool:
    """Tell whether a person has none of a method, and may register it by what they have proved in this conversation."""
    conversation, visitor = turn.held.conversation, turn.visitor
    demand = own_demand(errand.purpose, conversation.started)
    try:
        if site.registrations.registered(errand.method, turn.reached.subject, visitor.now):
            return False
        step = site.engine.advance(conversation, None, demand, visitor.situation, visitor.now)
    except (DependencyError, SealError, StatusError):
        return False
    return isinstance(step, Reached)


def _download(site: Site, turn: Turn) -> Response | None:
    """Give the offer as a file; nothing is changed, and neither we nor a cache on the way keep it."""
    visitor = turn.visitor
    given = site.registrations.download(turn.held, turn.errand, turn.reached.subject, visitor.situation, visitor.now)
    if not isinstance(given, Download):
        return None
    name = "".join(each for each in given.name if each.isascii() and (each.isalnum() or each in "-._"))
    response = Response(given.text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _change_one(site: Site, turn: Turn, fields: Mapping[str, str], event: str) -> Response | None:
    """Rename one, or take it away; after the last one go on to registering (people.md 5, screen 7)."""
    former, name = turn.former, turn.errand.method
    if former is None:
        return None
    subject, now = turn.reached.subject, turn.visitor.now
    if event == "rename" and site.registrations.most(name) > 1:
        label = read_label(fields.get("label", ""))
        renamed = replace(turn.errand, done=Deed.RENAME)
        return _change(
            site, turn, Deed.RENAME, renamed, lambda _: site.registrations.rename(name, subject, former, label, now)
        )
    if event not in {"reset", "proceed"}:
        return None
    is_last = len(turn.standing) == 1
    after = Errand(Purpose.REGISTER, name) if is_last else replace(turn.errand, done=Deed.RESET)
    return _change(
        site, turn, Deed.RESET, after, lambda how: site.registrations.withdraw(name, subject, former, how, now)
    )


def _change(site: Site, turn: Turn, deed: Deed, after: Errand, change: Callable[[Binding], bool]) -> Response | None:
    """Take the conversation, so that of two forms sent at once one changes something; write it down, tell of it, do it.

    Raises DependencyError where any of it cannot be; nothing is done then.
    """
    held, binding = turn.held, _binding(site, turn)
    taken = site.conversations.change(held, replace(held.conversation, errand=after))
    if taken is None:
        return None
    try:
        _record(site, turn, Decision.STARTED, binding, deed)
        with _telling(site, turn, deed):
            if not change(binding):
                raise AuthnError(Code.OTHER_WAS_FIRST)
    except DependencyError:
        site.conversations.change(taken, held.conversation)
        raise
    except AuthnError:
        return overtaken(site, replace(turn, held=taken))
    _record(site, turn, DECISIONS[deed][0], binding, deed)
    site.metrics.count("registrations", action=deed.value, method=turn.errand.method)
    return _to_step(taken)


def overtaken(site: Site, turn: Turn) -> Response:
    """Say that something else was registered or reset since the page was shown: another rule may hold now.

    Where it was this very form, sent twice, the answer to the other is shown (people.md R12).
    """
    if not site.conversations.finish(turn.held):
        return _to_step(turn.held)
    _record(site, turn, Decision.REFUSED, _binding(site, turn), turn.deed, Code.OTHER_WAS_FIRST)
    return refusal_page(site, turn.visitor, Code.OTHER_WAS_FIRST, status=409)


def _binding(site: Site, turn: Turn) -> Binding:
    proofs, network = turn.reached.proofs, turn.visitor.network
    return site.registrations.binding(turn.errand.method, turn.action, turn.reached.subject, proofs, network)


def _telling(site: Site, turn: Turn, deed: Deed) -> AbstractContextManager[None]:
    """Keep a letter to the person before the change; it is taken back where nothing was changed."""
    visitor, kind = turn.visitor, DECISIONS[deed][1]
    if kind is None:
        return nullcontext()
    place = (visitor.network, visitor.address)
    method = turn.errand.method
    return site.notices.telling(kind, turn.reached.subject, visitor.language, visitor.now, *place, method=method)


def _record(site: Site, turn: Turn, decision: Decision, binding: Binding, deed: Deed, code: Code | None = None) -> None:
    site.audit.record(enrolled(decision, turn.held, turn.reached, deed, binding, turn.visitor, code))


def _show_offer(site: Site, turn: Turn, shown: Shown) -> Response | None:
    held, visitor = turn.held, turn.visitor
    offered = site.registrations.offer(held, turn.errand, turn.reached.subject, visitor.situation, visitor.now)
    if offered.errand != turn.errand or held.stored is None:
        written = site.conversations.change(held, replace(held.conversation, errand=offered.errand))
        if written is None:
            return None
        held, shown = written, replace(shown, ask=None)
    return register_page(site, held, turn.standing, turn.former, replace(shown, ask=shown.ask or offered.ask), visitor)


def _to_step(held: Held) -> Response:
    return Response(status=303, headers={"Location": _place(held)})


def _place(held: Held) -> str:
    errand = held.conversation.errand
    return f"{ERRAND_PATHS[errand.purpose if errand is not None else Purpose.LOGIN]}?execution={held.handle}"
