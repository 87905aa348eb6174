"""A login that lasts: who it is and what was proved, kept in the store under the hash of the cookie (design 6)."""

import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp.core.proof import Proof
from idp.core.subject import Subject
from idp.flow.record import (
    encode,
    moment_from_json,
    moment_to_json,
    proof_from_json,
    proof_to_json,
    subject_from_json,
    subject_to_json,
)
from idp.store import Store

KIND = "session"
ID_BYTES = 32
NAME_LENGTH = 16
LINE_BYTES = 12
TOUCH = timedelta(seconds=60)
"""How often the moment of last use is written down."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in at this browser, and what they have proved.

    `line` names the session through every change of its id: what was stated to service providers belongs to it. It is
    empty for one begun by an older release.
    """

    subject: Subject
    proofs: tuple[Proof, ...]
    started: datetime
    used: datetime
    line: str = ""

    def to_bytes(self) -> bytes:
        """Write it for the store."""
        return encode(
            {
                "subject": subject_to_json(self.subject),
                "proofs": [proof_to_json(proof) for proof in self.proofs],
                "started": moment_to_json(self.started),
                "used": moment_to_json(self.used),
                "line": self.line,
            }
        ).encode("utf-8")

    @classmethod
    def from_bytes(cls, value: bytes) -> "Session":
        """Read it back."""
        data = json.loads(value)
        subject = subject_from_json(data["subject"])
        if subject is None:
            raise ValueError("a session has a subject")
        proofs = tuple(proof_from_json(proof) for proof in data["proofs"])
        started, used = moment_from_json(data["started"]), moment_from_json(data["used"])
        return cls(subject, proofs, started, used, data.get("line", ""))


def reference_of(session_id: str) -> str:
    """Give a name for a session that may stand in a log: it opens nothing."""
    return hashlib.sha256(b"reference:" + session_id.encode("ascii", "replace")).hexdigest()[:16]


def name_of(session_id: str) -> str:
    """Give the name by which a session stands in its person's own list and history: it opens nothing."""
    return _key(session_id)[:NAME_LENGTH]


def new_line() -> str:
    """Give a name for a session that begins."""
    return secrets.token_hex(LINE_BYTES)


@dataclass(frozen=True, slots=True)
class Named:
    """One of a person's sessions, by its name (`name_of`)."""

    name: str
    session: Session


class Sessions:
    """The sessions of the site; ids are random, opaque, and changed whenever more is proved (security.md S-03)."""

    def __init__(self, store: Store, idle: timedelta, absolute: timedelta) -> None:
        self._store = store
        self._idle = idle
        self._absolute = absolute

    def find(self, session_id: str | None, now: datetime) -> Session | None:
        """Give the live session of a cookie's value; use of it is noted once a minute."""
        if not session_id or len(session_id) > 2 * ID_BYTES:
            return None
        key = _key(session_id)
        value = self._store.get(KIND, key)
        if value is None:
            # What was once seen to have ended stays so, though the clock go back (security.md F-08).
            self._store.remove(KIND, key)
            return None
        session = Session.from_bytes(value)
        if now >= self._end(session):
            self._store.remove(KIND, key)
            return None
        if now - session.used >= TOUCH:
            session = replace(session, used=now)
            self._store.swap(KIND, key, value, session.to_bytes(), self._end(session))
        return session

    def begin(
        self, subject: Subject, proofs: tuple[Proof, ...], now: datetime, former_id: str | None, line: str = ""
    ) -> str:
        """Begin a session under a new id and end the browser's former one; its absolute end is not put off.

        The line of the same person's former one goes on; `line` is that of one that is new (`new_line`).
        """
        former = self.find(former_id, now)
        same = former is not None and former.subject.id == subject.id
        started = former.started if former is not None and same else now
        line = former.line if former is not None and same and former.line else line or new_line()
        session_id = secrets.token_urlsafe(ID_BYTES)
        session = Session(subject, proofs, started, now, line)
        self._store.put(KIND, _key(session_id), session.to_bytes(), self._end(session), person=subject.id)
        self.end(former_id)
        return session_id

    def end(self, session_id: str | None) -> None:
        """End a session; nothing happens where there is none."""
        if session_id:
            self._store.remove(KIND, _key(session_id))

    def end_line(self, person: str, line: str) -> Session | None:
        """End the session of a person that has this line, whatever its id is now; gives what it was."""
        for key, value in self._store.of(KIND, person):
            session = Session.from_bytes(value)
            if line and session.line == line:
                self._store.remove(KIND, key)
                return session
        return None

    def of(self, person: str, now: datetime) -> tuple[Named, ...]:
        """Give a person's live sessions, the one used last first."""
        rows = ((key.decode("ascii"), Session.from_bytes(value)) for key, value in self._store.of(KIND, person))
        live = [Named(key[:NAME_LENGTH], session) for key, session in rows if now < self._end(session)]
        return tuple(sorted(live, key=lambda each: each.session.used, reverse=True))

    def end_all(self, person: str, *, but: str | None = None) -> int:
        """End a person's sessions, at once and for every worker, except the one of the cookie's value `but`.

        Gives how many there were.
        """
        kept = _key(but).encode("ascii") if but else b""
        keys = [key for key, _ in self._store.of(KIND, person) if key != kept]
        for key in keys:
            self._store.remove(KIND, key)
        return len(keys)

    def expires(self, session: Session) -> datetime:
        """Give the moment at which the session ends whatever happens."""
        return session.started + self._absolute

    def _end(self, session: Session) -> datetime:
        return min(session.used + self._idle, session.started + self._absolute)


def _key(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "replace")).hexdigest()
