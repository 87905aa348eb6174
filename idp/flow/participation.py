"""Which service providers a session has been stated to: what a logout is matched with, and whom else it concerns.

Each stands in the row of the conversation that was answered, which is written anyway and kept as long as the session
may last. Its handle is the SessionIndex that the service provider was given: a request finds the row at once.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from idp.attributes.model import NameID
from idp.store import Store

KIND = "conversation"
"""The rows are those of `idp.flow.conversation`."""
_SESSION_INDEX = re.compile(r"_[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Participation:
    """One answer: whose session (`idp.flow.session.Session.line`), to whom, under which name as it was sent.

    `person` is the subject's id; `name_id` None where the service provider was given none, and so cannot name anybody.
    """

    person: str
    line: str
    entity_id: str
    name_id: NameID | None
    at: float

    def is_named(self, name_id: NameID, identity_provider: str) -> bool:
        """Say whether a request's NameID is this one; qualifiers left out are ours and the service provider's own."""
        ours = self.name_id
        if ours is None or name_id.value != ours.value or name_id.format not in {"", ours.format}:
            return False
        given = (name_id.name_qualifier or identity_provider, name_id.sp_name_qualifier or self.entity_id)
        return given == (ours.name_qualifier or identity_provider, ours.sp_name_qualifier or self.entity_id)


@dataclass(frozen=True, slots=True)
class Participant:
    """A participation with the SessionIndex that the service provider knows it by."""

    session_index: str
    participation: Participation


def session_index_of(handle: str) -> str:
    """Give the SessionIndex for the answer to a conversation: an xs:ID that the service provider alone is told."""
    return f"_{handle}"


def participation_to_json(participation: Participation | None) -> list[Any] | None:
    """Write it."""
    if participation is None:
        return None
    name = participation.name_id
    written = name and [name.value, name.format, name.name_qualifier, name.sp_name_qualifier]
    return [participation.person, participation.line, participation.entity_id, written, participation.at]


def participation_from_json(value: list[Any] | None) -> Participation | None:
    """Read it back."""
    if value is None:
        return None
    person, line, entity_id, name, at = value
    return Participation(person, line, entity_id, NameID(*name) if name else None, at)


class Participations:
    """The participations of the site. Raises DependencyError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, session_index: str) -> Participant | None:
        """Give the participation that a SessionIndex was given for; None for one that is not ours, or too old."""
        if _SESSION_INDEX.fullmatch(session_index) is None:
            return None
        value = self._store.get(KIND, session_index[1:])
        participation = _read(value) if value is not None else None
        return Participant(session_index, participation) if participation is not None else None

    def of(self, person: str, line: str) -> tuple[Participant, ...]:
        """Give those of a session, the first one first; of each service provider each login."""
        rows = ((key.decode("ascii"), _read(value)) for key, value in self._store.of(KIND, person))
        found = [Participant(session_index_of(key), each) for key, each in rows if each and each.line == line]
        return tuple(sorted(found, key=lambda each: each.participation.at))


def _read(value: bytes) -> Participation | None:
    return participation_from_json(json.loads(value).get("participation"))
