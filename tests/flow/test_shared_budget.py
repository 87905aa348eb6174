"""A budget of wrong tries that several methods share: more ways to guess are not more guesses (security.md G-02)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from idp.app import _budgets
from idp.core.errors import ConfigError
from idp.flow.throttle import Charge, Exhausted, Source, Throttle
from idp.plugin import Budget, Claim, Limit, Subject
from idp.plugin.registry import Enabled
from idp.store import SQLiteStore, Store
from plugins import totp
from tests.plugin.strangers import Stranger

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ALICE = Claim("alice", Subject("1", "alice", "uid=alice"))
SOURCE = Source(ip_address("198.51.100.7"), "outside", "browser")
OWN = Budget((Limit(2, timedelta(minutes=5)),), (Limit(10, timedelta(minutes=5)),))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SQLiteStore(tmp_path / "store.sqlite", lambda: NOW)


def enabled(name: str, budget: Budget | None) -> Enabled:
    return Enabled(replace(totp.PLUGIN, name=name, budget=budget), Stranger())


def tries(throttle: Throttle, method: str) -> int:
    """Use up what is left at a method; give how many tries that was."""
    for number in range(100):
        if isinstance(throttle.reserve(method, ALICE, SOURCE, NOW), Exhausted):
            return number
    raise AssertionError("no end")


def test_g02_tries_at_one_method_are_tries_at_the_other(store: Store) -> None:
    methods = {"totp": enabled("totp", OWN), "card": enabled("card", Budget((), (), shared_with="totp"))}
    throttle = Throttle(store, _budgets(methods, {}))

    assert tries(throttle, "card") == 2
    assert tries(throttle, "totp") == 0


def test_the_numbers_are_those_of_the_method_it_is_shared_with(store: Store) -> None:
    methods = {"totp": enabled("totp", OWN), "card": enabled("card", Budget((), (), shared_with="totp"))}
    throttle = Throttle(store, _budgets(methods, {"totp": {"person": ("7/1h",)}}))

    assert tries(throttle, "card") == 7


def test_without_that_method_its_own_numbers_hold(store: Store) -> None:
    shared = Budget((Limit(4, timedelta(hours=1)),), (), shared_with="totp")
    throttle = Throttle(store, _budgets({"card": enabled("card", shared)}, {}))

    assert tries(throttle, "card") == 4


def test_a_right_answer_gives_its_own_try_back_and_no_other(store: Store) -> None:
    methods = {"totp": enabled("totp", OWN), "card": enabled("card", Budget((), (), shared_with="totp"))}
    throttle = Throttle(store, _budgets(methods, {}))
    throttle.reserve("totp", ALICE, SOURCE, NOW)
    right = throttle.reserve("card", ALICE, SOURCE, NOW)
    assert isinstance(right, Charge)

    throttle.refund(right)

    assert tries(throttle, "totp") == 1


def test_limits_of_its_own_beside_those_it_shares_are_refused() -> None:
    methods = {"totp": enabled("totp", OWN), "card": enabled("card", Budget((), (), shared_with="totp"))}

    with pytest.raises(ConfigError, match=r"limits\.card"):
        _budgets(methods, {"card": {"person": ("7/1h",)}})
