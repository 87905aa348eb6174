"""What everybody has to prove who they are with: for reports and for counts, never for a decision."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.core.codes import Code
from idp.core.errors import SealError
from idp.core.proof import Binding
from idp.core.subject import Subject
from idp.plugin import Issuing, Registered, Stoppable
from idp.web.site import Site


class Finding(StrEnum):
    """What somebody should look at."""

    NOTHING = "nothing"
    NEVER_USED = "never-used"
    NOT_USED_LATELY = "not-used-lately"
    WEAK = "weakly-bound"
    STOPPED = "stopped"
    UNSEALED = "unsealed"
    DOES_NOT_OPEN = "does-not-open"


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that one person has; `method` is empty where they have none. Moments are None where nobody knows."""

    username: str
    method: str
    label: str = ""
    binding: str = ""
    since: datetime | None = None
    used: datetime | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Patience:
    """After how long something is worth a look: never used since it was registered, and not used any more."""

    never_used: timedelta = timedelta(days=30)
    not_used: timedelta = timedelta(days=180)


def survey(site: Site, now: datetime, patience: Patience = Patience()) -> Iterator[Factor]:
    """Give what each person has, by user name; who has nothing is one line, too. Raises DependencyError."""
    for subject in sorted(site.keeper.everybody(), key=lambda each: each.username):
        found = list(_factors(site, subject, now, patience))
        yield from found or [Factor(subject.username, "", findings=(Finding.NOTHING,))]


def _factors(site: Site, subject: Subject, now: datetime, patience: Patience) -> Iterator[Factor]:
    for name, enabled in site.methods.items():
        method, tools = enabled.method, site.tools(name)
        try:
            if name in site.registrations.names:
                standing = site.registrations.registered(name, subject, now)
                stopped = isinstance(method, Stoppable) and bool(standing) and method.is_stopped(subject, tools)
                yield from (_factor(subject, name, each, now, patience, stopped=stopped) for each in standing)
            elif isinstance(method, Issuing) and (number := method.standing(subject, tools)):
                yield Factor(subject.username, name, label=number)
        except SealError as error:
            finding = Finding.UNSEALED if error.code is Code.SEAL_MISSING else Finding.DOES_NOT_OPEN
            yield Factor(subject.username, name, findings=(finding,))


def _factor(
    subject: Subject, name: str, each: Registered, now: datetime, patience: Patience, *, stopped: bool
) -> Factor:
    findings = [*_stale(each, now, patience)]
    findings += [Finding.WEAK] if each.binding is Binding.CAMPUS_REPLACED else []
    findings += [Finding.STOPPED] if stopped else []
    return Factor(subject.username, name, each.label, each.binding.value, each.since, each.used, tuple(findings))


def _stale(each: Registered, now: datetime, patience: Patience) -> Sequence[Finding]:
    if each.used is not None:
        return (Finding.NOT_USED_LATELY,) if now - each.used > patience.not_used else ()
    is_old = each.since is not None and now - each.since > patience.never_used
    return (Finding.NEVER_USED,) if is_old else ()


def count(site: Site, now: datetime) -> None:
    """Count what people have into the metrics, by method and binding: there are few. Raises DependencyError."""
    factors: Counter[tuple[str, str]] = Counter()
    findings: Counter[str] = Counter()
    people = set()
    for each in survey(site, now):
        people.add(each.username)
        factors[each.method, each.binding] += bool(each.method)
        findings.update(each.findings)
    for method in site.methods:
        for binding in ("", *Binding):
            site.metrics.set("factors", factors[method, binding], now, method=method, binding=binding)
    for finding in Finding:
        site.metrics.set("findings", findings[finding], now, finding=finding)
    site.metrics.set("people", len(people), now)
