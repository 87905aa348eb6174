"""When, where and how a person logged in lately: for themselves, and for rules about who has been away (people.md 5).

One row for each person holds the last few logins, a line each, the newest last. A login is one read and one write of
it; further service providers of a session are one line each, and a session used again for the same one is none.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.flow.record import encode, moment_from_json, moment_to_json
from idp.store import Store

KIND = "history"
KEPT = timedelta(days=400)
"""How long the moment of the last login is known."""
SHOWN = timedelta(days=90)
"""How old a login may be and still be told of, address and all."""
MOST = 20
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Login:
    """One login, or a session's first use at one more service provider.

    `session` is its name (`idp.flow.session.name_of`), `address` empty where it was not known, `entity_id` empty for a
    login to the account page; `reused` says that nothing was proved anew.
    """

    at: datetime
    session: str
    entity_id: str
    network: str
    address: str
    methods: tuple[str, ...]
    reused: bool = False


class History:
    """The logins of the site's people, over all workers. Raises DependencyError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, person: str, login: Login) -> None:
        """Write a login down. A session that is used again at a service provider which it has been at is not."""
        start, line = _start(_key(login)), b""
        # Of many logins of one person at the same moment a few may find the row changed each time, and go without.
        for _ in range(_TRIES):
            former = self._store.get(KIND, person)
            if former is not None and login.reused and start in former:
                return
            line = line or _line(login)
            if self._write(person, former, line, login.at):
                return

    def recent(self, person: str, now: datetime) -> tuple[Login, ...]:
        """Give the logins of the last 90 days, the newest first, 20 at most."""
        logins = (_read(line) for line in reversed(self._lines(person)))
        return tuple(login for login in logins if now - login.at < SHOWN)

    def last(self, person: str) -> datetime | None:
        """Give the moment of the last login, None for who has not logged in for 400 days."""
        lines = self._lines(person)
        return _read(lines[-1]).at if lines else None

    def last_before(self, person: str, moment: datetime) -> datetime | None:
        """Give the moment of the last login before another moment, as far as the last 20 go back."""
        logins = (_read(line).at for line in reversed(self._lines(person)))
        return next((at for at in logins if at < moment), None)

    def forget(self, person: str) -> None:
        """Forget a person's logins."""
        self._store.remove(KIND, person)

    def _write(self, person: str, former: bytes | None, line: bytes, now: datetime) -> bool:
        if former is None:
            return self._store.put(KIND, person, line, now + KEPT, person=person)
        kept = former.split(b"\n")[1 - MOST :]
        return self._store.swap(KIND, person, former, b"\n".join((*kept, line)), now + KEPT)

    def _lines(self, person: str) -> Sequence[bytes]:
        value = self._store.get(KIND, person)
        return value.split(b"\n") if value else ()


def _key(login: Login) -> tuple[str, str]:
    return login.session, login.entity_id


def _start(key: tuple[str, str]) -> bytes:
    """Give how a line about this session at this service provider begins."""
    return encode(key)[:-1].encode("utf-8")


def _line(login: Login) -> bytes:
    told = [*_key(login), moment_to_json(login.at), login.network, login.address, login.methods, login.reused]
    return encode(told).encode("utf-8")


def _read(line: bytes) -> Login:
    session, entity_id, at, network, address, methods, reused = json.loads(line)
    return Login(moment_from_json(at), session, entity_id, network, address, tuple(methods), reused)
