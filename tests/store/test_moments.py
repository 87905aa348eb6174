from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.plugin import Moments
from idp.store import PluginMoments, Store
from tests.store.servers import NOW, TurnableClock

MINUTE = timedelta(minutes=1)
SOON = NOW + MINUTE


def test_what_was_put_is_given(store: Store) -> None:
    assert store.put("session", "a", b"one", SOON)

    assert store.get("session", "a") == b"one"
    assert store.get("session", b"a") == b"one", "a text key is its UTF-8"
    assert store.get("session", "b") is None


def test_a_live_value_is_not_overwritten(store: Store) -> None:
    store.put("request", "a", b"one", SOON)

    assert not store.put("request", "a", b"two", SOON)
    assert store.get("request", "a") == b"one"


def test_a_value_ends_at_its_expiry(store: Store, clock: TurnableClock) -> None:
    store.put("request", "a", b"one", SOON, person="p")
    clock.turn(MINUTE)

    assert store.get("request", "a") is None
    assert store.take("request", "a") is None
    assert not store.swap("request", "a", b"one", b"two", SOON + MINUTE)
    assert store.of("request", "p") == []
    assert store.put("request", "a", b"new", SOON + MINUTE), "the place is free again"
    assert store.get("request", "a") == b"new"


def test_a_value_is_taken_once(store: Store) -> None:
    store.put("ticket", "a", b"one", SOON)

    assert store.take("ticket", "a") == b"one"
    assert store.take("ticket", "a") is None
    assert store.get("ticket", "a") is None


def test_a_value_is_swapped_only_for_what_stands(store: Store, clock: TurnableClock) -> None:
    store.put("conversation", "a", b"one", SOON, person="p")

    assert not store.swap("conversation", "a", b"On", b"two", SOON)
    assert not store.swap("conversation", "b", b"one", b"two", SOON)
    assert store.swap("conversation", "a", b"one", b"two", SOON + MINUTE)
    assert not store.swap("conversation", "a", b"one", b"three", SOON)
    clock.turn(MINUTE)
    assert store.get("conversation", "a") == b"two", "the expiry is the new one"
    assert store.of("conversation", "p") == [(b"a", b"two")], "the person stays"


def test_a_value_becomes_a_persons_when_it_is_swapped(store: Store) -> None:
    store.put("conversation", "a", b"one", SOON)
    assert store.swap("conversation", "a", b"one", b"two", SOON, person="ペン")

    assert store.swap("conversation", "a", b"two", b"three", SOON)
    assert store.of("conversation", "ペン") == [(b"a", b"three")]


def test_a_removed_value_is_gone(store: Store) -> None:
    store.put("session", "a", b"one", SOON, person="p")

    store.remove("session", "a")
    store.remove("session", "never there")

    assert store.get("session", "a") is None
    assert store.of("session", "p") == []


def test_a_persons_values_are_found(store: Store) -> None:
    store.put("session", "b", b"two", SOON, person="ペン")
    store.put("session", "a", b"one", SOON, person="ペン")
    store.put("session", "c", b"of another", SOON, person="q")
    store.put("session", "d", b"of nobody", SOON)
    store.put("other", "a", b"another kind", SOON, person="ペン")

    assert store.of("session", "ペン") == [(b"a", b"one"), (b"b", b"two")]


def test_a_key_put_again_for_another_is_no_longer_the_first_persons(store: Store) -> None:
    store.put("session", "a", b"one", SOON, person="p")
    store.remove("session", "a")
    store.put("session", "a", b"two", SOON, person="q")

    assert store.of("session", "p") == []
    assert store.of("session", "q") == [(b"a", b"two")]


@pytest.mark.parametrize("kind", ["session", "ticket", "conversation", "plugin:totp"])
def test_s04_an_id_of_one_kind_is_not_an_id_of_another(store: Store, kind: str) -> None:
    store.put("request", "the same id", b"one", SOON, person="p")

    assert store.get(kind, "the same id") is None
    assert store.take(kind, "the same id") is None
    assert not store.swap(kind, "the same id", b"one", b"two", SOON)
    assert store.of(kind, "p") == []
    assert store.put(kind, "the same id", b"other", SOON)
    assert store.get("request", "the same id") == b"one"


