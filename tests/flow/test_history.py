"""The logins of a person: the last few, for 90 days; the moment of the last one for 400."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.flow.history import MOST, History, Login
from idp.store import SQLiteStore

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LOGIN = Login(NOW, "a-session", "https://sp.example.org/shibboleth", "campus", "192.0.2.1", ("password", "totp"))


class Turnable:
    """A clock that the test sets."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


class Overtaken(SQLiteStore):
    """A store where something else is written once, right after a row was read."""

    meanwhile: Callable[[], None] | None = None

    def get(self, kind: str, key: bytes | str) -> bytes | None:
        """Give the value as it was before."""
        value, (self.meanwhile, work) = super().get(kind, key), (None, self.meanwhile)
        if work is not None:
            work()
        return value


@pytest.fixture
def clock() -> Turnable:
    return Turnable()


@pytest.fixture
def store(tmp_path: Path, clock: Turnable) -> SQLiteStore:
    return SQLiteStore(tmp_path / "moments.sqlite", clock)


@pytest.fixture
def history(store: SQLiteStore) -> History:
    return History(store)


def test_a_login_is_known_with_time_place_service_and_methods(history: History) -> None:
    history.record("alice", LOGIN)

    assert history.recent("alice", NOW) == (LOGIN,)
    assert history.last("alice") == NOW


def test_nobody_sees_the_logins_of_another(history: History) -> None:
    history.record("alice", LOGIN)

    assert history.recent("bob", NOW) == ()
    assert history.last("bob") is None


def test_the_newest_is_first_and_the_oldest_goes(history: History) -> None:
    for minute in range(MOST + 5):
        history.record("alice", replace(LOGIN, at=NOW + timedelta(minutes=minute)))

    recent = history.recent("alice", NOW)
    assert [login.at for login in recent] == [NOW + timedelta(minutes=m) for m in range(MOST + 4, 4, -1)]


def test_a_login_is_told_of_for_90_days_and_its_moment_known_for_400(history: History, clock: Turnable) -> None:
    history.record("alice", LOGIN)

    clock.now = NOW + timedelta(days=90)
    assert history.recent("alice", clock.now) == ()
    assert history.last("alice") == NOW
    clock.now = NOW + timedelta(days=400)
    assert history.last("alice") is None


def test_a_session_used_again_is_noted_once_for_each_service_provider(history: History) -> None:
    history.record("alice", LOGIN)
    again = replace(LOGIN, reused=True)
    other = replace(again, entity_id="https://other.example.org/shibboleth")

    for login in (again, other, other, again, replace(other, session="another session")):
        history.record("alice", login)

    assert [(login.session, login.entity_id) for login in history.recent("alice", NOW)] == [
        ("another session", other.entity_id),
        ("a-session", other.entity_id),
        ("a-session", LOGIN.entity_id),
    ]


def test_a_full_login_is_noted_each_time(history: History) -> None:
    history.record("alice", LOGIN)
    history.record("alice", LOGIN)

    assert len(history.recent("alice", NOW)) == 2


@pytest.mark.parametrize("before", [0, 1])
def test_of_two_logins_at_once_none_is_lost(tmp_path: Path, clock: Turnable, before: int) -> None:
    store = Overtaken(tmp_path / "moments.sqlite", clock)
    history = History(store)
    for _ in range(before):
        history.record("alice", LOGIN)
    store.meanwhile = lambda: history.record("alice", replace(LOGIN, session="the first"))
    history.record("alice", replace(LOGIN, session="the second"))

    assert [login.session for login in history.recent("alice", NOW)][:2] == ["the second", "the first"]


def test_what_names_a_service_provider_cannot_forge_a_line(history: History) -> None:
    odd = replace(LOGIN, entity_id='x\n["s","y",0,"campus","",[],false]"')
    history.record("alice", odd)

    assert history.recent("alice", NOW) == (odd,)
