"""Who changes nothing of what is registered though the rules are met (security.md T-33, T-36; AA22-074A).

The frozen, of whom somebody said that a change was not theirs; the dormant, whose password may have been guessed while
nobody looked; and who proves themselves with a factor that came without the one before, and came only lately.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idp.core.codes import Code
from idp.core.proof import Binding, Proof
from idp.core.subject import Subject
from idp.flow.acquaintance import MADE
from idp.flow.history import History
from idp.plugin.registry import Enabled
from idp.plugin.tools import People
from idp.settings.model import Registration
from idp.store import Store

FROZEN = "registration-frozen"
THAWED = "registration-thawed"
WATCHED = "dormancy"
REMEMBERED = timedelta(days=400)
FOR_EVER = timedelta(days=3650)
WITHOUT_THE_OLD = frozenset({Binding.CAMPUS_REPLACED, Binding.CARD_AND_MAIL, Binding.HELP_DESK})
"""How a credential is bound whose predecessor was not shown."""
SURE = frozenset({Binding.FACTOR, Binding.HELP_DESK})
"""How what is registered by the owner of a dormant account is bound: they showed a factor, or came to the help desk."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why nothing may be changed; `until` is when it may be, None where somebody has to help."""

    code: Code
    until: datetime | None = None


class Cautions:
    """Asked at every request of a registration, and again when something is about to change."""

    def __init__(
        self,
        settings: Registration,
        store: Store,
        people: People,
        history: History,
        methods: Mapping[str, Enabled],
        id_attribute: str,
    ) -> None:
        self._settings = settings
        self._store = store
        self._people = people
        self._history = history
        self._lets_in = frozenset(name for name, each in methods.items() if each.plugin.binds is not None)
        self._made = MADE[id_attribute].lower()

    def find(self, subject: Subject, proofs: Sequence[Proof], binding: Binding, now: datetime) -> Hindrance | None:
        """Say what stands in the way of a change that would be bound so. Raises DependencyError: then nothing is."""
        if self.is_frozen(subject):
            return Hindrance(Code.REGISTRATION_FROZEN)
        if binding not in SURE and self.is_dormant(subject, now):
            return Hindrance(Code.ACCOUNT_DORMANT)
        until = max((each for proof in proofs if (each := self._cools_until(proof)) is not None), default=now)
        return Hindrance(Code.FACTOR_TOO_NEW, until) if until > now else None

    def freeze(self, subject: Subject, now: datetime) -> bool:
        """Freeze what is registered for a person; False where it was frozen already. Raises DependencyError."""
        return self._store.put(FROZEN, subject.id, b"1", now + REMEMBERED, person=subject.id)

    def thaw(self, subject: Subject, now: datetime) -> bool:
        """Lift a freeze, of which no address sent before that moment makes another; False where there was none."""
        self._store.remove(THAWED, subject.id)
        self._store.put(THAWED, subject.id, str(now.timestamp()).encode(), now + REMEMBERED, person=subject.id)
        return self._store.take(FROZEN, subject.id) is not None

    def is_frozen(self, subject: Subject) -> bool:
        """Say whether it is frozen. Raises DependencyError."""
        return self._store.get(FROZEN, subject.id) is not None

    def thawed_at(self, subject: Subject) -> datetime | None:
        """Give when a freeze was lifted last. Raises DependencyError."""
        value = self._store.get(THAWED, subject.id)
        return datetime.fromtimestamp(float(value), UTC) if value is not None else None

    def is_dormant(self, subject: Subject, now: datetime) -> bool:
        """Say whether an account was not used for so long that its password alone is no word of its owner.

        Nothing is said of a time before logins were written down here. Raises DependencyError.
        """
        watched, settings = now - self._watched_since(now), self._settings
        # A login of today wakes nobody: whoever guessed the password would log in first.
        last = self._history.last_before(subject.id, now - timedelta(hours=settings.cool_down_hours))
        if last is not None:
            return 0 < settings.dormant_days <= (now - last).days
        # Nobody has seen it used since then, and it was there.
        unused = min(watched, now - (self._made_at(subject) or now))
        return 0 < settings.never_used_days <= unused.days

    def _cools_until(self, proof: Proof) -> datetime | None:
        """Give until when a factor changes nothing else; what lets somebody in to register is no such factor."""
        if proof.method in self._lets_in or proof.binding not in WITHOUT_THE_OLD or proof.bound_at is None:
            return None
        return proof.bound_at + timedelta(hours=self._settings.cool_down_hours)

    def _watched_since(self, now: datetime) -> datetime:
        self._store.put(WATCHED, "since", str(now.timestamp()).encode(), now + FOR_EVER)
        value = self._store.get(WATCHED, "since")
        return datetime.fromtimestamp(float(value), UTC) if value is not None else now

    def _made_at(self, subject: Subject) -> datetime | None:
        text = "".join(self._people.attributes(subject).get(self._made, ())[:1])
        try:
            return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None
