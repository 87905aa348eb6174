"""What the rules go by of a person: their groups, and the days that a grace may run from."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from idp.core.subject import Subject
from idp.flow.policy import Policy
from idp.flow.rules import Person
from idp.plugin.tools import Attributes, People
from idp.store import Store

KIND = "first-login"
REMEMBERED = timedelta(days=3650)
"""How long a first login is remembered: a store that forgets it begins the grace anew."""
MADE = {"entryUUID": "createTimestamp", "nsUniqueId": "createTimestamp", "objectGUID": "whenCreated"}
"""Where a server says when an entry was made (RFC 4512 3.4.2; Active Directory), by the id attribute of its make."""


def made_at(policy: Policy, id_attribute: str) -> Sequence[str]:
    """Give the attributes that have to be read of people's entries for the rules."""
    return (MADE[id_attribute],) if "entry" in policy.graces else ()


class Acquaintances:
    """Reads of people what the table of rules asks for, and nothing that it does not."""

    def __init__(self, policy: Policy, people: People, store: Store, group_attribute: str, id_attribute: str) -> None:
        self._policy = policy
        self._people = people
        self._store = store
        self._group_attribute = group_attribute.lower()
        self._made = MADE[id_attribute]

    def greet(self, subject: Subject, now: datetime) -> Person:
        """Give what is known of somebody who has proved a factor; a first login is noted. Raises DependencyError."""
        if "first-login" in self._policy.graces and self._noted(subject) is None:
            day = self._policy.day(now).isoformat().encode("ascii")
            self._store.put(KIND, subject.id, day, now + REMEMBERED, person=subject.id)
        return self.foresee(subject, now)

    def foresee(self, subject: Subject, now: datetime) -> Person:
        """Give what `greet` would give if they logged in now; nothing is noted. Raises DependencyError."""
        policy = self._policy
        if not (policy.reads_groups or policy.graces):
            return Person()
        attributes = self._people.attributes(subject)
        return Person(
            attributes.get(self._group_attribute, ()) if policy.reads_groups else (),
            (self._noted(subject) or policy.day(now)) if "first-login" in policy.graces else None,
            self._entry(attributes) if "entry" in policy.graces else None,
        )

    def _noted(self, subject: Subject) -> date | None:
        value = self._store.get(KIND, subject.id)
        return date.fromisoformat(value.decode("ascii")) if value is not None else None

    def _entry(self, attributes: Attributes) -> date | None:
        """Read generalizedTime in UTC (RFC 4517 3.3.13); what cannot be read is not known."""
        text = "".join(attributes.get(self._made.lower(), ())[:1])
        try:
            made = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None
        return self._policy.day(made)