def test_s04_plugins_do_not_see_one_anothers_values(store: Store) -> None:
    totp: Moments = PluginMoments(store, "totp")
    password: Moments = PluginMoments(store, "password")
    totp.put("a", b"one", SOON, person="p")

    assert password.get("a") is None
    assert password.take("a") is None
    assert not password.swap("a", b"one", b"two", SOON)
    assert password.of("p") == []
    assert totp.of("p") == [("a", b"one")]
    assert totp.add("tries", 1, MINUTE).value == 1
    assert password.add("tries", 1, MINUTE).value == 1
    assert store.add("tries", 1, MINUTE).value == 1
    assert totp.swap("a", b"one", b"two", SOON)
    assert totp.take("a") == b"two"


def test_a_counter_counts_and_starts_anew(store: Store, clock: TurnableClock) -> None:
    assert store.add("tries", 1, MINUTE).value == 1
    clock.turn(MINUTE / 2)
    second = store.add("tries", 2, MINUTE)
    assert (second.value, second.expires) == (3, SOON), "its life began with the first addition"
    clock.turn(MINUTE / 2)

    anew = store.add("tries", 1, MINUTE)

    assert (anew.value, anew.expires) == (1, SOON + MINUTE)


def test_a_refund_never_leaves_a_try_in_advance(store: Store) -> None:
    assert store.add("tries", -1, MINUTE).value == 0
    assert store.add("tries", 1, MINUTE).value == 1
    assert store.add("tries", -5, MINUTE).value == 0


def test_f08_a_step_back_of_the_clock_opens_nothing_consumed(store: Store, clock: TurnableClock) -> None:
    store.put("ticket", "taken", b"one", SOON)
    store.put("conversation", "swapped", b"one", SOON)
    store.put("session", "removed", b"one", SOON)
    store.put("request", "seen", b"one", SOON)
    store.take("ticket", "taken")
    store.swap("conversation", "swapped", b"one", b"used", SOON)
    store.remove("session", "removed")

    for step in (timedelta(seconds=-40), timedelta(hours=-1), timedelta(days=-1)):
        clock.turn(step)
        assert store.take("ticket", "taken") is None
        assert not store.swap("conversation", "swapped", b"one", b"again", SOON)
        assert store.get("session", "removed") is None
        assert not store.put("request", "seen", b"two", SOON)


def test_f08_a_leap_forward_and_back_opens_no_replay_record(store: Store, clock: TurnableClock) -> None:
    store.put("request", "seen", b"one", SOON)
    clock.turn(timedelta(minutes=5))
    store.sweep(500)
    clock.turn(timedelta(minutes=-5))

    assert not store.put("request", "seen", b"two", SOON)


def test_f08_a_counter_neither_forgets_nor_ends_sooner_when_the_clock_steps_back(
    store: Store, clock: TurnableClock
) -> None:
    first = store.add("tries", 4, MINUTE)
    clock.turn(timedelta(hours=-1))

    second = store.add("tries", 1, MINUTE)

    assert second.value == 5
    assert second.expires >= first.expires


def test_expiry_is_kept_to_the_millisecond(store: Store, clock: TurnableClock) -> None:
    clock.now = datetime(2026, 4, 1, 9, 0, 0, 998_999, tzinfo=UTC)
    store.put("request", "a", b"", NOW + timedelta(seconds=1))

    assert store.get("request", "a") == b""
    clock.turn(timedelta(milliseconds=2))
    assert store.get("request", "a") is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.binary(max_size=80), old=st.binary(max_size=300), new=st.binary(max_size=300), person=st.text(max_size=40)
)
def test_any_bytes_come_back_as_they_went_in(store: Store, key: bytes, old: bytes, new: bytes, person: str) -> None:
    person = person.encode("utf-8", "ignore").decode().replace("\0", "")
    store.remove("any", key)

    assert store.put("any", key, old, SOON, person=person or None)
    assert store.get("any", key) == old
    assert store.swap("any", key, old, new, SOON)
    if person:
        assert (key, new) in store.of("any", person)
    assert store.take("any", key) == new
