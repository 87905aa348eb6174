"""A conversation goes one way, one change at a time (security.md A-11, T-02)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.flow.conversation import Conversations
from idp.store import SQLiteStore

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def conversations(tmp_path: Path) -> Conversations:
    store = SQLiteStore(tmp_path / "moments.sqlite", lambda: NOW)
    return Conversations(store, timedelta(minutes=15), timedelta(minutes=12))


@pytest.mark.parametrize("begun", [pytest.param(False, id="A-11-first-change"), pytest.param(True, id="T-02-later")])
def test_of_two_changes_of_one_state_the_second_is_none(conversations: Conversations, begun: bool) -> None:
    here, _ = conversations.open("handle", "{}", "browser", NOW)
    if begun:
        conversations.change(here, here.conversation)
        here = conversations.resume("handle", "browser", NOW)
        there = conversations.resume("handle", "browser", NOW)
    else:
        there, _ = conversations.open("handle", "{}", "browser", NOW)

    first = conversations.change(here, replace(here.conversation, method="here"))
    second = conversations.change(there, replace(there.conversation, method="there"))

    assert first is not None
    assert second is None
    assert conversations.resume("handle", "browser", NOW).conversation.method == "here"
