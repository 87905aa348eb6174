"""What is so of a person, method by method, and why they were refused, in the words of the page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from idp.core.errors import DependencyError, SealError
from idp.core.network import OUTSIDE
from idp.core.subject import Subject
from idp.flow.helpdesk import Act
from idp.flow.refusals import Refusal
from idp.flow.throttle import Tally
from idp.plugin import CodeIssuing, Issuing, Stoppable
from idp.plugin.registry import Enabled
from idp.web.pages import minutes_until
from idp.web.registered import Item, items_of
from idp.web.site import Site
from idp.web.visitor import Visitor
from idp.web.written import written_method, written_moment, written_place, written_service


@dataclass(frozen=True, slots=True)
class MethodLine:
    """One method: what is registered or was issued, what is counted against it, and what may be done to it.

    `items` are those that are registered; `number` is of what was issued, empty without; `minutes` is None unless a
    budget is spent. Without `is_known` the method could not be asked.
    """

    method: str
    name: str
    can_have: bool
    has: bool
    items: tuple[Item, ...] = ()
    number: str = ""
    is_stopped: bool = False
    count: int = 0
    minutes: int | None = None
    is_known: bool = True
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """One refusal, written out: what, why as far as a method says it, and what helps."""

    at: str
    code: str
    method: str
    cause: str
    remedy: str
    place: str
    service: str
    rule: str


def networks_of(site: Site) -> tuple[str, ...]:
    """Give every network that tries may be counted by."""
    return (*site.settings.networks, OUTSIDE)


def method_lines(site: Site, subject: Subject, visitor: Visitor) -> Iterator[MethodLine]:
    """Give a line for each method, in the configured order, with what its state allows to be done."""
    for name, enabled in site.methods.items():
        title = written_method(site, visitor.language, name)
        try:
            yield _method_line(site, name, enabled, subject, visitor)
        except (DependencyError, SealError) as error:
            # The other lines are good all the same.
            site.log.error("cannot say what is registered", method=name, code=str(error.code), detail=error.detail)
            yield MethodLine(name, title, can_have=False, has=False, is_known=False)


def _method_line(site: Site, name: str, enabled: Enabled, subject: Subject, visitor: Visitor) -> MethodLine:
    method, tools = enabled.method, site.tools(name)
    can_be_registered = name in site.registrations.names
    standing = site.registrations.registered(name, subject, visitor.now) if can_be_registered else ()
    number = method.standing(subject, tools) if isinstance(method, Issuing) else ""
    tallies = site.throttle.tally(name, subject, networks_of(site))
    spent = max((each.until for each in tallies if each.is_spent), default=None)
    acts: tuple[Act, ...] = ()
    if isinstance(method, Issuing):
        acts = (Act.ISSUE, Act.REVOKE) if number else (Act.ISSUE,)
    elif isinstance(method, CodeIssuing):
        acts = (Act.ISSUE,)
    return MethodLine(
        name,
        written_method(site, visitor.language, name),
        can_have=can_be_registered or isinstance(method, Issuing),
        has=bool(standing or number),
        items=items_of(site, name, standing, visitor.language),
        number=number,
        is_stopped=isinstance(method, Stoppable) and method.is_stopped(subject, tools),
        count=max((_counted(each) for each in tallies), default=0),
        minutes=minutes_until(spent, visitor.now),
        acts=acts,
    )


def _counted(tally: Tally) -> int:
    return min(tally.count, tally.limit.tries)


def refusal_lines(site: Site, subject: Subject, visitor: Visitor) -> Iterator[RefusalLine]:
    """Give the refusals of the last week, the newest first."""
    for refusal in site.refusals.recent(subject.id, visitor.now):
        yield RefusalLine(
            at=written_moment(site, refusal.at),
            code=refusal.code.value,
            method=written_method(site, visitor.language, refusal.method) if refusal.method else "",
            cause=_cause(site, refusal, visitor.language),
            remedy=_remedy(site, refusal, visitor.language),
            place=written_place(site, visitor.language, refusal.network, refusal.address),
            service=written_service(site, visitor.language, refusal.entity_id) if refusal.entity_id else "",
            rule=refusal.rule if not refusal.method else "",
        )


def _cause(site: Site, refusal: Refusal, language: str) -> str:
    """Say what was wrong: what the method tells the help desk, else the heading that the person saw."""
    if refusal.hint is not None:
        key = f"{refusal.method}.told.{refusal.hint.name}"
        if key in site.words.keys:
            values: Mapping[str, str] = refusal.hint.values
            return site.words.text(language, key, **values)
    own = f"{refusal.method}.code.{refusal.code}.title"
    return site.words.text(language, own if own in site.words.keys else f"code.{refusal.code}.title")


def _remedy(site: Site, refusal: Refusal, language: str) -> str:
    by_hint = f"helpdesk.remedy.{refusal.hint.name}" if refusal.hint is not None else ""
    by_code = f"helpdesk.remedy.{refusal.code}"
    known = next((key for key in (by_hint, by_code) if key in site.words.keys), "helpdesk.remedy.other")
    return site.words.text(language, known)
