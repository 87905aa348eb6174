"""Why a person was refused lately, for the help desk to say it to them; kept for a week and shown to nobody else.

One row for each person holds the last few refusals, a line each, the newest last. Whom a form named in vain has one row
for all, so that writing it takes as long for a name that nobody has (security.md W-08).
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.core.codes import Code
from idp.core.subject import Subject
from idp.flow.record import encode, moment_from_json, moment_to_json
from idp.plugin import Hint
from idp.store import Store

KIND = "refusal"
KEPT = timedelta(days=7)
MOST = 20
NOBODY = "nobody"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: what a method said or, without a method, a rule.

    `address` and `entity_id` are empty where there is none; `hint` is what the method tells the help desk alone.
    """

    at: datetime
    code: Code
    method: str = ""
    network: str = ""
    address: str = ""
    entity_id: str = ""
    rule: str = ""
    hint: Hint | None = None


class Refusals:
    """The refusals of the site's people, over all workers. Raises DependencyError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, subject: Subject | None, refusal: Refusal) -> None:
        """Write a refusal down; of nobody known, only as much as takes the same time."""
        person = subject.id if subject is not None else NOBODY
        line = _written(refusal)
        # Of many refusals of one person at the same moment a few may find the row changed each time, and go without.
        for _ in range(_TRIES):
            former = self._store.get(KIND, person)
            expires = refusal.at + KEPT
            if former is None:
                if self._store.put(KIND, person, line, expires, person=person):
                    return
                continue
            kept = former.split(b"\n")[1 - MOST :]
            if self._store.swap(KIND, person, former, b"\n".join((*kept, line)), expires):
                return

    def recent(self, person: str, now: datetime) -> tuple[Refusal, ...]:
        """Give the refusals of the last seven days, the newest first, 20 at most."""
        value = self._store.get(KIND, person)
        refusals = (_read(line) for line in reversed(value.split(b"\n"))) if value else ()
        return tuple(each for each in refusals if now - each.at < KEPT)


def _written(refusal: Refusal) -> bytes:
    hint = [refusal.hint.name, dict(refusal.hint.values)] if refusal.hint is not None else None
    where = [refusal.network, refusal.address, refusal.entity_id, refusal.rule]
    return encode([moment_to_json(refusal.at), refusal.code, refusal.method, *where, hint]).encode("utf-8")


def _read(line: bytes) -> Refusal:
    at, code, method, network, address, entity_id, rule, hint = json.loads(line)
    told = Hint(*hint) if hint is not None else None
    return Refusal(moment_from_json(at), Code(code), method, network, address, entity_id, rule, told)
