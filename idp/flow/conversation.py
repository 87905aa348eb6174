"""A conversation: one AuthnRequest on its way to one answer, in one browser (design 6).

Its row in the store is the replay record too: `put` wins, the request is new.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.core.proof import Proof
from idp.core.subject import Subject
from idp.flow.errand import Errand, errand_from_json, errand_to_json
from idp.flow.participation import Participation, participation_from_json, participation_to_json
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

KIND = "conversation"
HANDLE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Conversation:
    """How far one login has come.

    `request` is the verified request as its reader wrote it; `browser` the hash of the browser's cookie, empty until a
    browser claims it; `method`, `state` and `claimed` belong to the step being asked; `step` rises with every change,
    and a form is good for its step alone. Without a request there is an `errand`: what the person wants of us. Of an
    answered one `participation` is kept, for a logout.
    """

    request: str
    browser: str
    started: datetime
    step: int = 0
    subject: Subject | None = None
    proofs: tuple[Proof, ...] = ()
    method: str = ""
    state: bytes = b""
    claimed: Subject | None = None
    finished: bool = False
    errand: Errand | None = None
    participation: Participation | None = None

    def to_bytes(self) -> bytes:
        """Write it for the store; of a finished one little is left to write."""
        common: dict[str, Any] = {
            "browser": self.browser,
            "started": moment_to_json(self.started),
            "step": self.step,
            "finished": self.finished,
        }
        if self.finished:
            return encode({**common, "participation": participation_to_json(self.participation)}).encode("utf-8")
        return encode(
            {
                **common,
                "request": self.request,
                "subject": subject_to_json(self.subject),
                "proofs": [proof_to_json(proof) for proof in self.proofs],
                "method": self.method,
                "state": self.state.hex(),
                "claimed": subject_to_json(self.claimed),
                "errand": errand_to_json(self.errand),
            }
        ).encode("utf-8")

    @classmethod
    def from_bytes(cls, value: bytes) -> "Conversation":
        """Read it back."""
        data = json.loads(value)
        return cls(
            request=data.get("request", ""),
            browser=data["browser"],
            started=moment_from_json(data["started"]),
            step=data["step"],
            subject=subject_from_json(data.get("subject")),
            proofs=tuple(proof_from_json(proof) for proof in data.get("proofs", ())),
            method=data.get("method", ""),
            state=bytes.fromhex(data.get("state", "")),
            claimed=subject_from_json(data.get("claimed")),
            finished=data["finished"],
            errand=errand_from_json(data.get("errand")),
            participation=participation_from_json(data.get("participation")),
        )


class Opening(Enum):
    """What became of a request that came in."""

    NEW = "new"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation as it was read, with the bytes that a change of it must still find; None: it is yet to be put."""

    handle: str
    conversation: Conversation
    stored: bytes | None


def handle_of(issuer: str, request_id: str) -> str:
    """Give the key of the row and the handle in our URLs: who asked, and with which ID."""
    return hashlib.sha256(issuer.encode("utf-8") + b"\0" + request_id.encode("utf-8")).hexdigest()


class Conversations:
    """The conversations of the site; a form comes back with the handle, a browser with its cookie.

    `lifetime` is how long a login may take; `acceptable` how long one request may be fresh, and so is remembered: from
    the earliest moment at which its IssueInstant is not too far ahead to the last at which it is not too long ago.
    """

    def __init__(self, store: Store, lifetime: timedelta, acceptable: timedelta) -> None:
        self._store = store
        self._lifetime = lifetime
        self._remembered = max(lifetime, acceptable)

    def announce(self, handle: str, request: str, now: datetime) -> None:
        """Note a request that came without cookies; whose it is, and whether it is a replay, `resume` finds out."""
        conversation = Conversation(request, "", now)
        self._store.put(KIND, handle, conversation.to_bytes(), now + self._remembered)

    def open(self, handle: str, request: str, browser: str, now: datetime) -> tuple[Held, Opening]:
        """Begin, or go on with what this browser has begun and not finished.

        What begins is put by its first change, so that a request answered at once is written once. Raises
        ProtocolError REQUEST_REPLAYED for a request that another browser has, or that is answered (security.md A-11),
        CONVERSATION_EXPIRED for one that was begun too long ago.
        """
        held = self._read(handle)
        if held is None:
            return Held(handle, Conversation(request, browser, now), None), Opening.NEW
        if held.conversation.finished or held.conversation.browser not in {"", browser}:
            raise ProtocolError(Code.REQUEST_REPLAYED, "the request was seen before", reason="replay")
        return self.resume(handle, browser, now), Opening.RESUMED

    def begin(self, errand: Errand, browser: str, now: datetime) -> Held:
        """Begin an errand of this browser, under a handle that nobody can guess; its first change puts it."""
        return Held(secrets.token_hex(HANDLE_BYTES), Conversation("", browser, now, errand=errand), None)

    def resume(self, handle: str, browser: str, now: datetime) -> Held:
        """Give the conversation of this browser; the first browser to come claims an unclaimed one.

        Raises ProtocolError CONVERSATION_EXPIRED, OTHER_BROWSER (security.md S-08, T-23) or REQUEST_REPLAYED.
        """
        held = self._read(handle)
        if held is None or now >= held.conversation.started + self._lifetime:
            raise ProtocolError(Code.CONVERSATION_EXPIRED, "no such conversation", http_status=410, reason="stale")
        if not held.conversation.browser:
            return self._claim(held, browser, now)
        if held.conversation.browser != browser:
            raise ProtocolError(Code.OTHER_BROWSER, "the conversation was begun in another browser", http_status=403)
        if held.conversation.finished:
            raise ProtocolError(Code.REQUEST_REPLAYED, "the request was answered", reason="replay")
        return held

    def change(self, held: Held, conversation: Conversation) -> Held | None:
        """Write the next state; None when another request of this conversation was first."""
        return self._write(held, conversation, conversation.started + self._remembered)

    def finish(self, held: Held, participation: Participation | None = None, until: datetime | None = None) -> bool:
        """Note that the request is answered, and forget what it was; False when another request was first.

        `participation` is kept `until` the session it is of ends at the latest.
        """
        started = held.conversation.started
        finished = Conversation("", held.conversation.browser, started, finished=True, participation=participation)
        expires = max(started + self._remembered, until or started)
        return self._write(held, finished, expires, participation.person if participation else None) is not None

    def _write(
        self, held: Held, conversation: Conversation, expires: datetime, person: str | None = None
    ) -> Held | None:
        changed = replace(conversation, step=held.conversation.step + 1)
        value = changed.to_bytes()
        if held.stored is None:
            written = self._store.put(KIND, held.handle, value, expires, person)
        else:
            written = self._store.swap(KIND, held.handle, held.stored, value, expires, person)
        return Held(held.handle, changed, value) if written else None

    def _claim(self, held: Held, browser: str, now: datetime) -> Held:
        claimed = self.change(held, replace(held.conversation, browser=browser))
        return claimed if claimed is not None else self.resume(held.handle, browser, now)

    def _read(self, handle: str) -> Held | None:
        value = self._store.get(KIND, handle)
        return Held(handle, Conversation.from_bytes(value), value) if value is not None else None
