"""A logout on its way: which service providers are yet to be told, what each answered, and who asked for it.

The session is over before any of this begins. Its row in the store outlives no browser's patience.
"""

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from idp.attributes.model import NameID
from idp.flow.conversation import handle_of
from idp.flow.record import encode
from idp.store import Store

KIND = "logout"
SEEN = "logout-request"
LIFETIME = timedelta(minutes=15)
HANDLE_BYTES = 32


class Outcome(StrEnum):
    """What became of telling one service provider."""

    WAITING = "waiting"
    ASKED = "asked"
    ENDED = "ended"
    FAILED = "failed"
    UNTOLD = "untold"
    """Its metadata names no address for it, or it was given no name for the person."""


@dataclass(frozen=True, slots=True)
class Task:
    """One service provider to be told, of its newest login: the NameID as it was sent, the SessionIndex."""

    entity_id: str
    name_id: NameID | None
    session_index: str
    outcome: Outcome = Outcome.WAITING


@dataclass(frozen=True, slots=True)
class Asked:
    """The service provider that asked, and how it is answered; without an answer the person is told alone."""

    entity_id: str
    request_id: str
    relay_state: str | None
    asynchronous: bool


@dataclass(frozen=True, slots=True)
class Logout:
    """How far it has come; `asked` None where the person asked here."""

    tasks: tuple[Task, ...]
    asked: Asked | None
    started: float

    @property
    def next_task(self) -> int | None:
        """Give the number of the task that is next."""
        return next((number for number, task in enumerate(self.tasks) if task.outcome is Outcome.WAITING), None)

    @property
    def is_whole(self) -> bool:
        """Say whether every service provider has ended its session."""
        return all(task.outcome is Outcome.ENDED for task in self.tasks)

    def with_outcome(self, number: int, outcome: Outcome) -> "Logout":
        """Give it with what became of one task."""
        tasks = (*self.tasks[:number], replace(self.tasks[number], outcome=outcome), *self.tasks[number + 1 :])
        return replace(self, tasks=tasks)

    def to_bytes(self) -> bytes:
        """Write it for the store."""
        asked = self.asked
        return encode(
            {
                "tasks": [_task_to_json(task) for task in self.tasks],
                "asked": asked and [asked.entity_id, asked.request_id, asked.relay_state, asked.asynchronous],
                "started": self.started,
            }
        ).encode("utf-8")

    @classmethod
    def from_bytes(cls, value: bytes) -> "Logout":
        """Read it back."""
        data = json.loads(value)
        asked = Asked(*data["asked"]) if data["asked"] else None
        return cls(tuple(map(_task_from_json, data["tasks"])), asked, data["started"])


@dataclass(frozen=True, slots=True)
class HeldLogout:
    """A logout as it was read, with the bytes that a change of it must still find."""

    handle: str
    logout: Logout
    stored: bytes

    def request_id(self, number: int) -> str:
        """Give the ID of our request to the service provider of one task: an xs:ID that nobody can guess."""
        return f"_{self.handle}-{number}"


class Logouts:
    """The logouts of the site; `acceptable` is how long one request may be fresh, and so is remembered."""

    def __init__(self, store: Store, acceptable: timedelta) -> None:
        self._store = store
        self._acceptable = acceptable

    def is_new(self, entity_id: str, request_id: str, now: datetime) -> bool:
        """Note a request; False for one that was seen before (security.md L-01)."""
        return self._store.put(SEEN, handle_of(entity_id, request_id), b"", now + self._acceptable)

    def begin(self, tasks: tuple[Task, ...], asked: Asked | None, now: datetime) -> HeldLogout:
        """Begin telling, under a handle that nobody can guess."""
        handle = secrets.token_hex(HANDLE_BYTES)
        logout = Logout(tasks, asked, now.timestamp())
        value = logout.to_bytes()
        self._store.put(KIND, handle, value, now + LIFETIME)
        return HeldLogout(handle, logout, value)

    def find(self, handle: str) -> HeldLogout | None:
        """Give a logout; None for one that is over or never was."""
        value = self._store.get(KIND, handle)
        return HeldLogout(handle, Logout.from_bytes(value), value) if value is not None else None

    def change(self, held: HeldLogout, logout: Logout, now: datetime) -> HeldLogout | None:
        """Write what it has come to; None when another request of it was first."""
        value = logout.to_bytes()
        if not self._store.swap(KIND, held.handle, held.stored, value, now + LIFETIME):
            return None
        return HeldLogout(held.handle, logout, value)


def task_of(request_id: str) -> tuple[str, int] | None:
    """Give the handle and the number of the task that a request of ours was made for."""
    handle, _, number = request_id.removeprefix("_").partition("-")
    return (handle, int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else None


def _task_to_json(task: Task) -> list[Any]:
    name = task.name_id
    written = name and [name.value, name.format, name.name_qualifier, name.sp_name_qualifier]
    return [task.entity_id, written, task.session_index, task.outcome]


def _task_from_json(value: list[Any]) -> Task:
    entity_id, name, session_index, outcome = value
    return Task(entity_id, NameID(*name) if name else None, session_index, Outcome(outcome))
