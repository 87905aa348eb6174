"""Seals every secret anew with the first key; may be interrupted, repeated, and run twice at once (X-04)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from idp.plugin import Holding, Keeper, SealError
from plugins.totp.credential import TOTP

NEVER_SEALED = ""
DAMAGED = "?"
RACES = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """A person whose secret could not be sealed anew."""

    holding: Holding
    reason: str


def count_keys(holdings: Iterable[Holding], configured: Sequence[str]) -> Mapping[str, int]:
    """Say how many refer to each key: those configured, in their order, and whatever else is found."""
    found = Counter(key_id for holding in holdings for key_id in holding.key_ids)
    return {key_id: found[key_id] for key_id in [*configured, *sorted(set(found) - set(configured))]}


def waiting(holdings: Iterable[Holding], first: str, *, unsealed: bool) -> list[Holding]:
    """Give who is still to be sealed anew; with `unsealed`, those that never were sealed too."""
    done = {first} if unsealed else {first, NEVER_SEALED}
    return [holding for holding in holdings if holding.key_ids - done]


def reseal(keeper: Keeper, holding: Holding, first: str) -> Problem | None:
    """Seal one person's secret anew; what somebody else did meanwhile is looked at again."""
    current: Holding | None = holding
    try:
        for _ in range(RACES):
            if current is None or current.key_ids == {first} or keeper.reseal(current, TOTP):
                return None
            current = keeper.one(holding.subject, TOTP)
    except SealError as error:
        return Problem(holding, f"{error.code}: {error.detail}")
    return Problem(holding, "it changed again and again; try once more")
