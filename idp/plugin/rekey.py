"""Seals every secret anew with the first key; may be interrupted, repeated, and run twice at once (X-04)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import click

from idp.core.errors import SealError
from idp.plugin.admin import AdminAct, Administration, AdminResult, Holding, Keeper
from idp.plugin.commands import progress, shown
from idp.plugin.tools import CredentialKind

NEVER_SEALED = ""
RACES = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """A person whose secret could not be sealed anew."""

    holding: Holding
    reason: str


def rekey_all(
    administration: Administration, verb: str, kinds: Sequence[CredentialKind], *, dry_run: bool, unsealed: bool
) -> bool:
    """Seal all credentials of these kinds anew, telling how it goes; False where some are left. Writes all down.

    With `dry_run` nothing is changed; with `unsealed` what never was sealed is sealed too. Raises DependencyError.
    """
    keeper = administration.keeper()
    first = keeper.key_ids[0]
    found = [(kind, holding) for kind in kinds for holding in keeper.all(kind)]
    todo = [each for each in found if is_waiting(each[1], first, unsealed=unsealed)]
    result = AdminResult.READ if dry_run else AdminResult.STARTED
    administration.record(AdminAct(verb, result, reason=f"{len(todo)} to seal"))
    problems = [] if dry_run else _seal(administration, verb, todo)
    if not dry_run:
        found = [(kind, holding) for kind in kinds for holding in keeper.all(kind)]
    left = _report_keys([holding for _, holding in found], keeper.key_ids)
    for problem in problems:
        click.echo(f"{shown(problem.holding.subject.username)}: {shown(problem.reason)}", err=True)
    return not problems and (dry_run or not left)


def count_keys(holdings: Iterable[Holding], configured: Sequence[str]) -> Mapping[str, int]:
    """Say how many refer to each key: those configured, in their order, and whatever else is found."""
    found = Counter(key_id for holding in holdings for key_id in holding.key_ids)
    return {key_id: found[key_id] for key_id in [*configured, *sorted(set(found) - set(configured))]}


def is_waiting(holding: Holding, first: str, *, unsealed: bool) -> bool:
    """Tell whether it is still to be sealed anew; with `unsealed`, what never was sealed too."""
    return bool(holding.key_ids - ({first} if unsealed else {first, NEVER_SEALED}))


def reseal(keeper: Keeper, holding: Holding, kind: CredentialKind, first: str) -> Problem | None:
    """Seal one secret anew; what somebody else did meanwhile is looked at again."""
    current: Holding | None = holding
    try:
        for _ in range(RACES):
            if current is None or current.key_ids == {first} or keeper.reseal(current, kind):
                return None
            current = keeper.again(holding, kind)
    except SealError as error:
        return Problem(holding, f"{error.code}: {error.detail}")
    return Problem(holding, "it changed again and again; try once more")


def _seal(
    administration: Administration, verb: str, todo: Sequence[tuple[CredentialKind, Holding]]
) -> Sequence[Problem]:
    keeper = administration.keeper()
    problems = []
    with progress(todo, "rekey") as bar:
        for kind, holding in bar:
            problem = reseal(keeper, holding, kind, keeper.key_ids[0])
            result = AdminResult.FAILED if problem else AdminResult.CHANGED
            reason = problem.reason if problem else ""
            administration.record(AdminAct(verb, result, holding.subject, reason=reason))
            if problem:
                problems.append(problem)
    return problems


def _report_keys(holdings: Sequence[Holding], configured: Sequence[str]) -> int:
    """Say how many refer to which key; give how many refer to another than the first."""
    counts = count_keys(holdings, configured)
    for key_id, count in counts.items():
        if key_id == configured[0]:
            remark = "the first key"
        elif key_id == NEVER_SEALED:
            remark = "never sealed, refused unless accept_unsealed; `totp rekey --unsealed` seals them"
        elif key_id not in configured:
            remark = "not one of keys.seal: these cannot be opened"
        else:
            remark = "still needed" if count else "may be taken out of keys.seal"
        click.echo(f"{key_id or 'none':<10}{count:>8}  {remark}")
    return sum(count for key_id, count in counts.items() if key_id not in (configured[0], NEVER_SEALED))
